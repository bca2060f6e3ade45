"""Facts about finding a document by a number."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from menus.line import Line
from models import callers
from models.documents import Found, State, counts, find, holds_demonstration, holds_real
from models.keys import Keys, Versions, fresh_keys
from models.matching import Row
from models.numbers import Kind, NumberType
from tests.conftest import Open, line_of
from tests.servers import RedisServer
from tests.world import load_rows, put

PHONE = "+254711000111"
ID, CARD = NumberType.NATIONAL_ID, NumberType.WAITING_CARD
ENTRY, CERTIFICATE = NumberType.BIRTH_ENTRY, NumberType.BIRTH_CERTIFICATE
RECEIPT = NumberType.RECEIPT


@pytest.fixture
def line(open_app: Open, database_url: str, redis: RedisServer) -> Line:
    """A line on each database in turn."""
    return line_of(open_app(database_url, redis.url))


def look_up(
    line: Line, *numbers: tuple[NumberType, str], kinds: tuple[Kind, ...] = tuple(Kind)
) -> list[Found]:
    """Find what bears any of the numbers."""
    return ask(line, *numbers, kinds=kinds)[0]


def ask(
    line: Line, *numbers: tuple[NumberType, str], kinds: tuple[Kind, ...] = tuple(Kind)
) -> tuple[list[Found], str | None]:
    hmacs = [line.keys.number_hmac(*number) for number in numbers]
    with line.database.reading() as connection:
        return find(connection, hmacs, kinds, line.keys.phone_hmac(PHONE))


def speak(line: Line, phone: str, language: str) -> None:
    with line.database.working() as connection:
        callers.choose_language(connection, line.keys.phone_hmac(phone), b"sealed", language)


@contextmanager
def counting(line: Line) -> Iterator[list[str]]:
    """Note every statement of a hop."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(line.database.engines[0], "before_cursor_execute", note)
    yield statements
    event.remove(line.database.engines[0], "before_cursor_execute", note)


def test_a_card_is_found_by_its_national_id(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")

    assert [one.kind for one in look_up(line, (ID, "20123456"))] == [Kind.ID_CARD]


def test_a_card_is_found_by_its_waiting_card(line: Line) -> None:
    put(line, "id_card", "20123456", "ready", waiting_card="301234567")

    assert [one.kind for one in look_up(line, (CARD, "301234567"))] == [Kind.ID_CARD]


def test_a_card_is_found_by_a_waiting_card_that_begins_with_nought(line: Line) -> None:
    put(line, "id_card", "20123456", "ready", waiting_card="001234567")

    assert [one.kind for one in look_up(line, (CARD, "001234567"))] == [Kind.ID_CARD]


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("id_card", "20123456"),
        ("birth_certificate", "1234567890"),
        ("driving_licence", "20123456"),
    ],
)
def test_a_document_is_found_by_its_receipt(line: Line, kind: str, number: str) -> None:
    put(line, kind, number, "ready", receipt="KRA1234")

    assert [one.kind for one in look_up(line, (RECEIPT, "KRA1234"))] == [kind]


def test_a_certificate_is_found_by_its_birth_entry(line: Line) -> None:
    put(line, "birth_certificate", "123/2004", "ready")

    assert [one.kind for one in look_up(line, (ENTRY, "123/2004"))] == [Kind.BIRTH_CERTIFICATE]


def test_an_unknown_number_finds_nothing(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")

    assert look_up(line, (ID, "20123457")) == []


def test_no_number_finds_nothing(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")

    assert look_up(line) == []


@pytest.mark.parametrize("other", [one for one in NumberType if one is not ENTRY])
def test_a_birth_entry_never_answers_for_another_type(line: Line, other: NumberType) -> None:
    put(line, "birth_certificate", "123456789", "ready")

    assert look_up(line, (other, "123456789")) == []


@pytest.mark.parametrize("other", [one for one in NumberType if one is not ID])
def test_a_national_id_never_answers_for_another_type(line: Line, other: NumberType) -> None:
    put(line, "id_card", "123456789", "ready")

    assert look_up(line, (other, "123456789")) == []


def test_a_kind_that_was_not_asked_for_is_not_found(line: Line) -> None:
    put(line, "driving_licence", "20123456", "ready")

    assert look_up(line, (ID, "20123456"), kinds=(Kind.ID_CARD,)) == []


@pytest.mark.parametrize("state", ["collected", "returned"])
def test_what_is_no_longer_there_is_not_shown(line: Line, state: str) -> None:
    put(line, "id_card", "20123456", state)

    assert look_up(line, (ID, "20123456")) == []


def test_what_was_collected_is_not_shown_beside_what_is_ready(line: Line) -> None:
    put(line, "id_card", "20123456", "collected")
    put(line, "driving_licence", "20123456", "ready")

    assert [one.kind for one in look_up(line, (ID, "20123456"))] == [Kind.DRIVING_LICENCE]


def test_two_kinds_under_one_number_are_both_found(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")
    put(line, "driving_licence", "20123456", "ready")

    assert {one.kind for one in look_up(line, (ID, "20123456"))} == {
        Kind.ID_CARD,
        Kind.DRIVING_LICENCE,
    }


def test_one_kind_of_two_is_found_alone(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")
    put(line, "driving_licence", "20123456", "ready")
    found = look_up(line, (ID, "20123456"), kinds=(Kind.DRIVING_LICENCE,))

    assert [one.kind for one in found] == [Kind.DRIVING_LICENCE]


def test_what_is_ready_comes_before_what_is_coming(line: Line) -> None:
    put(line, "id_card", "20123456", "coming", confirmed=date(2026, 9, 30))
    put(line, "driving_licence", "20123456", "ready", confirmed=date(2026, 1, 2))

    assert [one.ready for one in look_up(line, (ID, "20123456"))] == [True, False]


def test_what_was_confirmed_later_comes_first(line: Line) -> None:
    put(line, "birth_certificate", "123456789", "ready", "001-01", date(2026, 1, 2))
    put(line, "birth_certificate", "123456789", "ready", "042-01", date(2026, 9, 30))

    found = look_up(line, (ENTRY, "123456789"))

    assert [one.centre.code for one in found] == ["042-01", "001-01"]


def test_what_is_found_tells_its_centre(line: Line) -> None:
    put(line, "id_card", "20123456", "ready", "022-01")
    (found,) = look_up(line, (ID, "20123456"))

    assert (found.centre.short_name, found.centre.county) == ("Thika", "Kiambu")


def test_what_is_found_tells_when_it_was_confirmed(line: Line) -> None:
    put(line, "id_card", "20123456", "ready", confirmed=date(2026, 9, 29))
    (found,) = look_up(line, (ID, "20123456"))

    assert found.confirmed_on == date(2026, 9, 29)


def test_a_document_asked_for_by_several_of_its_numbers_is_found_once(line: Line) -> None:
    put(line, "id_card", "20123456", "ready", waiting_card="301234567", receipt="KRA1234")
    found = look_up(line, (ID, "20123456"), (CARD, "301234567"), (RECEIPT, "KRA1234"))

    assert len(found) == 1


def test_the_language_comes_with_what_is_found(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")
    speak(line, PHONE, "sw")

    assert ask(line, (ID, "20123456"))[1] == "sw"


def test_the_language_comes_where_nothing_is_found(line: Line) -> None:
    speak(line, PHONE, "sw")

    assert ask(line, (ID, "20123456"))[1] == "sw"


def test_a_caller_who_chose_no_language_has_none(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")

    assert ask(line, (ID, "20123456"))[1] is None


def test_another_callers_language_is_not_ours(line: Line) -> None:
    speak(line, "+254711000112", "sw")

    assert ask(line, (ID, "20123456"))[1] is None


def test_a_look_up_is_one_statement(line: Line) -> None:
    put(line, "id_card", "20123456", "ready", waiting_card="301234567")
    speak(line, PHONE, "sw")
    with counting(line) as statements:
        ask(line, (ID, "20123456"), (CARD, "301234567"), (RECEIPT, "20123456"))

    assert len(statements) == 1


def test_a_document_loaded_under_an_older_key_is_found_after_rotation(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")
    old, new = line.keys.lookup.secrets[0], (2, bytes(range(32)))
    rotated = Keys(Versions((new, old)), line.keys.phone, line.keys.archive_public)
    hmacs = rotated.number_hmacs(ID, "20123456")
    with line.database.reading() as connection:
        found, _ = find(connection, hmacs, Kind, rotated.phone_hmac(PHONE))

    assert len(found) == 1


def test_another_lines_keys_find_nothing(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")
    other = Versions.read(fresh_keys()["LOOKUP_KEY"])
    stranger = Keys(other, line.keys.phone, line.keys.archive_public)
    with line.database.reading() as connection:
        found, _ = find(connection, stranger.number_hmacs(ID, "20123456"), Kind, b"p" * 32)

    assert found == []


def test_documents_are_counted_by_kind_and_state(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")
    put(line, "id_card", "20123457", "ready")
    put(line, "birth_certificate", "123456789", "coming")
    with line.database.reading() as connection:
        counted = counts(connection)

    assert counted == {
        (Kind.ID_CARD, State.READY): 2,
        (Kind.BIRTH_CERTIFICATE, State.COMING): 1,
    }


def test_a_centres_own_documents_are_real(line: Line) -> None:
    load_rows(line, [Row(Kind.ID_CARD, State.READY, "047-01", None, {ID: "20123456"})])
    with line.database.reading() as connection:
        assert holds_real(connection)


def test_a_centres_own_documents_are_no_demonstration(line: Line) -> None:
    put(line, "id_card", "20123456", "ready")
    with line.database.reading() as connection:
        assert not holds_demonstration(connection)


def test_an_empty_line_holds_neither_real_documents_nor_a_demonstration(line: Line) -> None:
    with line.database.reading() as connection:
        held = holds_real(connection), holds_demonstration(connection)

    assert held == (False, False)
