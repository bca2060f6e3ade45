"""What the centres do for people: each service, its dated facts, and its words.

A court's services are services too: those of the desk that the Judiciary's staff serve.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Column, Connection, Date, ForeignKey, Integer, String, Table, select

from models.base import metadata

CODE = 24
NAME = 28
BRING = 140
TAKES = 60
COLLECTS = 80
PLACE = 90
NOTE = 100
AGENCY = 60
"""Letters in the texts of a service at most, so that a page has room for each."""

CENTRE_DESK = "centre"
COURT_DESK = "court"
"""The kinds of desk that a service may be had at."""

EVERY = "every"
LISTED = "listed"
SOME = "some"
NONE = "none"
"""Where a service is to be had: at every centre as a rule, only where a desk is listed, at
some centres that no source names, or at no centre's desk."""

services = Table(
    "services",
    metadata,
    Column("code", String(CODE), primary_key=True),
    Column("key", String(2), nullable=False),
    Column("desk", String(8), nullable=False),
    Column("availability", String(8), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("confidence", String(10), nullable=False),
    Column("source", String(1000), nullable=False),
)

service_terms = Table(
    "service_terms",
    metadata,
    Column("service_code", String(CODE), ForeignKey("services.code"), primary_key=True),
    Column("since", Date, primary_key=True),
    Column("until", Date),
    Column("agency", String(AGENCY), nullable=False),
    Column("fee", Integer),
    Column("fee_as_of", String(10), nullable=False),
    Column("source", String(500), nullable=False),
)

service_texts = Table(
    "service_texts",
    metadata,
    Column("service_code", String(CODE), ForeignKey("services.code"), primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("name", String(NAME), nullable=False),
    Column("bring", String(BRING), nullable=False),
    Column("takes", String(TAKES), nullable=False),
    Column("collects", String(COLLECTS), nullable=False),
    Column("place", String(PLACE), nullable=False),
    Column("note", String(NOTE), nullable=False),
)


@dataclass(frozen=True)
class ServiceText:
    """What is said of a service in one language. An empty text: no source says.

    Attributes:
        takes: how long it takes.
        collects: who may collect what comes of it.
        place: where else it is to be had, and how.
        note: what the fee is for, or who sets it.
    """

    name: str
    bring: str
    takes: str
    collects: str
    place: str
    note: str


@dataclass(frozen=True)
class Terms:
    """Who gives a service at what fee, from a day to a day, both included.

    Attributes:
        fee: in whole units of the currency; 0 is free; None where no source gives one.
    """

    since: date
    until: date | None
    agency: str
    fee: int | None
    fee_as_of: str


@dataclass(frozen=True)
class Service:
    """A service.

    Attributes:
        key: what is pressed for it on its desk's menu, the same for ever.
        desk: CENTRE_DESK or COURT_DESK.
        availability: EVERY, LISTED, SOME or NONE.
        as_of: the year or the month that sources speak of.
        texts: by language.
    """

    code: str
    key: str
    desk: str
    availability: str
    as_of: str
    texts: Mapping[str, ServiceText]
    terms: tuple[Terms, ...]

    def text(self, language: str, first: str = "") -> ServiceText:
        """Give what is said in a language: where it has nothing, in the first or any other."""
        found = self.texts.get(language) or self.texts.get(first)
        return found or next(iter(self.texts.values()))

    def terms_on(self, day: date) -> Terms | None:
        """Give the terms of a day; None where no source knows any."""
        holding = [
            one
            for one in self.terms
            if one.since <= day and (not one.until or day <= one.until)
        ]
        return max(holding, key=lambda one: one.since, default=None)


_TERMS = select(
    service_terms.c.service_code,
    service_terms.c.since,
    service_terms.c.until,
    service_terms.c.agency,
    service_terms.c.fee,
    service_terms.c.fee_as_of,
).order_by(service_terms.c.since)

_WORDED = select(
    services.c.code,
    services.c.key,
    services.c.desk,
    services.c.availability,
    services.c.as_of,
    service_texts.c.language,
    service_texts.c.name,
    service_texts.c.bring,
    service_texts.c.takes,
    service_texts.c.collects,
    service_texts.c.place,
    service_texts.c.note,
).join_from(services, service_texts)
_OF_SERVICE = 5
"""How many of these columns are the service's own: its language and its words follow."""


def every_service(connection: Connection) -> tuple[Service, ...]:
    """List every service that has words, by desk and key."""
    terms = _terms(connection)
    texts: dict[tuple[str, ...], dict[str, ServiceText]] = {}
    for row in connection.execute(_WORDED):
        cells: tuple[str, ...] = tuple(row)
        language, *words = cells[_OF_SERVICE:]
        texts.setdefault(cells[:_OF_SERVICE], {})[language] = ServiceText(*words)
    listed = [
        Service(code, key, desk, availability, as_of, dict(sorted(worded.items())), terms[code])
        for (code, key, desk, availability, as_of), worded in texts.items()
    ]
    return tuple(sorted(listed, key=lambda one: (one.desk, int(one.key), one.code)))


def _terms(connection: Connection) -> defaultdict[str, tuple[Terms, ...]]:
    """Read each service's terms, the earliest first."""
    terms: defaultdict[str, tuple[Terms, ...]] = defaultdict(tuple)
    for row in connection.execute(_TERMS):
        one = Terms(row.since, row.until, row.agency, row.fee, row.fee_as_of)
        terms[row.service_code] += (one,)
    return terms
