"""Where is a centre, and is it open? From a county, or from what somebody types."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from menus import answers
from menus.flows import lists
from menus.flows.lists import Known, There
from menus.parse import place
from menus.places import Match
from menus.screens import Choice, Item, Look, Menu, Pick, Route, Screen
from menus.wishes import TextMe, Wish
from menus.words import Facts, Words
from models.announcements import CENTRE_TEXT
from models.centres import SHORT_NAME, Centre
from models.constituencies import NAME as CONSTITUENCY
from models.counties import NAME
from models.services import CENTRE_DESK, COURT_DESK, EVERY, LISTED, Service

COURT = COURT_DESK


class Count(StrEnum):
    """How many centres a county has."""

    ONE = "one"
    SEVERAL = "several"
    NONE = "none"


def find_place(look: Look) -> Match:
    """Decide what a typed place came to."""
    return lists.places(look).match


def count(look: Look) -> Count:
    """Decide how many centres the county has."""
    found = len(_in_county(look))
    return Count.SEVERAL if found > 1 else Count.ONE if found else Count.NONE


def centre_said(look: Look) -> Centre | None:
    """Give the centre that was picked or typed, else the first of the county."""
    typed = look.queries.directory.centre(lists.places(look).centre_code)
    if typed and not look.said.get("county"):
        return typed
    found, key = _in_county(look), look.said.get("centre", "")
    if key:
        return next((one for one in found if lists.centre_key(one) == key), None)
    return found[0] if found else None


def known(look: Look) -> Known:
    """Decide whether the centre that was picked is there."""
    return Known.KNOWN if centre_said(look) else Known.GONE


def county_name(look: Look) -> Facts:
    """Tell the county's name."""
    county = lists.county(look)
    return {"county": county.name if county else ""}


def centres(look: Look) -> Sequence[Item]:
    """List the county's centres, each with its doors today."""
    return [Item(lists.centre_key(one), lists.told(look, one)) for one in _in_county(look)]


def centre(look: Look) -> Facts:
    """Tell of the centre."""
    found = centre_said(look)
    if found is None:
        return dict.fromkeys(answers.CENTRE_FACTS, "")
    directory, today = look.queries.directory, look.queries.now.date()
    court = "court_desk" if directory.has_desk(found.code, COURT, today) else "no_court_desk"
    return {
        "centre": found.short_name,
        "county": lists.beside(found.short_name, found.county),
        "status": lists.status(look, found),
        "address": found.address,
        "town": lists.beside(f"{found.short_name} {found.county} {found.address}", found.town),
        "court": "" if found.planned else look.words.say("phrases", court),
        "doubt": look.words.say("phrases", "doubt") if found.doubtful else "",
        "news": "\n".join(
            one.text(look.words.code, look.words.first)
            for one in directory.announcements_on(today)
            if one.centre_code == found.code
        ),
    }


def text_centre(look: Look) -> Wish | None:
    """Wish for a text of the centre's details, once a day for each centre."""
    found = centre_said(look)
    if found is None:
        return None
    facts = {
        **centre(look),
        "hours": look.words.hours(found),
        "status": lists.status(look, found) if found.planned else "",
    }
    return TextMe(f"centre|{found.code}", answers.fitting(look.words, "centre", facts))


def services_here(look: Look) -> Sequence[Item]:
    """List the services of the centre, as far as sources say."""
    found = centre_said(look)
    if found is None or found.planned:
        return []
    return [
        lists.service_item(look, one)
        for one in look.queries.directory.services_at_desk(CENTRE_DESK)
        if is_served(look, found, one)
    ]


def is_served(look: Look, centre: Centre, service: Service) -> bool:
    """Say whether a centre has a service today, as far as sources say."""
    if service.availability == EVERY:
        return not centre.planned
    today = look.queries.now.date()
    return service.availability == LISTED and look.queries.directory.has_desk(
        centre.code, service.code, today
    )


def heading(look: Look) -> Facts:
    """Tell the centre's name, and that nothing is served where nothing is."""
    found = centre_said(look)
    none = "" if services_here(look) else look.words.say("phrases", "none_here")
    return {"centre": found.short_name if found else "", "none": none}


def constituency(look: Look) -> Facts:
    """Tell of a constituency that has no centre of its own."""
    found, county = lists.places(look), lists.county(look)
    return {
        "name": found.names[0].text if found.names else "",
        "county": county.name if county else "",
    }


def _in_county(look: Look) -> Sequence[Centre]:
    county = lists.county(look)
    return look.queries.directory.centres_of(county.code) if county else ()


def widest_county(_words: Words) -> Iterable[Facts]:
    """Tell a county's name at its widest."""
    return [{"county": "W" * NAME}]


def _widest_centres(words: Words) -> Sequence[Item]:
    label = f"{'W' * SHORT_NAME}: {lists.widest_status(words)}"
    return [Item(str(key), label) for key in range(11, 11 + lists.MOST_CENTRES)]


def _widest_centre(words: Words) -> Iterable[Facts]:
    return [{**lists.widest_centre(words), "news": "W" * CENTRE_TEXT}]


def _widest_heading(words: Words) -> Iterable[Facts]:
    return [{"centre": "W" * SHORT_NAME, "none": words.say("phrases", "none_here")}]


def _widest_constituency(_words: Words) -> Iterable[Facts]:
    return [{"name": "W" * CONSTITUENCY, "county": "W" * NAME}]


SCREENS: list[Screen] = [
    Route(
        "centres",
        decide=lists.there,
        to={There.THERE: "find_centre", There.AWAY: "no_directory"},
    ),
    Pick(
        "find_centre",
        items=lists.counties,
        widest=lists.widest_counties,
        save="county",
        says={"place": "", "centre": ""},
        to="county",
        parse=place,
        typed_to="find_place",
        if_stuck="help",
    ),
    Route(
        "find_place",
        decide=find_place,
        to={
            Match.CENTRE: "centre",
            Match.COUNTY: "county",
            Match.CONSTITUENCY: "constituency",
            Match.SEVERAL: "which_place",
            Match.NONE: "no_place",
        },
    ),
    Route(
        "county",
        decide=count,
        to={Count.ONE: "centre", Count.SEVERAL: "centres_in", Count.NONE: "no_place"},
    ),
    Pick(
        "which_place",
        items=lists.matching_counties,
        widest=lists.widest_matches,
        save="county",
        says={"centre": ""},
        to="county",
        if_stuck="help",
    ),
    Menu(
        "no_place",
        choices=(Choice("another", "3", to="centres"),),
        parse=place,
        typed_to="find_place",
        if_stuck="help",
    ),
    Menu(
        "constituency",
        facts=constituency,
        widest=_widest_constituency,
        choices=(Choice("centres", "4", to="county"), Choice("another", "3", to="centres")),
        if_stuck="help",
    ),
    Pick(
        "centres_in",
        items=centres,
        widest=_widest_centres,
        facts=county_name,
        widest_facts=widest_county,
        save="centre",
        to="picked_centre",
        if_stuck="help",
        answers=True,
    ),
    Route(
        "picked_centre",
        decide=known,
        to={Known.KNOWN: "centre", Known.GONE: "no_place"},
    ),
    Menu(
        "centre",
        facts=centre,
        widest=_widest_centre,
        pages=5,  # an address may be long, and an announcement comes with it
        choices=(
            Choice("text_me", "1", to="will_text", wish=text_centre),
            Choice("services", "2", to="services_here"),
            Choice("another", "3", to="centres"),
        ),
        if_stuck="help",
    ),
    Menu("will_text", choices=(), answers=True),
    Pick(
        "services_here",
        items=services_here,
        widest=lists.widest_services,
        facts=heading,
        widest_facts=_widest_heading,
        save="service",
        to="picked_service",
        if_stuck="help",
        answers=True,
    ),
    Menu("no_directory", choices=(), answers=True),
]
