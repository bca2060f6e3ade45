"""What the walk through the menus is given: stores that answer, samples to type, wide data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from menus.parse import any_number, number_for
from menus.places import Places, search
from menus.screens import Cost, Finding, Luck, Sending
from menus.session import Dropped
from models import announcements, constituencies, counties, services
from models.announcements import Announcement
from models.centres import ADDRESS, TOWN, Centre
from models.constituencies import Constituency
from models.counties import County
from models.country import Country
from models.desks import Desk
from models.directory import Directory
from models.documents import Found
from models.numbers import Kind
from models.services import CENTRE_DESK, COURT_DESK, Service, ServiceText, Terms

COST = Cost("99.99", "99.99")

_OURS, _NOT_OURS, _AWAY = "11111", "22222", "33333"
_CARD, _RECEIPT = "123456789", "RCT12345"
_WORDS = "The clerk asked for money"
_EVENING = 20
_TUESDAY = 1
_SIZES = (8, 7, 9, 6, 10, 11, 12, 13, 14, 5)


@dataclass
class Stores:
    """Stores that answer the same whenever they are asked, and cost nothing.

    Attributes:
        numbers: what each number is known to bear, or how its look-up fails.
        full: the number that there is no room to subscribe to.
        told: what operators tell callers, by language.
        spoken: the language that the caller chose.
    """

    directory: Directory
    now: datetime
    country: Country
    cost: Cost | None
    dropped: Dropped | None
    spoken: str
    numbers: Mapping[str, "Sequence[Found] | Luck"] = field(default_factory=dict)
    full: str = ""
    told: Mapping[str, str] | None = None

    def language(self) -> str | None:
        """Give the language that the caller chose."""
        return self.spoken

    def find(self, number: str, kind: str) -> Finding:
        """Look a number up: what it bears is of the kind that is asked for."""
        borne = self.numbers.get(number, ())
        if isinstance(borne, Luck):
            return Finding(borne)
        if not kind:
            return Finding(Luck.LOOKED, tuple(borne))
        of_kind = [one for one in borne if one.kind == kind]
        return Finding(
            Luck.LOOKED, tuple(of_kind or [replace(one, kind=Kind(kind)) for one in borne])
        )

    def may_subscribe(self, number: str, _kind: str) -> bool:
        """Say whether there is room to subscribe to a number."""
        return number != self.full

    def sent(self, code: str) -> Sending:
        """Look for a message by its code."""
        if code == _AWAY:
            return Sending(away=True)
        return Sending(self.now.date() if code == _OURS else None)


@dataclass(frozen=True)
class Samples:
    """What is typed on the walk.

    Attributes:
        numbers: what each number that is typed bears, or how its look-up fails.
        few: typed wherever something may be typed.
        many: typed once for each question, besides: a number at every centre, and a name
            for each centre and county.
        names: typed once besides, where places are chosen from: one for each thing that
            names of places may mean.
    """

    numbers: Mapping[str, "Sequence[Found] | Luck"]
    full: str
    few: tuple[str, ...]
    many: tuple[str, ...]
    names: tuple[str, ...]


def samples_of(directory: Directory, country: Country, day: date) -> Samples:
    """Make the samples: a number for each outcome of a look-up, codes, words, places."""
    outcomes = list(_outcomes(directory.centres, day))
    everywhere = [[_ready(one, day)] for one in directory.centres]
    given = _numbers(country, len(outcomes) + len(everywhere))
    numbers: dict[str, Sequence[Found] | Luck] = dict(
        zip(given, [*outcomes, *everywhere], strict=False)
    )
    first, full, *_ = [*given, "", ""]
    numbers |= dict.fromkeys((_CARD, _RECEIPT), outcomes[0])
    names = _names(directory, country)
    somewhere = {
        (one.match, one.counties, one.centre_code): name for one, name in names.items()
    }
    return Samples(
        numbers=numbers,
        full=full,
        few=(
            *given[: len(outcomes)],
            *(f"{words} {first}" for words in ("ID", "birth certificate", "driving licence")),
            *(_CARD, _RECEIPT, _OURS, _NOT_OURS, _AWAY, _WORDS),
            *list(names.values())[:1],
        ),
        many=(*given[len(outcomes) :], *somewhere.values()),
        names=tuple(names.values()),
    )


def tuesday_evening(now: datetime) -> datetime:
    """Give the next Tuesday evening: all doors are closed, which takes the most words."""
    ahead = timedelta(days=(_TUESDAY - now.weekday()) % 7)
    return (now + ahead).replace(hour=_EVENING, minute=0, second=0, microsecond=0)


def _outcomes(centres: Sequence[Centre], day: date) -> Iterator["Sequence[Found] | Luck"]:
    """Give what a look-up may come to. The second has no room to subscribe."""
    wide = max(centres, key=lambda one: len(one.short_name + one.town), default=None)
    ready = [_ready(wide, day)] if wide else []
    county = {one.county_code: one for one in centres}
    yield ready
    yield ()
    yield ()
    yield [replace(one, ready=False) for one in ready]
    yield [replace(one, checked=True) for one in ready]
    yield [replace(one, kind=kind) for one in ready for kind in Kind]
    yield [replace(_ready(one, day), kind=Kind.BIRTH_CERTIFICATE) for one in county.values()]
    yield Luck.SPENT
    yield Luck.AWAY


def _ready(centre: Centre, day: date) -> Found:
    return Found(Kind.ID_CARD, True, day, centre)


def _numbers(country: Country, count: int) -> list[str]:
    """Make numbers that every kind of document may bear, each with an end of its own."""
    parsers = (any_number, *map(number_for, Kind))
    for size in _SIZES:
        made = [f"2{'7' * (size - 4)}{end:03}" for end in range(1, count + 1)]
        said = [parse(made[0], country) for parse in parsers]
        if all(one and one["number"] == made[0] for one in said):
            return made
    return []


def _names(directory: Directory, country: Country) -> dict[Places, str]:
    """Give names of places, their first letters and a slip, by what they mean."""
    known: dict[Places, str] = {}
    names = [one.text for one in directory.names]
    typed = [*names, *(one[:3] for one in names), *(one[1:] for one in names[:1]), "Atlantis"]
    for one in dict.fromkeys(typed):
        known.setdefault(search(directory, one, country.place_words), one)
    return known


_CENTRE_NAME = 40
_HEADQUARTERS = 40
_COUNTIES = 47
_CENTRES = 53
_CONSTITUENCIES = 290
_SERVICES = 30
_ANNOUNCEMENTS = 8
_SINCE = date(2000, 1, 1)
_AVAILABLE = {1: services.EVERY, 2: services.LISTED, 3: services.NONE}


def widest_directory() -> Directory:
    """Give a directory of as much as there may ever be, all of it as wide as it may be.

    All centres but one lie in one county, none is certain and one is planned. Their names
    are twice as wide as the database holds.
    """
    centres = tuple(_wide_centres())
    offered = tuple(one for desk in (CENTRE_DESK, COURT_DESK) for one in _wide_services(desk))
    desks = [COURT_DESK, *(one.code for one in offered if one.availability == services.LISTED)]
    return Directory(
        counties=tuple(
            County(f"{n:03}", _wide(n, counties.NAME), _wide(n, _HEADQUARTERS))
            for n in range(1, _COUNTIES + 1)
        ),
        constituencies=tuple(
            Constituency(f"{n:03}", _wide(n, constituencies.NAME), f"{n % _COUNTIES + 1:03}")
            for n in range(1, _CONSTITUENCIES + 1)
        ),
        centres=centres,
        services=offered,
        desks=tuple(Desk(one.code, desk, _SINCE, None) for one in centres for desk in desks),
        announcements=tuple(_wide_announcements(centres)),
    )


def _wide_centres() -> Iterator[Centre]:
    for code, n in (("001-01", 0), *((f"047-{n:02}", n) for n in range(1, _CENTRES + 1))):
        yield Centre(
            code=code,
            short_name=_wide(n, _CENTRE_NAME),
            county_code=code[:3],
            county=_wide(int(code[:3]), counties.NAME),
            town=_wide(n, TOWN),
            opens="08:00",
            closes="17:00",
            days="Mon-Fri",
            doubtful=True,
            address=_words(ADDRESS),
            planned=n == _CENTRES,
        )


def _wide_services(desk: str) -> Iterator[Service]:
    text = ServiceText(
        name=_words(services.NAME),
        bring=_words(services.BRING),
        takes=_words(services.TAKES),
        collects=_words(services.COLLECTS),
        place=_words(services.PLACE),
        note=_words(services.NOTE),
    )
    terms = Terms(_SINCE, None, _words(services.AGENCY), 99_999, "2026-09")
    for n in range(1, _SERVICES + 1):
        named = replace(text, name=_wide(n, services.NAME))
        available = _AVAILABLE.get(n, services.SOME)
        yield Service(
            f"{desk}_{n}", str(n), desk, available, "2026-09", {"en": named}, (terms,)
        )


def _wide_announcements(centres: Iterable[Centre]) -> Iterator[Announcement]:
    for n in range(1, _ANNOUNCEMENTS + 1):
        text = {"en": _wide(n, 10) + " " + _words(announcements.TEXT - 11)}
        yield Announcement(f"news_{n}", _SINCE, None, date(2026, 9, 30), text)
    for one in centres:
        text = {"en": _words(announcements.CENTRE_TEXT)}
        yield Announcement(one.code, _SINCE, None, None, text, centre_code=one.code)


def _wide(n: int, letters: int) -> str:
    """Make a name as wide as `letters`, another one for each `n`."""
    high, low = divmod(n, 26)
    return "W" * (letters - 2) + chr(ord("A") + high) + chr(ord("A") + low)


def _words(letters: int) -> str:
    """Make a text of words, as wide as `letters` allows."""
    return ("WWWWWW " * letters)[:letters].strip()
