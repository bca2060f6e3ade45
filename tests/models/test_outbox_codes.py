"""Facts about the code that a notice carries, by which a caller proves that 1919 sent it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from menus import answers
from menus.line import Line
from menus.words import Words
from models.base import in_utc
from models.documents import Found
from models.numbers import NumberType
from models.outbox import Delivery, notice_code, outbox, queue, sent_with_code
from models.subscriptions import subscribe
from tests.conftest import Open, line_of
from tests.servers import RedisServer
from tests.world import put

PHONE, OTHER = "+254711000111", "+254711000222"
CODE = "54321"


@pytest.fixture
def line(open_app: Open, database_url: str, redis: RedisServer) -> Line:
    """A line on each database in turn."""
    return line_of(open_app(database_url, redis.url))


def put_in(line: Line, code: str = CODE, cause: str = "one", phone: str = PHONE) -> None:
    with line.database.working() as connection:
        queue(connection, line.keys, cause, phone, "Habari", code)


def become(line: Line, state: Delivery) -> None:
    with line.database.working() as connection:
        connection.execute(update(outbox).values(state=state))


def sent(line: Line, code: str = CODE, phone: str = PHONE) -> datetime | None:
    with line.database.working() as connection:
        return sent_with_code(connection, [line.keys.phone_hmac(phone)], code)


@pytest.fixture
def sent_one(line: Line) -> Line:
    """A line that sent one message with CODE to PHONE."""
    put_in(line)
    become(line, Delivery.SENT)
    return line


@pytest.mark.parametrize("state", ["submitting", "sent", "delivered", "unknown"])
def test_what_was_handed_over_was_sent(line: Line, state: str) -> None:
    put_in(line)
    become(line, Delivery(state))

    assert sent(line) is not None


@pytest.mark.parametrize("state", ["queued", "failed"])
def test_what_was_not_handed_over_was_not_sent(line: Line, state: str) -> None:
    put_in(line)
    become(line, Delivery(state))

    assert sent(line) is None


def test_a_message_tells_when_it_was_queued(sent_one: Line) -> None:
    with sent_one.database.working() as connection:
        made_at = connection.scalars(select(outbox.c.made_at)).one()

    assert sent(sent_one) == in_utc(made_at)


def test_the_moment_is_told_with_its_zone(sent_one: Line) -> None:
    moment = sent(sent_one)

    assert moment
    assert timedelta(0) <= datetime.now(UTC) - moment < timedelta(minutes=1)


def test_of_two_messages_with_one_code_the_later_is_told(sent_one: Line) -> None:
    with sent_one.database.working() as connection:
        connection.execute(update(outbox).values(made_at=datetime(2026, 1, 2, tzinfo=UTC)))
    put_in(sent_one, cause="two")
    become(sent_one, Delivery.SENT)
    moment = sent(sent_one)

    assert moment
    assert moment > datetime(2026, 1, 2, tzinfo=UTC)


def test_a_code_sent_to_another_phone_was_not_sent_to_this(sent_one: Line) -> None:
    assert sent(sent_one, phone=OTHER) is None


@pytest.mark.parametrize("code", ["12345", "", "5432", "543210", "54321'", "%"])
def test_another_code_was_not_sent(sent_one: Line, code: str) -> None:
    assert sent(sent_one, code) is None


def test_a_message_without_a_code_answers_to_none(line: Line) -> None:
    put_in(line, code="")
    become(line, Delivery.SENT)

    assert sent(line, "") is None


def test_a_code_is_five_digits_and_begins_with_no_nought(line: Line) -> None:
    codes = [notice_code(line.keys, f"ready|{nth}", PHONE) for nth in range(500)]

    assert [one for one in codes if not re.fullmatch(r"[1-9][0-9]{4}", one)] == []


def test_a_cause_has_one_code(line: Line) -> None:
    assert notice_code(line.keys, "one", PHONE) == notice_code(line.keys, "one", PHONE)


def test_codes_differ_by_cause(line: Line) -> None:
    assert len({notice_code(line.keys, f"ready|{nth}", PHONE) for nth in range(500)}) > 490


def test_codes_differ_by_phone(line: Line) -> None:
    assert notice_code(line.keys, "one", PHONE) != notice_code(line.keys, "one", OTHER)


def told(line: Line) -> str:
    """Subscribe, load the document, and give the code of the notice."""
    hmacs = line.keys.number_hmacs(NumberType.NATIONAL_ID, "12345678")
    with line.database.working() as connection:
        subscribe(connection, line.keys, PHONE, b"s" * 32, "", "en", hmacs)
    put(line, "id_card", "12345678", "ready")
    with line.database.working() as connection:
        row = connection.execute(select(outbox)).one()
    assert row.code == notice_code(line.keys, row.cause, PHONE)
    return str(row.code)


def test_a_notice_has_its_code(line: Line) -> None:
    assert re.fullmatch(r"[1-9][0-9]{4}", told(line))


def test_a_notice_is_written_with_the_code_it_is_queued_with(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def note(_words: Words, _number: str, _found: Found, code: str) -> str:
        written.append(code)
        return f"Ref {code}"

    monkeypatch.setattr(answers, "notice", note)

    assert [told(line)] == written


def test_a_sent_notice_is_known_by_its_code(line: Line) -> None:
    code = told(line)
    become(line, Delivery.SENT)

    assert sent(line, code) is not None
