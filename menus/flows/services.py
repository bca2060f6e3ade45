"""What does it take, what does it cost, and where? Each service of the centres."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from menus import answers
from menus.flows import lists
from menus.flows.centres import is_served
from menus.flows.lists import Known, There
from menus.parse import place
from menus.screens import Choice, Item, Look, Menu, Pick, Route, Screen
from menus.wishes import TextMe, Wish
from menus.words import Facts, Words
from models.country import CURRENCY
from models.services import (
    AGENCY,
    BRING,
    CENTRE_DESK,
    COLLECTS,
    NAME,
    NONE,
    NOTE,
    PLACE,
    SOME,
    TAKES,
    Service,
)


class Where(StrEnum):
    """Where a service is to be had."""

    CENTRES = "at centres that are known"
    SOME = "at some centres"
    ELSEWHERE = "at no centre"


def services(look: Look) -> Sequence[Item]:
    """List the services of the centres' desks."""
    return lists.services(look, CENTRE_DESK)


def said_service(look: Look, desk: str) -> Service | None:
    """Give the service that was picked at a kind of desk."""
    key = look.said.get("service", "")
    at_desk = look.queries.directory.services_at_desk(desk)
    return next((one for one in at_desk if one.key == key), None)


def known(look: Look) -> Known:
    """Decide whether the service that was picked is there."""
    return Known.KNOWN if said_service(look, CENTRE_DESK) else Known.GONE


def service(look: Look) -> Facts:
    """Tell of the service that was picked."""
    found = said_service(look, CENTRE_DESK)
    return facts_of(look, found) if found else dict.fromkeys(answers.SERVICE_FACTS, "")


def facts_of(look: Look, found: Service) -> Facts:
    """Give what is said of a service. What no source says is empty."""
    words, text = look.words, found.text(look.words.code, look.words.first)
    terms = found.terms_on(look.queries.now.date())
    return {
        "service": text.name,
        "bring": text.bring,
        "fee": fee(look, found),
        "takes": text.takes,
        "collects": text.collects,
        "place": text.place,
        "note": text.note,
        "agency": terms.agency if terms else "",
        "as_of": words.year(found.as_of),
    }


def fee(look: Look, found: Service) -> str:
    """Say what a service costs, and as of when; empty where no source says."""
    terms = found.terms_on(look.queries.now.date())
    if terms is None or terms.fee is None:
        return ""
    facts = {
        "fee": look.words.money(terms.fee, look.queries.country.currency),
        "as_of": look.words.year(terms.fee_as_of),
    }
    return look.words.say("phrases", "fee" if terms.fee else "no_fee", facts)


def text_bring(look: Look) -> Wish | None:
    """Wish for a text of what to bring, once a day for each service."""
    found = said_service(look, CENTRE_DESK)
    return text_of(look, found) if found else None


def text_of(look: Look, found: Service) -> Wish:
    """Wish for a text of what to bring to a service."""
    body = answers.fitting(look.words, "bring", facts_of(look, found), answers.ASKED_FOR)
    return TextMe(f"service|{found.code}", body)


def where(look: Look) -> Where:
    """Decide where the service is to be had."""
    found = said_service(look, CENTRE_DESK)
    if found is None or found.availability == NONE:
        return Where.ELSEWHERE
    return Where.SOME if found.availability == SOME else Where.CENTRES


def near(look: Look) -> Known:
    """Decide whether the place that was typed is known."""
    return Known.KNOWN if lists.places(look).names else Known.GONE


def centres_with(look: Look) -> Facts:
    """Tell of the centres that have the service, those of the caller's county first."""
    found = said_service(look, CENTRE_DESK)
    having = [
        one for one in look.queries.directory.centres if found and is_served(look, one, found)
    ]
    name = found.text(look.words.code, look.words.first).name if found else ""
    return {"service": name, "centres": lists.told_together(look, having)}


def widest_service(words: Words) -> Iterable[Facts]:
    """Give the facts of a service at their widest."""
    money = {"fee": words.money(99_999, "W" * CURRENCY), "as_of": "2026"}
    yield {
        "service": _wide(NAME),
        "bring": _wide(BRING),
        "fee": words.say("phrases", "fee", money),
        "takes": _wide(TAKES),
        "collects": _wide(COLLECTS),
        "place": _wide(PLACE),
        "note": _wide(NOTE),
        "agency": _wide(AGENCY),
        "as_of": "2026",
    }


def _widest_centres(_words: Words) -> Iterable[Facts]:
    return [{"service": _wide(NAME), "centres": lists.widest_told_together()}]


def _wide(letters: int) -> str:
    """Make a text of words, as wide as `letters` allows."""
    return ("WWWWWW " * letters)[:letters].strip()


SCREENS: list[Screen] = [
    Route(
        "services",
        decide=lists.there,
        to={There.THERE: "which_service", There.AWAY: "no_directory"},
    ),
    Pick(
        "which_service",
        items=services,
        widest=lists.widest_services,
        save="service",
        to="picked_service",
        if_stuck="help",
    ),
    Route(
        "picked_service",
        decide=known,
        to={Known.KNOWN: "service", Known.GONE: "no_directory"},
    ),
    Menu(
        "service",
        facts=service,
        widest=widest_service,
        pages=3,  # what to bring may be a long list
        choices=(
            Choice("text_me", "1", to="will_text", wish=text_bring),
            Choice("more", "2", to="service_more"),
            Choice("where", "4", to="where"),
            Choice("another", "3", to="services"),
        ),
        if_stuck="help",
    ),
    Menu(
        "service_more",
        facts=service,
        widest=widest_service,
        pages=6,  # fee, time, who collects, where else: all that sources say
        choices=(Choice("where", "4", to="where"), Choice("another", "3", to="services")),
        if_stuck="help",
    ),
    Route(
        "where",
        decide=where,
        to={
            Where.CENTRES: "where_county",
            Where.SOME: "some_centres",
            Where.ELSEWHERE: "elsewhere",
        },
    ),
    Pick(
        "where_county",
        items=lists.counties,
        widest=lists.widest_counties,
        save="county",
        says={"place": ""},
        to="where_list",
        parse=place,
        typed_to="where_near",
        if_stuck="help",
    ),
    Route(
        "where_near",
        decide=near,
        to={Known.KNOWN: "where_list", Known.GONE: "nowhere_near"},
    ),
    Menu(
        "nowhere_near",
        choices=(Choice("another", "4", to="where"),),
        parse=place,
        typed_to="where_near",
        if_stuck="help",
    ),
    Menu(
        "where_list",
        facts=centres_with,
        widest=_widest_centres,
        pages=lists.MOST_CENTRES,  # a list to read, the nearest first
        choices=(),
    ),
    Menu("some_centres", facts=service, widest=widest_service, choices=()),
    Menu("elsewhere", facts=service, widest=widest_service, choices=()),
]
