"""The Judiciary's desk at the centres: its services, what to bring, and where it stands."""

from collections.abc import Iterable, Sequence

from menus import answers
from menus.flows import lists
from menus.flows.lists import Known, There
from menus.flows.services import (
    facts_of,
    said_service,
    text_of,
    widest_service,
)
from menus.screens import Choice, Item, Look, Menu, Pick, Route, Screen
from menus.wishes import Wish
from menus.words import Facts, Words
from models.services import COURT_DESK, Service


def services(look: Look) -> Sequence[Item]:
    """List the services of the court desk."""
    return lists.services(look, COURT_DESK)


def known(look: Look) -> Known:
    """Decide whether the service that was picked is there."""
    return Known.KNOWN if _said(look) else Known.GONE


def service(look: Look) -> Facts:
    """Tell of the court service that was picked."""
    found = _said(look)
    return facts_of(look, found) if found else dict.fromkeys(answers.SERVICE_FACTS, "")


def text_bring(look: Look) -> Wish | None:
    """Wish for a text of what to bring to the court desk."""
    found = _said(look)
    return text_of(look, found) if found else None


def centres(look: Look) -> Facts:
    """Tell which centres have a court desk today."""
    having = look.queries.directory.centres_with(COURT_DESK, look.queries.now.date())
    none = "" if having else look.words.say("phrases", "none_here")
    return {"centres": lists.told_together(look, having), "none": none}


def count(look: Look) -> Facts:
    """Tell how many centres have a court desk today."""
    having = look.queries.directory.centres_with(COURT_DESK, look.queries.now.date())
    return {"count": str(len(having))}


def _said(look: Look) -> Service | None:
    return said_service(look, COURT_DESK)


def _widest_centres(words: Words) -> Iterable[Facts]:
    none = words.say("phrases", "none_here")
    return [{"centres": lists.widest_told_together(), "none": none}]


def _widest_count(_words: Words) -> Iterable[Facts]:
    return [{"count": "999"}]


SCREENS: list[Screen] = [
    Route(
        "court", decide=lists.there, to={There.THERE: "court_desk", There.AWAY: "no_directory"}
    ),
    Menu(
        "court_desk",
        facts=count,
        widest=_widest_count,
        choices=(
            Choice("services", "1", to="court_services"),
            Choice("centres", "2", to="court_centres"),
        ),
        if_stuck="help",
    ),
    Pick(
        "court_services",
        items=services,
        widest=lists.widest_services,
        save="service",
        to="picked_court_service",
        if_stuck="help",
    ),
    Route(
        "picked_court_service",
        decide=known,
        to={Known.KNOWN: "court_service", Known.GONE: "no_directory"},
    ),
    Menu(
        "court_service",
        facts=service,
        widest=widest_service,
        pages=5,  # what to bring, and that the Judiciary's staff serve the desk
        choices=(
            Choice("text_me", "1", to="will_text", wish=text_bring),
            Choice("where", "4", to="court_centres"),
            Choice("another", "3", to="court_services"),
        ),
        if_stuck="help",
    ),
    Menu(
        "court_centres",
        facts=centres,
        widest=_widest_centres,
        pages=lists.MOST_CENTRES,  # a list to read
        choices=(),
    ),
]
