"""A line's past, made up: 90 days of summaries, a million finished sessions, documents.

The same every time, and quickly there: summaries go in as they are read, and no call, text or
list is made up for them.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from bench.lists import open_centres
from menus.flows import SCREENS
from menus.screens import Route, exits
from models.base import Connection, Database
from models.bulk import insert_many
from models.documents import State, batches
from models.lookups import Channel, Outcome
from models.networks import networks
from models.numbers import Kind
from models.outbox import Delivery, Priority
from models.ratings import MARKS
from models.reports import Matter
from models.summaries import days as counted_days
from models.summaries.documents import AGES, DOCUMENTS, GONE
from models.summaries.flows import FLOWS
from models.summaries.lookups import LOOKUPS
from models.summaries.ratings import RATINGS
from models.summaries.reports import REPORTS
from models.summaries.sessions import SESSIONS
from models.summaries.span import Span
from models.summaries.summary import Summary
from models.summaries.texts import TEXTS
from models.summaries.times import BOUNDS, MORE, TIMES
from models.summaries.ways import OUTSIDE, WAYS

DAYS = 90
SESSIONS_KEPT = 1_000_000
"""What is kept of them in 90 days, by default."""

LANGUAGES = ("en", "sw")
_HOURS = range(24)
_Rows = Iterator[tuple[Any, ...]]


def fill(
    database: Database,
    last: date,
    days: int = DAYS,
    sessions: int = SESSIONS_KEPT,
    documents: int = 0,
) -> Span:
    """Give a prepared database a past; give its days.

    Args:
        last: the day that it ends with.
        sessions: finished ones.
        documents: those that lie at centres, as rows; their summaries are made up in any case.
    """
    span = Span(last - timedelta(days=days - 1), last)
    for summary, rows in _summaries(span):
        with database.working() as connection:
            insert_many(connection, summary.table, [_named(summary, row) for row in rows])
    with database.working() as connection:
        for day in span:
            counted_days.note(connection, day, _noon(day), pictured=True)
    with database.working() as connection:
        _finish(connection, sessions, span)
        if documents:
            _lay(connection, documents, last)
    if database.is_postgresql:
        with database.working() as connection:
            connection.execute(text("ANALYZE"))
    return span


def _summaries(span: Span) -> Iterator[tuple[Summary, _Rows]]:
    """Give every summary with its rows: the keys, then the counts."""
    dice = random.Random("history")
    yield SESSIONS, _sessions(span, dice)
    yield TIMES, _times(span, dice)
    yield WAYS, _ways(span, dice)
    yield DOCUMENTS, _documents(span, dice)
    yield FLOWS, _flows(span, dice)
    yield TEXTS, _texts(span, dice)
    yield LOOKUPS, _lookups(span, dice)
    yield RATINGS, _ratings(span, dice)
    yield REPORTS, _reports(span, dice)


def _sessions(span: Span, dice: random.Random) -> _Rows:
    ways = [(code, Channel.USSD) for code in networks()]
    ways += [("", Channel.SMS), ("", Channel.CONSOLE)]
    for day in span:
        for hour in _HOURS:
            for network, channel in ways:
                for language in LANGUAGES:
                    calls = dice.randrange(1 + 8 * min(hour, 24 - hour))
                    yield (
                        day,
                        hour,
                        network,
                        channel.value,
                        language,
                        calls,
                        4 * calls,
                        calls // 9,
                    )


def _times(span: Span, dice: random.Random) -> _Rows:
    for day in span:
        for hour in _HOURS:
            for channel in Channel:
                for nth, bound in enumerate((*BOUNDS, MORE)):
                    hops = dice.randrange(1 + 400 // (1 + abs(nth - 3) ** 3))
                    yield day, hour, channel.value, bound, hops


def _ways(span: Span, dice: random.Random) -> _Rows:
    every = pairs()
    for day in span:
        for channel in Channel:
            for language in LANGUAGES:
                for before, after in every:
                    yield day, channel.value, language, before, after, dice.randrange(1, 90)


def _documents(span: Span, dice: random.Random) -> _Rows:
    for day in span:
        for centre in open_centres():
            for kind in Kind:
                for state in State:
                    for age in AGES[:1] if state in GONE else AGES:
                        lying = dice.randrange(1, 400)
                        yield day, centre, kind.value, state.value, age, lying


def _flows(span: Span, dice: random.Random) -> _Rows:
    for day in span:
        for centre in open_centres():
            for kind in Kind:
                collected = dice.randrange(60)
                yield (
                    day,
                    centre,
                    kind.value,
                    dice.randrange(60),
                    0,
                    collected,
                    collected // 3,
                    1,
                )


def _texts(span: Span, dice: random.Random) -> _Rows:
    for day in span:
        for priority in Priority:
            for state in Delivery:
                count = dice.randrange(2_000)
                yield day, priority.value, state.value, count, count, 8_000 * count, count // 50


def _lookups(span: Span, dice: random.Random) -> _Rows:
    for day in span:
        for channel in Channel:
            for outcome in Outcome:
                count = dice.randrange(9_000)
                yield day, channel.value, outcome.value, count, count // 2


def _ratings(span: Span, dice: random.Random) -> _Rows:
    for day in span:
        for centre in open_centres():
            for mark in MARKS:
                yield day, centre, mark, dice.randrange(1, 40)


def _reports(span: Span, dice: random.Random) -> _Rows:
    for day in span:
        for matter in Matter:
            for centre in open_centres():
                yield day, matter.value, centre, Kind.ID_CARD.value, dice.randrange(1, 4)


def pairs() -> list[tuple[str, str]]:
    """List every way between two pages that callers can go, ends among them."""
    by_name = {one.name: one for one in SCREENS}

    def pages(name: str, seen: frozenset[str] = frozenset()) -> set[str]:
        one = by_name.get(name)
        if one is None or name in seen:
            return set()
        if not isinstance(one, Route):
            return {name}
        return set().union(*(pages(to, seen | {name}) for to in one.to.values()))

    shown = [one for one in SCREENS if not isinstance(one, Route)]
    found = {(one.name, page) for one in shown for _, to in exits(one) for page in pages(to)}
    found |= {(one.name, one.name) for one in shown} | {(one.name, OUTSIDE) for one in shown}
    return sorted(found | {(one.name, "home") for one in shown} | {(OUTSIDE, "home")})


def _named(summary: Summary, row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip((*summary.keys, *summary.counts), row, strict=True))


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _finish(connection: Connection, count: int, span: Span) -> None:
    """Let sessions have ended, evenly over the days."""
    seconds = int((span.last - span.first).total_seconds()) // max(1, count) or 1
    start = _noon(span.first)
    if connection.dialect.name == "postgresql":
        series = "generate_series(CAST(1 AS bigint), :count) AS nth"
        hmac = "sha256(nth::text::bytea)"
        moment = "CAST(:start AS timestamptz) + nth * :seconds * INTERVAL '1 second'"
    else:
        series = f"({_SERIES})"
        hmac = "CAST(printf('%032d', nth) AS BLOB)"
        moment = "strftime('%Y-%m-%d %H:%M:%f', :start, (nth * :seconds) || ' seconds')"
    statement = (
        "INSERT INTO finished_sessions (session_hmac, gateway, network, status, hops,"  # noqa: S608
        f" milliseconds, cost, ended_at) SELECT {hmac}, 'africastalking', '63902', 'Success',"
        f" 1 + nth % 9, 1000 + nth % 90000, '', {moment} FROM {series}"
    )
    given = {"count": count, "seconds": seconds, "start": _given(connection, start)}
    connection.execute(text(statement), given)


def _lay(connection: Connection, count: int, last: date) -> None:
    """Let documents lie at centres, received over the last years, of one batch."""
    batch = insert(batches).values(
        made_at=_noon(last) - timedelta(days=40),
        demonstration=False,
        archive_version=1,
        sealed_key=b"",
    )
    batch_id = connection.scalars(batch.returning(batches.c.id)).one()
    on_postgresql = connection.dialect.name == "postgresql"
    series = (
        "generate_series(CAST(1 AS bigint), :count) AS nth" if on_postgresql else f"({_SERIES})"
    )
    received = (
        "CAST(:last AS date) - CAST(nth % 900 AS int)"
        if on_postgresql
        else "date(:last, -(nth % 900) || ' days')"
    )
    centres = _case("nth * 7919", open_centres())
    kinds, states = _case("nth / 54", [*Kind]), _case("nth / 7", ["ready"] * 9 + ["collected"])
    statement = (
        "INSERT INTO documents (id, kind, state, centre_code, received_on, confirmed_on,"  # noqa: S608
        f" batch_id, loaded_by) SELECT nth, {kinds}, {states}, {centres}, {received},"
        f" {received}, :batch, :batch FROM {series}"
    )
    given = {"count": count, "last": last if on_postgresql else str(last), "batch": batch_id}
    connection.execute(text(statement), given)


_SERIES = (
    "WITH RECURSIVE series(nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM series"
    " WHERE nth < :count) SELECT nth FROM series"
)
"""The numbers from one on, for SQLite."""


def _given(connection: Connection, moment: datetime) -> object:
    return moment if connection.dialect.name == "postgresql" else f"{moment:%Y-%m-%d %H:%M:%S}"


def _case(number: str, values: Sequence[str]) -> str:
    """Write a choice among values by a number."""
    cases = " ".join(f"WHEN {nth} THEN '{value}'" for nth, value in enumerate(values))
    return f"CASE ({number}) % {len(values)} {cases} END"
