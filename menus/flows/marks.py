"""How were you served? A mark from 1 to 3, for a centre and for a desk there."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from menus.flows import lists
from menus.flows.centres import Count, centre_said, count, county_name, widest_county
from menus.parse import place
from menus.places import Match
from menus.screens import Choice, Item, Look, Menu, Pick, Route, Screen
from menus.wishes import Rate, Wish
from menus.words import Facts, Words
from models.centres import SHORT_NAME
from models.services import CENTRE_DESK


class Mark(StrEnum):
    """Which centre a mark is for."""

    CENTRE = "one centre"
    CENTRES = "several centres"
    COUNTIES = "several counties"
    NONE = "no such place"


MARKS = {"1": 1, "2": 2, "3": 3}


def rated_centre(look: Look) -> Mark:
    """Decide which centre a mark is for: one that is there, and open."""
    typed = None if look.said.get("county") else _TYPED.get(lists.places(look).match)
    picked = Mark.CENTRE if look.said.get("centre") else None
    given = picked or typed or _COUNTED[count(look)]
    centre = centre_said(look)
    is_open = centre is not None and not centre.planned
    return Mark.NONE if given is Mark.CENTRE and not is_open else given


_TYPED = {
    Match.NONE: Mark.NONE,
    Match.CENTRE: Mark.CENTRE,
    Match.SEVERAL: Mark.COUNTIES,
}
_COUNTED = {Count.ONE: Mark.CENTRE, Count.SEVERAL: Mark.CENTRES, Count.NONE: Mark.NONE}


def rated(look: Look) -> Facts:
    """Tell which centre is marked."""
    found = centre_said(look)
    return {"centre": found.short_name if found else ""}


def centres(look: Look) -> Sequence[Item]:
    """List the county's centres by name."""
    county = lists.county(look)
    found = look.queries.directory.centres_of(county.code) if county else ()
    return [Item(lists.centre_key(one), one.short_name) for one in found if not one.planned]


def desks(look: Look) -> Sequence[Item]:
    """List the desks that served: one for each service."""
    return lists.services(look, CENTRE_DESK)


def mark(look: Look) -> Wish | None:
    """Give a centre a mark."""
    return _mark(look, "")


def _mark(look: Look, desk: str) -> Wish | None:
    centre = centre_said(look)
    given = MARKS.get(look.said.get("mark", ""))
    return Rate(centre.code, given, desk) if centre and given else None


def mark_desk(look: Look) -> Wish | None:
    """Say which desk of the centre the mark is for."""
    key = look.said.get("desk", "")
    at_desk = look.queries.directory.services_at_desk(CENTRE_DESK)
    return _mark(look, next((one.code for one in at_desk if one.key == key), ""))


def _widest_rated(_words: Words) -> Iterable[Facts]:
    return [{"centre": "W" * SHORT_NAME}]


def _widest_centres(_words: Words) -> Sequence[Item]:
    keys = range(11, 11 + lists.MOST_CENTRES)
    return [Item(str(key), "W" * SHORT_NAME) for key in keys]


SCREENS: list[Screen] = [
    Route(
        "served",
        decide=lists.there,
        to={lists.There.THERE: "served_where", lists.There.AWAY: "no_directory"},
    ),
    Pick(
        "served_where",
        items=lists.counties,
        widest=lists.widest_counties,
        save="county",
        says={"place": "", "centre": ""},
        to="served_centre",
        parse=place,
        typed_to="served_centre",
        if_stuck="help",
    ),
    Route(
        "served_centre",
        decide=rated_centre,
        to={
            Mark.CENTRE: "mark",
            Mark.CENTRES: "which_centre",
            Mark.COUNTIES: "served_county",
            Mark.NONE: "served_nowhere",
        },
    ),
    Pick(
        "served_county",
        items=lists.matching_counties,
        widest=lists.widest_matches,
        save="county",
        says={"centre": ""},
        to="served_centre",
        if_stuck="help",
    ),
    Pick(
        "which_centre",
        items=centres,
        widest=_widest_centres,
        facts=county_name,
        widest_facts=widest_county,
        save="centre",
        to="served_centre",
        if_stuck="help",
    ),
    Menu(
        "served_nowhere",
        choices=(Choice("another", "4", to="served"),),
        parse=place,
        typed_to="served_centre",
        if_stuck="help",
    ),
    Menu(
        "mark",
        facts=rated,
        widest=_widest_rated,
        choices=tuple(
            Choice(name, key, to="marked", says={"mark": key}, wish=mark)
            for key, name in (("1", "well"), ("2", "fairly"), ("3", "badly"))
        ),
        if_stuck="help",
    ),
    Menu(
        "marked",
        choices=(Choice("desk", "4", to="which_desk"),),
        answers=True,
        if_stuck="help",
    ),
    Pick(
        "which_desk",
        items=desks,
        widest=lists.widest_services,
        save="desk",
        to="marked",
        wish=mark_desk,
        if_stuck="help",
    ),
]
