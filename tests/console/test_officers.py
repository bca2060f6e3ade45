"""What officers do beside boxes: hand over, take stock, say what became of a document."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from models.documents import documents
from models.history import document_changes, history_of
from tests.caller import Caller
from tests.console.officer import ELSEWHERE, HERE, JSON, Officer
from tests.world import CONFIRMED, put, report_not_there

_accounts = count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest) -> Flask:
    """A line on each database in turn; every test has numbers, or a centre, of its own."""
    app: Flask = request.getfixturevalue(f"{request.param}_centre")
    return app


def _officer(app: Flask, centre: str = HERE) -> Officer:
    return Officer(app, f"officer{next(_accounts)}", centre)


@pytest.fixture(scope="module")
def officer(app: Flask) -> Officer:
    return _officer(app)


@pytest.fixture(scope="module")
def stranger(app: Flask) -> Officer:
    """An officer of another centre."""
    return _officer(app, ELSEWHERE)


def _ready(officer: Officer, number: str, kind: str = "driving_licence", card: str = "") -> Any:
    """Let a document lie ready at the officer's centre; give its row."""
    others = {"waiting_card": card} if card else {}
    put(officer.line, kind, number, "ready", officer.centre, CONFIRMED, **others)
    return officer.rows(number, kind)[-1]


def test_a_document_is_handed_over_by_any_of_its_numbers(officer: Officer) -> None:
    row = _ready(officer, "30000111", "id_card", "300001112")
    by_card = officer.post("/hand-over", number="300001112").text
    page = officer.post("/hand-over", number="30000111").text
    officer.post(f"/hand-over/{row.id}")
    after = officer.post("/hand-over", number="30000111")
    with officer.line.database.working() as connection:
        (change,) = history_of(connection, row.id)

    assert "ID card ..111" in by_card
    assert f"/console/hand-over/{row.id}" in page
    assert "30000111" not in page
    assert after.status_code == 422
    assert (change.now.state, change.why) == ("collected", "handed over")
    assert officer.acts()[-4:] == [
        "documents look",
        "documents look",
        "documents hand over",
        "documents look",
    ]


def test_a_card_and_a_licence_of_one_number_are_handed_over_one_by_one(
    officer: Officer,
) -> None:
    card, licence = (_ready(officer, "30000122", one) for one in ("id_card", "driving_licence"))
    page = officer.post("/hand-over", number="30000122").text
    officer.post(f"/hand-over/{card.id}")

    assert f"/hand-over/{card.id}" in page
    assert f"/hand-over/{licence.id}" in page
    assert officer.stand("30000122", "id_card") == [("collected", HERE)]
    assert officer.stand("30000122") == [("ready", HERE)]


def test_the_last_hand_over_is_taken_back_once_and_on_its_day(app: Flask) -> None:
    officer = _officer(app)
    row = _ready(officer, "30000133")
    officer.post(f"/hand-over/{row.id}")
    page = officer.get("/hand-over")
    officer.post("/hand-over/undo")
    back = officer.stand("30000133")
    officer.post("/hand-over/undo")
    officer.post(f"/hand-over/{row.id}")
    with officer.line.database.working() as connection:
        its = document_changes.c.document_id == row.id
        at = connection.scalars(select(document_changes.c.at).where(its)).first()
        assert at
        yesterday = {"at": at - timedelta(days=1)}
        connection.execute(update(document_changes).where(its).values(yesterday))
    officer.post("/hand-over/undo")

    assert "..133" in page
    assert back == [("ready", HERE)]
    assert officer.stand("30000133") == [("collected", HERE)]
    assert officer.acts()[-3:] == [
        "documents hand over",
        "documents take back",
        "documents hand over",
    ]


def test_what_lies_at_another_centre_is_neither_shown_nor_handed_over(
    officer: Officer, stranger: Officer
) -> None:
    row = _ready(officer, "30000144")
    look = stranger.post("/hand-over", number="30000144")
    hand = stranger.post(f"/hand-over/{row.id}")
    settle = stranger.post(f"/not-there/{row.id}", answer="returned")

    assert look.status_code == 422
    assert "..144" not in look.text
    assert (hand.status_code, settle.status_code) == (404, 404)
    assert officer.stand("30000144") == [("ready", HERE)]


def test_what_was_handed_over_meanwhile_is_not_handed_over_again(officer: Officer) -> None:
    row = _ready(officer, "30000155")
    for _ in range(2):
        officer.post(f"/hand-over/{row.id}")

    assert "is not ready here any more" in officer.get("/hand-over")
    assert officer.acts()[-2:].count("documents hand over") == 1


def test_a_stock_take_confirms_what_was_seen_and_doubts_what_was_not(app: Flask) -> None:
    officer = _officer(app, "001-01")
    _, _, other = (_ready(officer, f"3000020{nth}") for nth in range(3))
    card = _ready(officer, "30000205", "id_card")
    taken = officer.made("/stock-takes", kind="driving_licence")
    said = officer.scan(f"/stock-takes/{taken}", "30000200", "30000200", "x")
    officer.receive("30000204")
    officer.post(f"/hand-over/{other.id}")
    check = officer.get(f"/stock-takes/{taken}/check")
    officer.post(f"/stock-takes/{taken}/end")
    today = officer.line.country.day(officer.line.clock())
    stand = {
        number: (row.confirmed_on, row.is_unconfirmed)
        for number in ("30000200", "30000201", "30000204")
        for row in officer.rows(number)
    }

    assert said == ["Seen", "Scanned before", "Not a number of this kind"]
    assert "Seen: 1. Not seen: 1." in check
    assert "..201" in check
    assert stand == {
        "30000200": (today, False),
        "30000201": (CONFIRMED, True),
        "30000204": (today, False),
    }
    assert officer.rows("30000205", "id_card")[0].confirmed_on == card.confirmed_on
    assert officer.acts()[-1] == "stock-takes end"


def test_callers_are_told_that_what_was_not_seen_is_being_checked(app: Flask) -> None:
    officer = _officer(app, "002-01")
    _ready(officer, "30000211")
    caller = Caller(officer.client, "+254711000811")
    before = caller.dial("30000211")
    taken = officer.made("/stock-takes", kind="all")
    officer.post(f"/stock-takes/{taken}/end")
    during = Caller(officer.client, "+254711000812").keys("30000211", "2")
    doubted = Caller(officer.client, "+254711000813").dial("30000211")
    (row,) = officer.rows("30000211")
    listed = officer.get("/not-there")
    officer.post(f"/not-there/{row.id}", answer="found")

    assert "is READY" in before
    assert "Call 1919 before you travel" in doubted
    assert during.startswith("CON We will text you")
    assert "Not seen when the centre looked" in listed
    assert "Texts to those who wait: 1." in officer.get("/not-there")
    assert "is READY" in Caller(officer.client, "+254711000811").dial("30000211")


def test_a_stock_take_that_was_ended_too_early_is_taken_back(app: Flask) -> None:
    officer = _officer(app, "008-01")
    _ready(officer, "30000261")
    first = officer.made("/stock-takes", kind="driving_licence")
    officer.post(f"/stock-takes/{first}/end")
    _ready(officer, "30000262", "id_card")
    second = officer.made("/stock-takes", kind="all")
    officer.post(f"/stock-takes/{second}/end")
    both = officer.rows("30000261") + officer.rows("30000262", "id_card")
    officer.post(f"/stock-takes/{second}/take-back")
    after = officer.rows("30000261") + officer.rows("30000262", "id_card")

    assert [one.is_unconfirmed for one in both] == [True, True]
    assert [one.is_unconfirmed for one in after] == [True, False]
    assert "Not seen: 0." in officer.get(f"/stock-takes/{second}")
    assert officer.acts()[-1] == "stock-takes take back"


def test_a_later_list_that_names_what_was_not_seen_settles_the_doubt(
    sqlite_centre: Flask,
) -> None:
    officer = _officer(sqlite_centre, "003-01")
    _ready(officer, "30000221")
    taken = officer.made("/stock-takes", kind="all")
    officer.post(f"/stock-takes/{taken}/end")
    (doubted,) = officer.rows("30000221")
    put(officer.line, "driving_licence", "30000221", "ready", officer.centre, CONFIRMED)

    assert doubted.is_unconfirmed
    assert not officer.rows("30000221")[0].is_unconfirmed


def test_what_should_not_lie_here_is_put_into_a_box_to_be_received(
    sqlite_centre: Flask,
) -> None:
    officer = _officer(sqlite_centre, "004-01")
    put(officer.line, "driving_licence", "30000231", "ready", ELSEWHERE)
    taken = officer.made("/stock-takes", kind="all")
    without = officer.scan(f"/stock-takes/{taken}", "30000231")
    with_kind = officer.scan(
        f"/stock-takes/{taken}", "30000231", "30000232", "30000231", kind="driving_licence"
    )
    officer.post(f"/stock-takes/{taken}/end")
    page = officer.get(f"/stock-takes/{taken}")
    box = int(page.partition("/console/boxes/")[2].partition('"')[0])
    officer.post(f"/boxes/{box}/close")

    assert without == ["Choose the kind above, and scan it again"]
    assert with_kind[0] == with_kind[1] != with_kind[2] == "Scanned before"
    for number in ("30000231", "30000232"):
        assert officer.stand(number) == [("ready", officer.centre)]


def test_a_number_of_two_papers_wants_the_kind_at_a_stock_take_of_all(
    sqlite_centre: Flask,
) -> None:
    officer = _officer(sqlite_centre, "005-01")
    for kind in ("id_card", "driving_licence"):
        _ready(officer, "30000241", kind)
    taken = officer.made("/stock-takes", kind="all")
    said = officer.scan(f"/stock-takes/{taken}", "30000241")
    said += officer.scan(f"/stock-takes/{taken}", "30000241", kind="id_card")

    assert said == ["Choose the kind above, and scan it again", "Seen"]
    assert "Seen: 1. Not seen: 1." in officer.get(f"/stock-takes/{taken}/check")


def test_a_stock_take_ends_once_and_is_not_there_for_another_centre(
    sqlite_centre: Flask,
) -> None:
    officer, stranger = _officer(sqlite_centre, "006-01"), _officer(sqlite_centre, ELSEWHERE)
    taken = officer.made("/stock-takes", kind="all")
    foreign = [
        stranger.post(f"/stock-takes/{taken}/{one}", number="30000251").status_code
        for one in ("scans", "end", "take-back")
    ]
    shown = stranger.get(f"/stock-takes/{taken}"), stranger.get(f"/stock-takes/{taken}/check")
    officer.post(f"/stock-takes/{taken}/end")
    officer.post(f"/stock-takes/{taken}/end")
    late = officer.post(f"/stock-takes/{taken}/scans", number="30000251", headers=JSON)

    assert foreign == [404, 404, 404]
    assert all("There is no such page" in one for one in shown)
    assert late.status_code == 409
    assert officer.acts()[-1:] + officer.acts()[-2:-1] == [
        "stock-takes end",
        "stock-takes begin",
    ]


def test_what_callers_reported_is_listed_with_how_many_and_settled(app: Flask) -> None:
    officer = _officer(app, "007-01")
    numbers = [f"3000030{nth}" for nth in range(4)]
    rows = [_ready(officer, one) for one in numbers]
    for number in numbers:
        for phone in ("+254711000821", "+254711000822"):
            report_not_there(officer.line, number, phone)
    page = officer.get(f"/not-there?document={rows[1].id}")
    wrong = officer.post(f"/not-there/{rows[0].id}", answer="moved", to="nowhere")
    for row, answer in zip(rows, ("found", "not-found", "returned", "moved"), strict=True):
        officer.post(f"/not-there/{row.id}", answer=answer, to=ELSEWHERE)
    left = officer.get("/not-there")

    assert "reported that it was not there: 2, the first on" in page
    assert "What may not be there: 4" in page
    assert wrong.status_code == 422
    assert [officer.stand(one) for one in numbers] == [
        [("ready", "007-01")],
        [("ready", "007-01")],
        [("returned", "007-01")],
        [("coming", ELSEWHERE)],
    ]
    assert [officer.rows(one)[0].is_unconfirmed for one in numbers[:2]] == [False, True]
    assert "What may not be there: 1" in left
    assert "is READY" in Caller(officer.client, "+254711000823").dial(numbers[0])
    assert officer.acts()[-4:] == [
        "documents found",
        "documents not-found",
        "documents returned",
        "documents moved",
    ]


def test_a_document_that_is_collected_is_in_doubt_no_more(officer: Officer) -> None:
    row = _ready(officer, "30000311")
    with officer.line.database.working() as connection:
        its = update(documents).where(documents.c.id == row.id)
        connection.execute(its.values(is_unconfirmed=True))
    officer.post(f"/hand-over/{row.id}")

    assert not officer.rows("30000311")[0].is_unconfirmed
