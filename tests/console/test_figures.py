"""Supervisors' pages: what they tell, from where, over which days, and what is taken out."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from console.figures.export import as_file
from console.figures.period import MOST, read
from console.figures.table import Head, Measure, Table
from menus.line import Line
from menus.sheet import sheet
from models.agents import Role
from models.audit import acts, append
from models.lookup_flags import lookup_flags
from models.reveals import MOST as MOST_REVEALS
from models.reveals import REVEAL
from models.summaries.span import Span
from models.summaries.week import monday_of, week
from tests.conftest import Open, desk_of, line_of, people_of
from tests.console import past
from tests.console.desk import get, post, sign_in
from tests.servers import RedisServer

PAGES = ("", "/sessions", "/map", "/texts", "/documents", "/service", "/flags", "/week")
TODAY, YESTERDAY = date(2026, 11, 21), date(2026, 11, 20)
SMALL = {
    "audit",
    "spending",
    "agents",
    "agent_sessions",
    "call_backs",
    "reports",
    "lookup_flags",
}
"""Tables that pages may read beside summaries: of these, what is open, and one day's row."""

_TABLES = re.compile(r"(?:FROM|JOIN) ([a-z_]+)")
_TAG = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def app(sqlite_centre: Flask) -> Flask:
    """One line for all tests here: nothing in them changes what pages tell."""
    return sqlite_centre


@pytest.fixture(scope="module")
def today(app: Flask) -> date:
    """A day of the line, with a past of thirty days behind it."""
    line = line_of(app)
    day = line.country.day(line.clock())
    past.fill(line, day)
    return day


@pytest.fixture(scope="module")
def supervisor(app: Flask, today: date) -> FlaskClient:
    """A supervisor's browser."""
    client = app.test_client()
    sign_in(client, line_of(app), Role.SUPERVISOR)
    return client


def _exports(line: Line) -> list[tuple[str, str]]:
    """Give who took out what, as the audit has it."""
    with line.database.working() as connection:
        return [(one.who, one.about) for one in acts(connection, act="figures export")]


def _read(client: FlaskClient, page: str) -> str:
    """Give what a page says, without its tags."""
    answer = get(client, f"/console/figures{page}")
    assert answer.status_code == 200, answer.text
    return " ".join(_TAG.sub(" ", answer.text).split())


@contextmanager
def _statements(app: Flask) -> Iterator[list[str]]:
    """Note the statements that the console's connections are asked."""
    asked: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        asked.append(statement)

    engines = desk_of(app).database.engines
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_pages_tell_the_same_from_either_database(
    open_app: Open, database_url: str, redis: RedisServer
) -> None:
    app = open_app(database_url, redis.url)
    line, client = line_of(app), app.test_client()
    past.fill(line, line.country.day(line.clock()))
    sign_in(client, line, Role.SUPERVISOR)
    overview, texts = _read(client, ""), _read(client, "/texts")

    assert "Sessions 1,060 in the period: 31,800" in overview
    assert "Questions answered 98.0 % in the period: 98.0 %" in overview
    assert "Uncollected documents 10,212" in overview
    assert "Collected since texted 36 in the period: 1,080" in overview
    assert "0.80 11,760.00 over 14,700 answered questions" in texts
    assert "Makutano 220 220 220 660 165 25.0 %" in _read(client, "/documents")
    assert "GPO Nairobi 270 120 60 450 60.0 %" in _read(client, "/service")
    assert "Kiswahili 22,200 0 600 22,800" in _read(client, "/sessions")


def test_an_agent_who_reveals_too_much_is_named(supervisor: FlaskClient, line: Line) -> None:
    with line.database.working() as connection:
        for nth in range(MOST_REVEALS + 3):
            append(connection, "curious" if nth > 1 else "calm", REVEAL, call=nth)
    overview = _read(supervisor, "")

    assert (
        "Phones revealed in the last hour 33 Too many: curious, 31 (more than 30)" in overview
    )
    assert "calm" not in overview


def test_no_page_reads_raw_rows(supervisor: FlaskClient, app: Flask) -> None:
    read_from: set[str] = set()
    for page in PAGES:
        with _statements(app) as asked:
            _read(supervisor, page)
        assert len(asked) <= 25
        read_from |= {one for statement in asked for one in _TABLES.findall(statement)}

    assert {one for one in read_from if not one.startswith("summary_")} <= SMALL
    assert "summary_ways" in read_from


def test_what_a_hop_took_is_told_by_day_and_of_one_day_by_hour(
    supervisor: FlaskClient, today: date
) -> None:
    of_days = _read(supervisor, "/sessions")
    of_one = _read(supervisor, f"/sessions?from={today}&to={today}")

    assert f"{today:%d %b %Y}".lstrip("0") + " 4,000 5 20 100" in of_days
    assert "08 1,000 5 20 100" in of_one


@pytest.mark.parametrize(
    ("given", "span"),
    [
        ({}, Span(date(2026, 10, 23), TODAY)),
        ({"last": "7"}, Span(date(2026, 11, 15), TODAY)),
        (
            {"from": "2026-11-01", "to": "2026-11-03"},
            Span(date(2026, 11, 1), date(2026, 11, 3)),
        ),
        ({"from": "2026-11-01", "to": "2030-01-01"}, Span(date(2026, 11, 1), TODAY)),
        ({"from": "2030-01-01", "to": "2030-01-02"}, Span(TODAY, TODAY)),
        ({"from": "2025-10-18", "to": "2026-11-21"}, Span(date(2025, 10, 18), TODAY)),
    ],
    ids=["usual", "last", "both", "later", "behind", "most"],
)
def test_what_lies_behind_today_is_cut_off(given: dict[str, str], span: Span) -> None:
    asked = read(given, TODAY)

    assert (asked.span, asked.fault) == (span, "")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"from": "2025-10-17", "to": "2026-11-21"}, "too_long"),
        ({"last": "401"}, "too_long"),
        ({"last": "9999999999999999999"}, "day"),
        ({"last": "0"}, "day"),
        ({"from": "2026-11-03", "to": "2026-11-01"}, "backwards"),
        ({"from": "2026-02-30", "to": "2026-11-01"}, "day"),
        ({"from": "20261101", "to": "2026-11-01"}, "day"),
        ({"from": "١٢٣٤-٠١-٠١", "to": "2026-11-01"}, "day"),
        ({"from": "2026-11-01"}, "day"),
        ({"from": "1999-11-01", "to": "1999-11-02"}, "day"),
    ],
)
def test_a_period_that_is_none_gives_the_usual_one_and_a_fault(
    given: dict[str, str], fault: str
) -> None:
    asked = read(given, TODAY)

    assert (asked.fault, asked.days) == (fault, 30)


def test_a_period_that_is_too_long_is_refused_beside_its_field(supervisor: FlaskClient) -> None:
    answer = get(supervisor, "/console/figures/sessions?from=2020-01-01&to=2026-11-01")

    assert answer.status_code == 422
    assert f'id="from-error">This is more than {MOST} days.' in answer.text
    assert 'value="2020-01-01"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_nothing_on_a_page_has_a_style_or_a_handler_of_its_own(supervisor: FlaskClient) -> None:
    pages = [get(supervisor, f"/console/figures{page}").text for page in PAGES]

    assert not [page for page in pages if re.search(r'\s(style|on[a-z]+)="', page)]
    for page in pages:
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))


def test_a_table_is_taken_out_as_csv_and_that_is_audited(
    supervisor: FlaskClient, line: Line, today: date
) -> None:
    first = today - timedelta(days=1)
    form = {"table": "sessions_by_day", "from": f"{first}", "to": f"{today}"}
    answer = post(supervisor, "/console/figures/export", form)
    rows = list(csv.reader(io.StringIO(answer.text)))

    assert answer.content_type == "text/csv; charset=utf-8"
    assert f"1919-sessions_by_day-{first}-{today}.csv" in answer.headers["Content-Disposition"]
    assert rows[0] == ["Day", "USSD", "SMS", "Agents", "Total"]
    assert rows[1:] == [[f"{day}", "980", "60", "20", "1060"] for day in (first, today)]
    assert _exports(line)[-1] == (
        "supervisor",
        f'{{"first":"{first}","last":"{today}","rows":2,"table":"sessions_by_day"}}',
    )


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"table": "agents"}, 404),
        ({}, 404),
        ({"table": "menu_ways", "from": "2020-01-01", "to": "2026-01-01"}, 422),
    ],
    ids=["none", "empty", "too long"],
)
def test_what_is_no_table_or_too_much_is_not_taken_out(
    supervisor: FlaskClient, line: Line, form: dict[str, str], status: int
) -> None:
    before = _exports(line)
    answer = post(supervisor, "/console/figures/export", form)

    assert answer.status_code == status
    assert _exports(line) == before


def test_every_table_can_be_taken_out(supervisor: FlaskClient) -> None:
    offered = {
        name
        for page in PAGES
        for name in re.findall(
            r'name="table" value="([^"]+)"', get(supervisor, f"/console/figures{page}").text
        )
    }
    answers = {
        name: post(supervisor, "/console/figures/export", {"table": name, "last": "7"})
        for name in offered
    }

    assert len(offered) == 20
    assert {one.status_code for one in answers.values()} == {200}


def test_no_cell_of_a_file_is_a_formula(app: Flask) -> None:
    heads = (Head("a", "=A", Measure.TEXT), Head("b", "B"), Head("c", "C", Measure.MONEY))
    cells = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", " =1", "\uff1d1", "Kisii")
    with people_of(app).test_request_context():
        answer = as_file(Table("x", heads, [(one, -5, 8_000) for one in cells]), "x.csv")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True))))

    assert not [cell for row in rows for cell in row[:1] if cell[0] in "=+-@\t \uff1d"]
    assert rows[-1] == ["Kisii", "-5", "0.8000"]


@pytest.fixture
def flag(line: Line) -> int:
    """An open flag."""
    now = datetime.now(UTC)
    row = {"kind": "sequence", "about": b"x" * 16, "count": 34, "first_at": now, "last_at": now}
    with line.database.working() as connection:
        made = lookup_flags.insert().values(row).returning(lookup_flags.c.id)
        return int(connection.execute(made).scalar_one())


def test_a_flag_is_closed_once_with_what_was_found(
    supervisor: FlaskClient, line: Line, flag: int
) -> None:
    address = f"/console/figures/flags/{flag}/close"
    listed = _read(supervisor, "/flags")
    statuses = [
        post(supervisor, address, form).status_code
        for form in ({}, {"found": "x"}, {"found": "ordinary"}, {"found": "ordinary"})
    ]
    with line.database.working() as connection:
        noted = [(one.who, one.about) for one in acts(connection, act="lookups close")]

    assert "34 different numbers of one hundred" in listed
    assert statuses == [422, 422, 303, 404]
    assert "Nothing stands out." in _read(supervisor, "/flags")
    assert noted == [("supervisor", f'{{"flag":{flag},"found":"ordinary","kind":"sequence"}}')]


def test_a_flag_that_no_database_could_have_is_none(supervisor: FlaskClient) -> None:
    address = f"/console/figures/flags/{2**63}/close"

    assert post(supervisor, address, {"found": "ordinary"}).status_code == 404


@pytest.mark.parametrize("language", ["en", "sw"])
def test_the_week_is_told_in_the_words_of_the_command(
    client: FlaskClient, line: Line, today: date, language: str
) -> None:
    sign_in(client, line, Role.SUPERVISOR, f"speaks-{language}")
    post(client, "/console/me", {"language": language})
    monday = monday_of(today) - timedelta(days=7)
    with line.database.working() as connection:
        told = week(connection, monday, today)
    words, page = sheet(language), _read(client, "/week")
    rows = [
        " ".join(
            (
                words.label(one),
                words.value(one.figure, one.this),
                words.value(one.figure, one.before),
                words.change(one),
            )
        )
        for one in told.lines
    ]

    assert words.title(told) in page
    assert len(rows) > 30
    assert [row for row in rows if row.strip() not in page] == []


def test_an_administrator_reads_the_week_and_takes_it_out(
    client: FlaskClient, line: Line, today: date
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    year, number, _ = monday_of(today).isocalendar()
    answer = post(client, "/console/figures/week/export", {"week": f"{year}-W{number:02}"})

    assert answer.status_code == 200
    assert "received,," in answer.text
    assert get(client, "/console/figures/week?week=2026-W01").status_code == 200


@pytest.mark.parametrize("asked", ["2026-W54", "2091-W01", "1999-W01", "x", "2026-W00"])
def test_a_week_that_is_none_is_refused_beside_its_field(
    supervisor: FlaskClient, asked: str
) -> None:
    answer = get(supervisor, f"/console/figures/week?week={asked}")

    assert answer.status_code == 422
    assert 'id="week-error"' in answer.text
