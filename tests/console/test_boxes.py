"""Boxes: what is scanned, held against the sheet, closed into documents, and undone."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Column, select, update

from models.audit import acts
from models.boxes import box_items
from models.outbox import Delivery, outbox, texts_to
from models.subscriptions import subscriptions
from tests.caller import Caller, text
from tests.console.officer import ELSEWHERE, HERE, JSON, Officer
from tests.world import put, report_not_there

READY_HERE = [("ready", HERE)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def officer(request: pytest.FixtureRequest) -> Officer:
    """An officer on each database in turn; every test has numbers of its own."""
    return Officer(request.getfixturevalue(f"{request.param}_centre"))


@pytest.fixture(scope="module")
def lite(sqlite_centre: Flask) -> Officer:
    """An officer, where the database is no matter."""
    return Officer(sqlite_centre, "lite")


def _known(officer: Officer, first: int) -> list[str]:
    """Let there be a licence on its way here, one elsewhere and one that was collected."""
    numbers = [str(first + nth) for nth in range(3)]
    for number, state, centre in zip(
        numbers, ("coming", "ready", "collected"), (HERE, ELSEWHERE, HERE), strict=True
    ):
        put(officer.line, "driving_licence", number, state, centre)
    return numbers


def _texts(officer: Officer, phone: str) -> list[str]:
    """Give the states of the texts to a phone."""
    with officer.line.database.working() as connection:
        return [str(state) for state, _ in texts_to(connection, officer.line.keys, phone)]


def _is_met(officer: Officer, phone: str) -> bool:
    """Say whether what a phone waits for was met."""
    with officer.line.database.working() as connection:
        its = subscriptions.c.phone_hmac == officer.line.keys.phone_hmac(phone)
        return connection.scalars(select(subscriptions.c.met_at).where(its)).one() is not None


def test_a_box_becomes_documents_that_are_ready_here_today(officer: Officer) -> None:
    numbers = [*_known(officer, 20_000_001), "20000004"]
    box = officer.open_box()
    said = officer.scan(f"/boxes/{box}", *numbers)
    officer.post(f"/boxes/{box}/close")
    rows = [row for one in numbers for row in officer.rows(one)]
    today = officer.line.country.day(officer.line.clock())

    assert [one.partition(":")[0] for one in said] == [
        "Good",
        "Was at another centre",
        "Was recorded as gone",
        "Good",
    ]
    assert [(row.state, row.centre_code) for row in rows] == READY_HERE * 4
    assert {row.confirmed_on for row in rows} == {today}
    assert officer.acts()[-3:] == ["boxes open", "boxes scan", "boxes close"]


def test_a_box_that_is_undone_leaves_everything_as_it_was(officer: Officer) -> None:
    numbers = _known(officer, 20_000_011)
    before = [_placed(row) for one in numbers for row in officer.rows(one)]
    box = officer.receive(*numbers, "20000014")
    officer.post(f"/boxes/{box}/undo")
    after = [_placed(row) for one in numbers for row in officer.rows(one)]
    unknown = officer.rows("20000014")
    officer.receive("20000014")

    assert after == before
    assert unknown == []
    assert officer.stand("20000014") == READY_HERE


def _placed(row: Any) -> tuple[object, ...]:
    return row.state, row.centre_code, row.received_on, row.confirmed_on, row.is_unconfirmed


def test_what_was_collected_meanwhile_stays_when_the_box_is_undone(officer: Officer) -> None:
    coming, *_ = _known(officer, 20_000_021)
    box = officer.receive(coming, "20000774")
    (row,) = officer.rows("20000774")
    officer.post(f"/hand-over/{row.id}")
    officer.post(f"/boxes/{box}/undo")
    page = officer.get(f"/boxes/{box}")

    assert officer.stand("20000774") == [("collected", HERE)]
    assert officer.stand(coming) == [("coming", HERE)]
    assert "Stayed as they are: 1" in page
    assert "..774" in page


def test_a_text_that_waits_is_withdrawn_and_whoever_waits_is_told_once_it_is_true(
    officer: Officer,
) -> None:
    phone = "+254711000701"
    Caller(officer.client, phone).keys("20000031", "2")
    box = officer.receive("20000031")
    queued, page = _texts(officer, phone), officer.get(f"/boxes/{box}")
    officer.post(f"/boxes/{box}/undo")
    withdrawn, is_met = _texts(officer, phone), _is_met(officer, phone)
    officer.receive("20000031")

    assert "Texts to those who waited: 1." in page
    assert (queued, withdrawn, is_met) == (["queued"], ["failed"], False)
    assert _texts(officer, phone) == ["failed", "queued"]


def test_a_text_that_went_out_is_counted_and_who_was_stopped_does_not_wait_again(
    lite: Officer,
) -> None:
    phone = "+254711000702"
    Caller(lite.client, phone).keys("20000041", "2")
    box = lite.receive("20000041")
    with lite.line.database.working() as connection:
        connection.execute(update(outbox).values(state=Delivery.SENT))
    assert text(lite.client, "STOP", phone) == 200
    lite.post(f"/boxes/{box}/undo")

    assert "had gone out and cannot be taken back: 1." in lite.get(f"/boxes/{box}")
    assert _is_met(lite, phone)


def test_reports_that_a_box_settled_are_open_again_once_it_is_undone(lite: Officer) -> None:
    put(lite.line, "driving_licence", "20000006", "ready")
    for phone in ("+254711000444", "+254711000555"):
        report_not_there(lite.line, "20000006", phone)
    before = Caller(lite.client).dial("20000006")
    box = lite.receive("20000006")
    between = Caller(lite.client).dial("20000006")
    lite.post(f"/boxes/{box}/undo")

    assert "reported as not there" in before
    assert "is READY" in between
    assert "reported as not there" in Caller(lite.client).dial("20000006")


def test_a_box_differs_from_its_sheet_by_what_lacks_and_what_is_too_much(
    officer: Officer,
) -> None:
    box = officer.open_box("20000101", "20000102", "20000103", "20000102")
    officer.scan(f"/boxes/{box}", "20000103", "20000104")
    page = officer.get(f"/boxes/{box}/check")

    assert "Each number counts once" in officer.get(f"/boxes/{box}") + page
    assert "Differences: 3." in page
    assert "On the sheet, not in the box: 2" in page
    assert "In the box, not on the sheet: 1" in page
    assert [page.count(f"..{one}") for one in ("101", "102", "103", "104")] == [1, 1, 0, 1]


def test_the_same_scan_twice_counts_once(officer: Officer) -> None:
    box = officer.open_box("20000101")
    said = officer.scan(f"/boxes/{box}", "20000101", "20000101", "x", "20 000 101")

    assert said[1:] == [
        "Already in this box",
        "Not a number of this kind",
        "Already in this box",
    ]
    assert "Scanned: 1." in officer.get(f"/boxes/{box}/check")


def test_two_officers_who_scan_the_same_box_at_once_put_each_number_in_once(
    postgresql_centre: Flask,
) -> None:
    first, second = Officer(postgresql_centre, "first"), Officer(postgresql_centre, "second")
    box = first.open_box("20000200")
    numbers = [str(20_000_200 + nth) for nth in range(25)]

    def scan(officer: Officer) -> list[str]:
        return [text for one in numbers for text in officer.scan(f"/boxes/{box}", one)]

    with ThreadPoolExecutor(2) as pool:
        said = [text for texts in pool.map(scan, (first, second)) for text in texts]

    assert said.count("Already in this box") == 25
    assert "Scanned: 25." in first.get(f"/boxes/{box}/check")


def test_a_box_is_closed_and_undone_once(officer: Officer) -> None:
    box = officer.receive("20000301")
    officer.post(f"/boxes/{box}/close")
    again = officer.get(f"/boxes/{box}")
    officer.post(f"/boxes/{box}/undo")
    officer.post(f"/boxes/{box}/undo")
    late = officer.post(f"/boxes/{box}/scans", number="20000302", headers=JSON)

    assert "This box is closed" in again
    assert "cannot be undone any more" in officer.get(f"/boxes/{box}")
    assert late.status_code == 409
    assert officer.rows("20000301") == []
    assert officer.acts()[-3:] == ["boxes scan", "boxes close", "boxes undo"]


def test_a_birth_entry_that_another_centre_has_too_is_another_document(
    officer: Officer,
) -> None:
    put(officer.line, "birth_certificate", "0123456789", "ready", ELSEWHERE)
    put(officer.line, "birth_certificate", "0123456789", "coming", HERE)
    box = officer.receive("0123456789", kind="birth_certificate")
    both = officer.stand("123456789", "birth_certificate")
    officer.post(f"/boxes/{box}/undo")

    assert both == [("ready", ELSEWHERE), ("ready", HERE)]
    assert officer.stand("123456789", "birth_certificate") == [
        ("ready", ELSEWHERE),
        ("coming", HERE),
    ]


def _items(officer: Officer, box: int, column: Column[Any]) -> list[Any]:
    with officer.line.database.working() as connection:
        return list(connection.scalars(select(column).where(box_items.c.box_id == box)))


def test_a_scan_is_taken_out_again_and_stays_on_its_sheet(lite: Officer) -> None:
    box = lite.open_box("20000401")
    lite.scan(f"/boxes/{box}", "20000401", "20000402")
    for one in _items(lite, box, box_items.c.id):
        lite.post(f"/boxes/{box}/scans/{one}/remove")
    page = lite.get(f"/boxes/{box}/check")

    assert "Scanned: 0." in page
    assert "Differences: 1." in page


def test_a_box_that_is_thrown_away_leaves_nothing(lite: Officer) -> None:
    box = lite.open_box("20000401")
    lite.scan(f"/boxes/{box}", "20000402")
    lite.post(f"/boxes/{box}/drop")

    assert _items(lite, box, box_items.c.id) == []
    assert lite.acts()[-1] == "boxes drop"
    assert lite.rows("20000402") == []


def test_numbers_are_forgotten_once_a_box_is_closed(lite: Officer) -> None:
    box = lite.open_box("20000501", "20000502")
    lite.scan(f"/boxes/{box}", "20000501")
    lite.post(f"/boxes/{box}/close")
    page = lite.get(f"/boxes/{box}")

    assert _items(lite, box, box_items.c.hmac) == [None, None]
    assert _items(lite, box, box_items.c.number) == [None, None]
    assert "..502" in page


def test_without_a_script_each_scan_is_a_form(lite: Officer) -> None:
    box = lite.open_box()
    good = lite.post(f"/boxes/{box}/scans", number="20000601")
    bad = lite.post(f"/boxes/{box}/scans", number="12")

    assert good.status_code == 303
    assert "Good: a new document" in lite.get(f"/boxes/{box}")
    assert bad.status_code == 422
    assert 'aria-invalid="true"' in bad.text


def test_a_sheet_with_lines_that_cannot_be_read_is_refused_with_their_places(
    lite: Officer,
) -> None:
    pasted = "Number\n20000701\n2.0E+07\n20000703\nmissing"
    refused = lite.post("/boxes", kind="driving_licence", pasted=pasted)
    taken = lite.made("/boxes", kind="driving_licence", pasted=pasted, leave_out="on")

    assert refused.status_code == 422
    assert "Line 3: a spreadsheet has cut digits off" in refused.text
    assert "Line 5" in refused.text
    assert "On the sheet: 2." in lite.get(f"/boxes/{taken}/check")


@pytest.mark.parametrize("octets", [b"%PDF-1.7", b"Name,Remarks\nJuma,none\n", b"\0\1" * 40])
def test_what_is_no_sheet_is_refused(lite: Officer, octets: bytes) -> None:
    before = lite.acts()
    answer = lite.post("/boxes", kind="driving_licence", sheet=(BytesIO(octets), "sheet.csv"))

    assert answer.status_code == 422
    assert lite.acts() == before


def test_another_centres_box_is_not_there(sqlite_centre: Flask, lite: Officer) -> None:
    mine, other = lite, Officer(sqlite_centre, "other", ELSEWHERE)
    box = mine.open_box("20000801")
    mine.scan(f"/boxes/{box}", "20000802")
    item = _items(mine, box, box_items.c.id)[0]
    pages = [f"/boxes/{box}", f"/boxes/{box}/check", f"/boxes/{box}/undo"]
    acts_on = ("scans", f"scans/{item}/remove", "close", "undo", "drop")
    got = [other.client.get(f"/console{one}", base_url="https://localhost") for one in pages]
    sent = [other.post(f"/boxes/{box}/{one}", number="20000803") for one in acts_on]

    assert {one.status_code for one in (*got, *sent)} == {404}
    assert "..802" not in other.get("/boxes")
    assert "Scanned: 1." in mine.get(f"/boxes/{box}/check")


def test_the_audit_names_a_box_by_ids_and_counts(lite: Officer) -> None:
    box = lite.open_box("20000901", "20000902")
    lite.scan(f"/boxes/{box}", "20000902", "20000903")
    lite.post(f"/boxes/{box}/close")
    (row,) = lite.rows("20000902")
    with lite.line.database.working() as connection:
        last = list(acts(connection))[-1]

    assert (last.who, last.act) == ("lite", "boxes close")
    assert json.loads(last.about) == {
        "added": 2,
        "batch": row.batch_id,
        "box": box,
        "documents": 2,
        "missing": 1,
        "surplus": 1,
        "texts": 0,
    }


def test_whoever_steals_the_database_or_the_log_learns_no_number_of_a_box(
    lite: Officer, capfd: pytest.CaptureFixture[str]
) -> None:
    sheet, scanned, wrong = "23571113", "23571117", "2357111923571"
    box = lite.open_box(sheet, scanned)
    lite.scan(f"/boxes/{box}", scanned, wrong)
    file = Path(str(lite.line.database.engines[0].url.database))
    still_open = _stolen(file)
    lite.post(f"/boxes/{box}/close")
    stolen = still_open + _stolen(file) + capfd.readouterr().err.encode()

    assert len(still_open) > 10_000
    assert [one for one in (sheet, scanned, wrong) if one.encode() in stolen] == []


def _stolen(file: Path) -> bytes:
    return b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))
