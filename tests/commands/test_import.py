"""Facts about loading a centre's list: all of it or nothing, and each document once."""

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Table, func, select, text

from commands.imports import Refused, load_file
from menus.line import Line
from models.centres import centres
from models.documents import batches, document_number_row, document_numbers, documents
from models.importing import AlreadyLoaded, Import, Origin, Outcome
from models.keys import Versions, open_number
from models.outbox import outbox
from models.subscriptions import subscriptions
from tests.caller import PHONE, Caller
from tests.conftest import KEYS, Open, inbox, line_of
from tests.servers import RedisServer

DAY, NEXT_DAY = date(2026, 9, 29), date(2026, 9, 30)
HEADER = "kind,number,centre,state,received_on,phone,waiting_card,receipt"
CARD = "id_card,20123456,047-01,ready,2026-09-28,,,"


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on each database in turn."""
    return open_app(database_url, redis.url)


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


@pytest.fixture
def written(tmp_path: Path) -> "Written":
    return Written(tmp_path)


class Written:
    """Files written for one test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0

    def __call__(self, *rows: str, header: str = HEADER) -> Path:
        """Write a list; every file differs from those before by blank lines at its end."""
        self._made += 1
        file = self._folder / f"list-{self._made}.csv"
        file.write_text("\n".join([header, *rows, "\n" * self._made]), encoding="utf-8")
        return file


def load(line: Line, file: Path, day: date = DAY) -> Outcome:
    return load_file(line, file, day).outcome


def told(outcome: Outcome) -> tuple[int, int, int, int]:
    return outcome.added, outcome.changed, outcome.confirmed, outcome.same


def count(line: Line, table: Table) -> int:
    with line.database.working() as connection:
        return connection.scalars(select(func.count()).select_from(table)).one()


def column(line: Line, name: str) -> list[object]:
    """Read one column of every document, oldest first."""
    with line.database.working() as connection:
        query = select(documents.c[name]).order_by(documents.c.id)
        return list(connection.scalars(query))


def everything(line: Line) -> list[Sequence[object]]:
    """Read every row of documents and of their numbers."""
    with line.database.working() as connection:
        return [
            tuple(row)
            for table in (documents, document_numbers)
            for row in connection.execute(select(table).order_by(*table.primary_key))
        ]


def many(rows: int) -> list[str]:
    return [f"id_card,{20_000_000 + nth},047-01,ready,2026-09-28,,," for nth in range(rows)]


def ready_page(app: Flask, *keys: str) -> str:
    return Caller(app.test_client()).keys(*keys)


# What a list adds


def test_a_new_row_is_a_new_document(line: Line, written: Written) -> None:
    assert told(load(line, written(CARD))) == (1, 0, 0, 0)


def test_every_row_of_a_long_list_is_loaded(line: Line, written: Written) -> None:
    load(line, written(*many(4_500)))

    assert count(line, documents) == 4_500


def test_a_header_alone_loads_nothing(line: Line, written: Written) -> None:
    assert load(line, written()).rows == 0


def test_a_loaded_document_is_found(app: Flask, line: Line, written: Written) -> None:
    load(line, written(CARD))

    assert "ID ..456 is READY" in ready_page(app, "1", "1", "20123456")


def test_a_loaded_document_is_confirmed_on_the_day(line: Line, written: Written) -> None:
    load(line, written(CARD), DAY)

    assert column(line, "confirmed_on") == [DAY]


def test_a_loaded_document_keeps_the_day_it_was_received(line: Line, written: Written) -> None:
    load(line, written(CARD))

    assert column(line, "received_on") == [date(2026, 9, 28)]


def test_a_waiting_card_finds_the_card(app: Flask, line: Line, written: Written) -> None:
    load(line, written("id_card,20123456,047-01,ready,,,301234567,"))

    assert "ID ..567 is READY" in ready_page(app, "1", "1", "301234567")


def test_a_waiting_card_that_begins_with_nought_finds_the_card(
    app: Flask, line: Line, written: Written
) -> None:
    load(line, written("id_card,20123456,047-01,ready,,,012345678,"))

    assert "ID ..678 is READY" in ready_page(app, "1", "1", "012345678")


def test_a_waiting_card_that_begins_with_nought_finds_the_card_from_home(
    app: Flask, line: Line, written: Written
) -> None:
    load(line, written("id_card,20123456,047-01,ready,,,012345678,"))

    assert "ID ..678 is READY" in ready_page(app, "012345678")


@pytest.mark.parametrize("number", ["012345", "0012345", "01234567", "002012345"])
def test_an_id_that_begins_with_noughts_is_found_as_it_was_loaded(
    app: Flask, line: Line, written: Written, number: str
) -> None:
    load(line, written(f"id_card,{number},047-01,ready,,,,"))

    assert "is READY" in ready_page(app, "1", "1", number)


def test_a_birth_entry_that_begins_with_noughts_is_found_as_it_was_loaded(
    app: Flask, line: Line, written: Written
) -> None:
    load(line, written("birth_certificate,0012345,047-01,ready,,,,"))

    assert "is READY" in ready_page(app, "1", "2", "0012345")


@pytest.mark.parametrize("receipt", ["KRA1234", "0012345", "1234567"])
def test_a_receipt_finds_the_document(
    app: Flask, line: Line, written: Written, receipt: str
) -> None:
    load(line, written(f"id_card,20123456,047-01,ready,,,,{receipt}"))

    assert "is READY" in ready_page(app, "1", "4", receipt)


def test_a_receipt_that_begins_with_noughts_finds_the_card_where_ids_are_asked_for(
    app: Flask, line: Line, written: Written
) -> None:
    load(line, written("id_card,20123456,047-01,ready,,,,0012345"))

    assert "is READY" in ready_page(app, "1", "1", "0012345")


def test_every_centre_may_be_named_by_its_full_name(line: Line, written: Written) -> None:
    with line.database.working() as connection:
        names = list(connection.scalars(select(centres.c.name).order_by(centres.c.code)))
    refused: list[str] = []
    for nth, name in enumerate(names):
        try:
            load(line, written(f'id_card,{20_000_000 + nth},"{name}",ready,,,,'))
        except Refused:
            refused.append(name)

    assert refused == []


def test_the_number_of_a_document_is_read_back_with_the_archive_key(
    line: Line, written: Written
) -> None:
    load(line, written(CARD))
    private = Versions.read(KEYS["ARCHIVE_PRIVATE_KEY"]).secrets[0][1]
    with line.database.working() as connection:
        number = connection.execute(
            select(document_numbers, batches.c.sealed_key).join(
                batches, batches.c.id == document_numbers.c.batch_id
            )
        ).one()
    row = document_number_row(number.document_id, number.type)

    assert open_number(number.sealed_key, private, number.sealed, row) == "20123456"


def test_the_phone_of_a_document_is_kept_sealed_to_it(line: Line, written: Written) -> None:
    load(line, written("id_card,20123456,047-01,ready,,0711 000 111,,"))
    (sealed,), (its_id,) = column(line, "phone"), column(line, "id")
    assert isinstance(sealed, bytes)

    assert line.keys.people.open(sealed, f"documents|{its_id}") == "+254711000111"


# All or nothing


def test_one_bad_row_in_three_thousand_loads_no_document(line: Line, written: Written) -> None:
    file = written(*many(2_999), "id_card,20123456,047-01,lost,,,,")
    with pytest.raises(Refused):
        load(line, file)

    assert (count(line, documents), count(line, document_numbers)) == (0, 0)


def test_a_refused_list_leaves_no_batch(line: Line, written: Written) -> None:
    with pytest.raises(Refused):
        load(line, written(*many(2_999), "id_card,20123456,047-01,lost,,,,"))

    assert count(line, batches) == 0


def test_a_refused_list_names_every_bad_row(line: Line, written: Written) -> None:
    bad = "id_card,20123456,047-01,lost,,,,"
    with pytest.raises(Refused) as refused:
        load(line, written(bad, *many(2_998), bad))

    assert [one.line for one in refused.value.refusals] == [2, 3_001]


def test_a_refused_list_tells_nobody(app: Flask, line: Line, written: Written) -> None:
    ready_page(app, "1", "1", "20123456", "2")
    with pytest.raises(Refused):
        load(line, written(CARD, "id_card,20123457,047-01,lost,,,,"))

    assert count(line, outbox) == 0


def test_a_refused_list_is_loaded_once_it_is_put_right(line: Line, written: Written) -> None:
    file = written(CARD, "id_card,20123457,047-01,lost,,,,")
    with pytest.raises(Refused):
        load(line, file)
    file.write_text(file.read_text(encoding="utf-8").replace("lost", "ready"), "utf-8")

    assert told(load(line, file)) == (2, 0, 0, 0)


def test_what_was_loaded_before_stays_where_the_next_list_is_refused(
    line: Line, written: Written
) -> None:
    load(line, written(CARD.replace("ready", "coming")))
    before = everything(line)
    with pytest.raises(Refused):
        load(line, written(CARD, "id_card,20123457,047-01,lost,,,,"), NEXT_DAY)

    assert everything(line) == before


# The same again


def test_the_very_file_is_not_loaded_twice(line: Line, written: Written) -> None:
    file = written(CARD)
    load(line, file)

    with pytest.raises(AlreadyLoaded):
        load(line, file, NEXT_DAY)


def test_the_very_file_changes_nothing_the_second_time(line: Line, written: Written) -> None:
    file = written(CARD)
    load(line, file)
    before = everything(line)
    with pytest.raises(AlreadyLoaded):
        load(line, file, NEXT_DAY)

    assert (everything(line), count(line, batches)) == (before, 1)


def test_the_same_rows_in_another_file_are_as_they_were(line: Line, written: Written) -> None:
    load(line, written(*many(3_000)))

    assert told(load(line, written(*many(3_000)))) == (0, 0, 0, 3_000)


def test_the_same_rows_in_another_file_change_nothing(line: Line, written: Written) -> None:
    load(line, written(CARD))
    before = everything(line)
    load(line, written(CARD))

    assert everything(line) == before


def test_a_row_that_comes_twice_in_a_list_is_one_document(line: Line, written: Written) -> None:
    assert told(load(line, written(CARD, CARD))) == (1, 0, 0, 1)


def test_a_row_that_comes_again_far_behind_is_one_document(
    line: Line, written: Written
) -> None:
    load(line, written(CARD, *many(4_000), CARD))

    assert count(line, documents) == 4_001


def test_one_number_in_two_spellings_is_one_document(line: Line, written: Written) -> None:
    load(line, written(CARD, CARD.replace("20123456", "020-123 456")))

    assert count(line, documents) == 1


def test_the_very_file_is_not_loaded_by_two_at_once(
    open_app: Open, postgres_url: str, redis: RedisServer, written: Written
) -> None:
    line = line_of(open_app(postgres_url, redis.url))
    file = written(CARD)
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    with ThreadPoolExecutor(1) as thread:
        with line.database.working() as connection:
            Import(connection, line.keys, DAY, Origin(digest=digest))
            other = thread.submit(load_file, line, file, DAY)
            wait_for_a_lock(line)

        with pytest.raises(AlreadyLoaded):
            other.result()


def wait_for_a_lock(line: Line) -> None:
    """Wait until somebody waits for an import to end."""
    waiting = text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with line.database.working() as connection:
            if connection.execute(waiting).first():
                return
        time.sleep(0.02)


# What a later list changes


def test_the_same_rows_on_a_later_day_are_confirmed(line: Line, written: Written) -> None:
    load(line, written(CARD), DAY)

    assert told(load(line, written(CARD), NEXT_DAY)) == (0, 0, 1, 0)


def test_a_later_day_moves_the_day_of_confirming(line: Line, written: Written) -> None:
    load(line, written(CARD), DAY)
    load(line, written(CARD), NEXT_DAY)

    assert column(line, "confirmed_on") == [NEXT_DAY]


def test_every_row_of_a_long_list_is_confirmed(line: Line, written: Written) -> None:
    load(line, written(*many(3_000)), DAY)
    load(line, written(*many(3_000)), NEXT_DAY)

    assert set(column(line, "confirmed_on")) == {NEXT_DAY}


def test_an_earlier_day_does_not_move_the_day_of_confirming(
    line: Line, written: Written
) -> None:
    load(line, written(CARD), NEXT_DAY)
    load(line, written(CARD), DAY)

    assert column(line, "confirmed_on") == [NEXT_DAY]


def test_what_a_later_list_leaves_out_stays(line: Line, written: Written) -> None:
    load(line, written(CARD), DAY)
    load(line, written(*many(3)), NEXT_DAY)

    assert column(line, "confirmed_on")[0] == DAY


def test_what_was_coming_becomes_ready(line: Line, written: Written) -> None:
    load(line, written(CARD.replace("ready", "coming")))
    outcome = load(line, written(CARD), NEXT_DAY)

    assert (told(outcome), column(line, "state")) == ((0, 1, 0, 0), ["ready"])


def test_what_became_ready_is_confirmed_on_that_day(line: Line, written: Written) -> None:
    load(line, written(CARD.replace("ready", "coming")))
    load(line, written(CARD), NEXT_DAY)

    assert column(line, "confirmed_on") == [NEXT_DAY]


def test_what_became_ready_keeps_the_day_it_was_received(line: Line, written: Written) -> None:
    load(line, written("id_card,20123456,047-01,coming,,,,"))
    load(line, written("id_card,20123456,047-01,ready,2026-09-28,,,"), NEXT_DAY)

    assert column(line, "received_on") == [date(2026, 9, 28)]


def test_coming_and_then_ready_in_one_list_is_ready(line: Line, written: Written) -> None:
    load(line, written(CARD.replace("ready", "coming"), CARD))

    assert column(line, "state") == ["ready"]


def test_what_is_ready_is_not_coming_again(line: Line, written: Written) -> None:
    load(line, written(CARD))
    before = everything(line)
    load(line, written(CARD.replace("ready", "coming")), NEXT_DAY)

    assert everything(line) == before


@pytest.mark.parametrize("state", ["collected", "returned"])
@pytest.mark.parametrize("later", ["coming", "ready"])
def test_what_has_gone_stays_gone(line: Line, written: Written, state: str, later: str) -> None:
    load(line, written(CARD.replace("ready", state)))
    load(line, written(CARD.replace("ready", later)), NEXT_DAY)

    assert column(line, "state") == [state]


def test_a_card_made_anew_after_the_first_was_collected_is_another_document(
    line: Line, written: Written
) -> None:
    load(line, written("id_card,20123456,047-01,collected,2026-01-05,,,"))
    load(line, written("id_card,20123456,047-01,ready,2026-09-28,,,"), NEXT_DAY)

    assert column(line, "state") == ["collected", "ready"]


def test_a_card_made_anew_is_another_document_where_the_first_was_coming_once(
    line: Line, written: Written
) -> None:
    load(line, written("id_card,20123456,047-01,coming,,,,"))
    load(line, written("id_card,20123456,047-01,ready,2026-01-05,,,"))
    load(line, written("id_card,20123456,047-01,collected,2026-01-05,,,"))
    load(line, written("id_card,20123456,047-01,ready,2026-09-28,,,"), NEXT_DAY)

    assert column(line, "state") == ["collected", "ready"]


def test_a_waiting_card_that_a_later_list_adds_finds_the_card(
    app: Flask, line: Line, written: Written
) -> None:
    load(line, written("id_card,20123456,047-01,ready,,,,"))
    load(line, written("id_card,20123456,047-01,ready,,,301234567,"), NEXT_DAY)

    assert "is READY" in ready_page(app, "1", "1", "301234567")


def test_a_later_list_that_adds_a_number_confirms_the_document(
    line: Line, written: Written
) -> None:
    load(line, written("id_card,20123456,047-01,ready,,,,"), DAY)
    load(line, written("id_card,20123456,047-01,ready,,,301234567,"), NEXT_DAY)

    assert column(line, "confirmed_on") == [NEXT_DAY]


def test_a_row_that_changed_a_document_changes_it_once(line: Line, written: Written) -> None:
    row = "id_card,20123456,047-01,{},,,301234567,"
    load(line, written(row.format("coming")))

    again = written(row.format("ready"), row.format("ready"))

    assert told(load(line, again)) == (0, 1, 0, 1)


def test_a_row_that_confirmed_a_document_confirms_it_once(line: Line, written: Written) -> None:
    row = "id_card,20123456,047-01,ready,,,301234567,"
    load(line, written(row), DAY)

    assert told(load(line, written(row, row), NEXT_DAY)) == (0, 0, 1, 1)


def test_a_birth_entry_at_two_centres_is_two_documents(line: Line, written: Written) -> None:
    load(
        line,
        written(
            "birth_certificate,123/2004,042-01,ready,,,,",
            "birth_certificate,123/2004,001-01,ready,,,,",
        ),
    )

    assert column(line, "centre_code") == ["042-01", "001-01"]


def test_two_kinds_under_one_number_are_two_documents(line: Line, written: Written) -> None:
    load(line, written(CARD, CARD.replace("id_card", "driving_licence")))

    assert column(line, "kind") == ["id_card", "driving_licence"]


# Those who wait


def test_a_subscription_meets_an_imported_document(
    app: Flask, line: Line, written: Written
) -> None:
    ready_page(app, "1", "1", "20123456", "2")
    load(line, written(CARD))

    assert [body[:23] for body in inbox(line)] == ["Your ID ..456 is READY "]


def test_an_import_says_how_many_it_told(app: Flask, line: Line, written: Written) -> None:
    ready_page(app, "1", "1", "20123456", "2")

    assert load_file(line, written(CARD), DAY).told == 1


def test_a_subscription_meets_a_document_that_was_coming(
    app: Flask, line: Line, written: Written
) -> None:
    load(line, written(CARD.replace("ready", "coming")))
    ready_page(app, "1", "1", "20123456", "2")
    load(line, written(CARD), NEXT_DAY)

    assert len(inbox(line)) == 1


def test_a_subscription_is_met_once(app: Flask, line: Line, written: Written) -> None:
    ready_page(app, "1", "1", "20123456", "2")
    load(line, written(CARD))
    load(line, written(CARD), NEXT_DAY)

    assert len(inbox(line)) == 1


def test_a_subscription_to_a_waiting_card_meets_the_card(
    app: Flask, line: Line, written: Written
) -> None:
    ready_page(app, "1", "1", "301234567", "2")
    load(line, written("id_card,20123456,047-01,ready,,,301234567,"))

    assert len(inbox(line)) == 1


def test_a_subscription_to_a_waiting_card_that_a_later_list_adds_meets_the_card(
    app: Flask, line: Line, written: Written
) -> None:
    load(line, written("id_card,20123456,047-01,ready,,,,"))
    ready_page(app, "1", "1", "301234567", "2")
    load(line, written("id_card,20123456,047-01,ready,,,301234567,"), NEXT_DAY)

    assert len(inbox(line)) == 1


def test_a_subscription_does_not_meet_what_is_only_coming(
    app: Flask, line: Line, written: Written
) -> None:
    ready_page(app, "1", "1", "20123456", "2")
    load(line, written(CARD.replace("ready", "coming")))

    assert inbox(line) == []


def test_a_subscription_does_not_meet_another_kind(
    app: Flask, line: Line, written: Written
) -> None:
    ready_page(app, "1", "3", "20123456", "2")
    load(line, written(CARD))

    assert inbox(line) == []


def test_a_subscription_is_kept_by_the_phone_that_made_it(app: Flask, line: Line) -> None:
    ready_page(app, "1", "1", "20123456", "2")
    with line.database.working() as connection:
        kept = [bytes(one) for one in connection.scalars(select(subscriptions.c.phone_hmac))]

    assert kept == [line.keys.phone_hmac(PHONE)]


# The command


def imported(app: Flask, file: Path) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["documents", "import", str(file)])
    return result.exit_code, result.output


def test_the_command_reports_what_it_loaded(app: Flask, written: Written) -> None:
    code, output = imported(app, written(CARD, CARD))

    assert code == 0
    assert output.splitlines()[-1] == (
        "2 rows: 1 new, 0 changed, 0 confirmed, 1 as they were;"
        " 0 texts to those who asked to be told"
    )


def test_the_command_reports_every_fault(app: Flask, written: Written) -> None:
    _, output = imported(app, written(CARD, CARD.replace("ready", "lost"), "id_card"))

    assert "line 3: state: not one of: coming, ready, collected, returned\n" in output
    assert "line 4: row: 1 cells, where the header has 8\n" in output
    assert "2 faults: nothing was loaded." in output


def test_the_command_fails_where_a_list_is_refused(app: Flask, written: Written) -> None:
    code, _ = imported(app, written(CARD.replace("ready", "lost")))

    assert code == 1


def test_the_command_loads_nothing_where_a_list_is_refused(
    app: Flask, line: Line, written: Written
) -> None:
    imported(app, written(CARD, CARD.replace("ready", "lost")))

    assert count(line, documents) == 0


def test_the_commands_report_holds_no_number(app: Flask, written: Written) -> None:
    _, output = imported(app, written(CARD, CARD.replace("ready", "lost")))

    assert "20123456" not in output


def test_the_command_says_that_a_file_was_loaded_before(app: Flask, written: Written) -> None:
    file = written(CARD)
    imported(app, file)

    assert imported(app, file) == (0, "This very file was loaded before: nothing to change.\n")


def test_the_command_refuses_a_file_that_is_not_there(app: Flask, tmp_path: Path) -> None:
    code, _ = imported(app, tmp_path / "none.csv")

    assert code == 2
