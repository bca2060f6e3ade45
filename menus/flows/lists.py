"""Lists of places that more than one flow shows: counties to choose, centres told of."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from menus.hours import Doors, today
from menus.places import Places, search
from menus.screens import Item, Look
from menus.words import Facts, Words
from models.centres import ADDRESS, SHORT_NAME, TOWN, Centre
from models.counties import NAME, County
from models.services import NAME as SERVICE
from models.services import Service

MOST_CENTRES = 53
"""Centres in one county that the proof lays out: as many as there were in all."""

_FIRST_KEY = 10
"""A centre's key is its number in its county, above this: apart from keys that wish."""

MOST_COUNTIES = 47

MOST_SERVICES = 30
"""Services at one kind of desk that the proof lays out."""


class There(StrEnum):
    """Whether the directory of centres and services has been read."""

    THERE = "there"
    AWAY = "away"


class Known(StrEnum):
    """Whether what was picked is still there: a list may change under a caller's feet."""

    KNOWN = "known"
    GONE = "gone"


def there(look: Look) -> There:
    """Decide whether there is anything to list."""
    return There.THERE if look.queries.directory.counties else There.AWAY


def places(look: Look) -> Places:
    """Find the places that the caller typed."""
    typed, country = look.said.get("place", ""), look.queries.country
    return search(look.queries.directory, typed, country.place_words)


def county(look: Look) -> County | None:
    """Give the county that was picked, else the one that was typed, if it is one."""
    directory, picked = look.queries.directory, look.said.get("county", "")
    if picked:
        return next((one for one in directory.counties if county_key(one.code) == picked), None)
    return directory.county(places(look).county_code)


def county_key(code: str) -> str:
    """Give the key of a county: the last two digits of its code, the same for ever."""
    return code[-2:]


def counties(look: Look) -> Sequence[Item]:
    """List every county."""
    return [Item(county_key(one.code), one.name) for one in look.queries.directory.counties]


def widest_counties(_words: Words) -> Sequence[Item]:
    """List as many counties as there are, at their widest."""
    return [Item(f"{code:02}", "W" * NAME) for code in range(1, MOST_COUNTIES + 1)]


def matching_counties(look: Look) -> Sequence[Item]:
    """List the counties where places of the typed name lie, each with the first of them."""
    found, directory = places(look), look.queries.directory
    items = []
    for code in sorted(found.counties):
        one = directory.county(code)
        if one:
            name = next(name.text for name in found.names if name.county_code == code)
            label = one.name if name == one.name else f"{one.name}: {name}"
            items.append(Item(county_key(code), label))
    return items


def widest_matches(words: Words) -> Sequence[Item]:
    """List as many counties with places as there may be, at their widest."""
    return [Item(one.key, f"{one.label}: {'W' * 30}") for one in widest_counties(words)]


def services(look: Look, desk: str) -> Sequence[Item]:
    """List the services of a kind of desk, by the keys that are theirs for ever."""
    return [service_item(look, one) for one in look.queries.directory.services_at_desk(desk)]


def service_item(look: Look, service: Service) -> Item:
    """Give a service's line in a list."""
    return Item(service.key, service.text(look.words.code, look.words.first).name)


def widest_services(_words: Words) -> Sequence[Item]:
    """List as many services as there may be, at their widest."""
    return [Item(str(key), "W" * SERVICE) for key in range(1, MOST_SERVICES + 1)]


def centre_key(centre: Centre) -> str:
    """Give the key of a centre in its county, the same for ever."""
    return str(_FIRST_KEY + centre.sequence)


def status(look: Look, centre: Centre) -> str:
    """Say how a centre's doors stand now; empty where no source gives its hours."""
    found = today(centre, look.queries.now, look.queries.country)
    if found.doors is Doors.UNKNOWN:
        return ""
    words = look.words
    day = words.weekday(found.opens_on) if found.opens_on else ""
    return words.say("doors", found.doors, {"time": words.time(found.time), "day": day})


def widest_status(words: Words) -> str:
    """Give the longest thing that is said of a centre's doors."""
    said = [
        words.say("doors", one, {"time": words.time(time), "day": day})
        for one in Doors
        if one is not Doors.UNKNOWN
        for time in ("08:00", "13:30", "17:00", "19:00")
        for day in words.weekdays
    ]
    return max(said, key=len)


def told(look: Look, centre: Centre) -> str:
    """Tell of a centre in one line: its name, and its doors."""
    said = status(look, centre)
    return f"{centre.short_name}: {said}" if said else centre.short_name


def placed(centre: Centre) -> str:
    """Tell where a centre is in one line. Its hours may not be those of each desk there."""
    county = beside(centre.short_name, centre.county)
    return f"{centre.short_name}, {county}" if county else centre.short_name


def beside(said: str, name: str) -> str:
    """Give a name, where what is said already does not hold it."""
    return "" if _letters(name) in _letters(said) else name


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text.casefold()))


def told_together(look: Look, centres: Iterable[Centre]) -> str:
    """Tell of centres, one a line, those of the caller's county first."""
    own = set(_own_counties(look))
    ordered = sorted(centres, key=lambda one: (one.county_code not in own, one.code))
    return "\n".join(map(placed, ordered))


def widest_told_together() -> str:
    """Tell of as many centres as there may be."""
    return "\n".join([f"{'W' * SHORT_NAME}, {'W' * NAME}"] * MOST_CENTRES)


def _own_counties(look: Look) -> Sequence[str]:
    picked = county(look)
    return (picked.code,) if picked else places(look).counties


def widest_centre(words: Words) -> Facts:
    """Give the facts of a centre at their widest."""
    return {
        "centre": "W" * SHORT_NAME,
        "county": "W" * NAME,
        "status": widest_status(words),
        "address": "W" * 11 + (" " + "W" * 11) * (ADDRESS // 12 - 1),
        "town": "W" * TOWN,
        "court": words.say("phrases", "court_desk"),
        "doubt": words.say("phrases", "doubt"),
    }
