"""Facts about the ministry's week: every figure from known days, and none made up."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from menus.sheet import cells, sheet, sheets, written
from models.base import Database
from models.country import kenya
from models.lookups import Outcome
from models.numbers import Kind
from models.reports import Matter
from models.summaries.refresh import refresh
from models.summaries.span import Span
from models.summaries.week import ALL, BY_KIND, Figure, Value, Week, monday_of, week
from tests.models.summaries.past import BIRTH, ID, Past, at

MONDAY = date(2026, 11, 2)
SUNDAY = MONDAY + timedelta(days=6)
LATER = MONDAY + timedelta(days=30)


@pytest.fixture
def past(sqlite_url: str) -> Iterator[Past]:
    database = Database(sqlite_url)
    database.open()
    yield Past(database)
    database.close()


@pytest.fixture(scope="module")
def whole(prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Week:
    """The week, of two that were counted day by day."""
    folder = tmp_path_factory.mktemp("lived")
    database = Database(f"sqlite:///{shutil.copy(prepared_sqlite, folder)}")
    database.open()
    past = Past(database)
    lived(past)
    week_told = told(past)
    database.close()
    return week_told


def evening(day: date) -> datetime:
    return at(day, 22)


def close_day(past: Past, day: date) -> None:
    """Let the last refresh of a day have run."""
    refresh(past.database, kenya(), evening(day), [day])


def lived(past: Past, without: tuple[date, ...] = (), until: date = SUNDAY) -> None:
    """Let two weeks and the Sunday before them have been counted day by day."""
    first = MONDAY - timedelta(days=8)
    cards = past.load(first, *[{}] * 5, {"kind": BIRTH})
    for day in Span(first, until):
        if day == MONDAY - timedelta(days=4):
            past.load(day, {}, {"received_on": date(2021, 1, 4)})
            past.ask(day, Outcome.FOUND, Outcome.AWAY)
            past.say(day, Matter.NOT_THERE, cards[0])
        if day == MONDAY + timedelta(days=2):
            past.text(at(day - timedelta(days=1)), (cards[0],))
            for its_id in cards[:2]:
                collect(past, day, its_id)
            past.load(day, {"kind": BIRTH}, {"kind": BIRTH})
            past.ask(day, Outcome.FOUND, Outcome.FOUND, Outcome.UNKNOWN, Outcome.SPENT)
            past.say(day, Matter.MONEY)
        if day == MONDAY + timedelta(days=3):
            move(past, cards[2])
        if day not in without:
            close_day(past, day)


def collect(past: Past, day: date, its_id: int) -> None:
    past.change(at(day), its_id, "ready", "collected")
    past.set_state(its_id, "collected")


def move(past: Past, its_id: int) -> None:
    """Let a list take back that a document is ready."""
    past.change(at(MONDAY + timedelta(days=3)), its_id, "ready", "coming")
    past.set_state(its_id, "coming")


def told(past: Past, today: date = LATER) -> Week:
    with past.reading() as connection:
        return week(connection, MONDAY, today)


def by_figure(whole: Week, kind: str = ALL) -> dict[Figure, tuple[Value, Value]]:
    return {one.figure: (one.this, one.before) for one in whole.lines if one.kind == kind}


def test_every_figure_is_what_the_days_did(whole: Week) -> None:

    assert by_figure(whole) == {
        Figure.START: (8, 6),
        Figure.RECEIVED: (2, 1),
        Figure.LISTED: (0, 1),
        Figure.COLLECTED: (2, 0),
        Figure.TOLD: (1, 0),
        Figure.RETURNED: (0, 0),
        Figure.OTHER: (-1, 0),
        Figure.END: (7, 8),
        Figure.ASKED: (4, 2),
        Figure.ANSWERED_SHARE: (0.75, 0.5),
        Figure.FOUND_SHARE: (0.5, 0.5),
        Figure.NOT_THERE: (0, 1),
        Figure.MONEY: (1, 0),
    }
    assert by_figure(whole, BIRTH)[Figure.END] == (3, 1)
    assert by_figure(whole, ID)[Figure.OTHER] == (-1, 0)
    assert whole.is_over
    assert whole.this.missing == whole.before.missing == ()


def test_what_lies_there_is_accounted_for_by_kind(whole: Week) -> None:
    rests = []
    for kind in (ALL, *map(str, Kind)):
        of_kind = {figure: value[0] for figure, value in by_figure(whole, kind).items()}
        came = sum(int(of_kind[one] or 0) for one in (Figure.RECEIVED, Figure.LISTED))
        went = sum(int(of_kind[one] or 0) for one in (Figure.COLLECTED, Figure.RETURNED))
        start, end, other = (
            int(of_kind[one] or 0) for one in (Figure.START, Figure.END, Figure.OTHER)
        )
        rests.append(end - (start + came - went + other))

    assert rests == [0, 0, 0, 0]


def test_a_day_that_was_not_counted_is_named_and_nothing_is_made_up(past: Past) -> None:
    before = MONDAY - timedelta(days=1)
    lived(past, without=(before, SUNDAY - timedelta(days=1)))
    whole = told(past)
    figures = by_figure(whole)
    page = written(sheet("en"), whole, LATER)

    assert whole.this.missing == (SUNDAY - timedelta(days=1),)
    assert whole.before.missing == (before,)
    assert figures[Figure.START] == (None, 6)
    assert figures[Figure.OTHER] == (None, None)
    assert figures[Figure.END] == (7, None)
    assert figures[Figure.COLLECTED] == (2, 0)
    assert "Not counted, and in no figure of this week: 7 November 2026." in page
    assert "Not counted, and in no figure of the week before: 1 November 2026." in page
    assert "what lay at its start is not known" in page


def test_an_end_that_nobody_counted_is_not_known(past: Past) -> None:
    lived(past, without=(SUNDAY,))
    refresh(past.database, kenya(), evening(LATER), [SUNDAY])
    whole = told(past)

    assert whole.this.missing == ()
    assert by_figure(whole)[Figure.END] == (None, 8)
    assert "what lay at its end is not known" in written(sheet("en"), whole, LATER)


def test_of_a_week_that_nobody_counted_nothing_is_known(past: Past) -> None:
    whole = told(past)

    assert {one.this for one in whole.lines} == {None}
    assert whole.this.missing == tuple(Span.week(MONDAY))


def test_a_week_under_way_ends_where_it_was_counted_last(past: Past) -> None:
    wednesday = MONDAY + timedelta(days=2)
    lived(past, until=wednesday)
    whole = told(past, today=wednesday)
    page = written(sheet("en"), whole, wednesday)

    assert not whole.is_over
    assert (whole.this.end_on, whole.this.missing) == (wednesday, ())
    assert by_figure(whole)[Figure.END] == (8, 8)
    assert "The week is not over." in page
    assert "The last count of documents is of 4 November 2026." in page


def test_the_sheet_is_one_page_in_both_languages(whole: Week) -> None:
    pages = {code: written(one, whole, LATER) for code, one in sheets().items()}

    assert set(pages) == {"en", "sw"}
    for page in pages.values():
        assert len(page.splitlines()) <= 60
        assert max(map(len, page.splitlines())) <= 100
        assert "{" not in page
    assert "Collected since texted              1            0      +1" in pages["en"]
    assert "Questions answered              75.0%        50.0%     +25" in pages["en"]
    assert "2 Novemba 2026 hadi 8 Novemba 2026 (wiki 45)" in pages["sw"]
    assert "Zilizochukuliwa baada ya SMS" in pages["sw"]


def test_both_languages_say_the_same_things() -> None:
    shapes = {
        code: {
            name: sorted(value) if isinstance(value, dict) else ""
            for name, value in one.words.items()
        }
        for code, one in sheets().items()
    }

    assert shapes["en"] == shapes["sw"]
    assert set(shapes["en"]["figures"]) == {str(one) for one in Figure}
    assert set(shapes["en"]["kinds"]) == {str(one) for one in Kind}


def test_for_machines_there_is_a_line_a_figure_and_kind(whole: Week) -> None:
    given = list(cells(whole))

    assert len(given) == len(Figure) + len(Kind) * len(BY_KIND)
    assert ("collected", "", 2, 0, 2) in given
    assert ("answered_share", "", 0.75, 0.5, 0.25) in given


@pytest.mark.parametrize("day", list(Span.week(MONDAY)))
def test_a_week_begins_on_its_monday(day: date) -> None:
    assert monday_of(day) == MONDAY
