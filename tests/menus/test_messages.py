"""Is a message real? A notice carries a code, which is keyed where it is asked for."""

import re
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import update

from menus.line import Line
from models.outbox import Delivery, outbox
from models.spending import Limits
from sms.sender import Office
from tests.caller import Caller
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.sms.gateway import Answer, Gateway, answering, recipient
from tests.world import notify, put

PHONE, OTHER = "+254711000111", "+254711000222"
REF = re.compile(r" Ref ([1-9][0-9]{4})\.$")


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    return open_app(database_url, redis.url)


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


def subscribed_and_ready(app: Flask, number: str = "23456789", phone: str = PHONE) -> str:
    """Let a phone wait for a document that becomes ready; give the code of its notice."""
    line = line_of(app)
    put(line, "id_card", number, "coming", "022-01")
    page = Caller(app.test_client(), phone).keys("1", "1", number, "2")
    assert page.startswith("CON We will text you when it is ready.")
    put(line, "id_card", number, "ready", "022-01")
    code = REF.search(inbox(line, phone)[-1])
    assert code
    return code[1]


def send_some(line: Line, gateway: Gateway) -> int:
    """Send all that is due at noon, when notices go out; give how much was handed over."""
    noon = datetime.now(ZoneInfo("Africa/Nairobi")).replace(hour=12)
    office = Office(replace(line, clock=lambda: noon), [gateway.sender()], Limits())
    try:
        return office.empty()
    finally:
        office.close()


def ask(app: Flask, code: str, phone: str = PHONE) -> str:
    return Caller(app.test_client(), phone).keys("5", "3", code)


def today(line: Line) -> str:
    return line.languages["en"].date(line.country.day(datetime.now(ZoneInfo("UTC"))))


def test_a_notice_of_an_import_carries_a_code(app: Flask, line: Line) -> None:
    code = subscribed_and_ready(app)
    (notice,) = inbox(line)

    assert notice.startswith("Your ID ..789 is READY at ")
    assert notice.endswith(f" Ref {code}.")


def test_a_notice_that_was_sent_is_real(app: Flask, line: Line, gateway: Gateway) -> None:
    code = subscribed_and_ready(app)
    assert send_some(line, gateway) == 1

    assert [REF.findall(post.message) for post in gateway.posts] == [[code]]
    assert ask(app, code).startswith(
        f"CON Yes. 1919 sent you the message with Ref {code} on {today(line)}.\n"
    )


def test_a_notice_that_was_sent_is_real_in_swahili_too(
    app: Flask, line: Line, gateway: Gateway
) -> None:
    code = subscribed_and_ready(app)
    send_some(line, gateway)
    page = Caller(app.test_client()).keys("8", "5", "3", code)

    assert page.startswith("CON Ndio. ")
    assert code in page


@pytest.mark.parametrize("typed", [" {} ", "{}#", "{0[0]} {0[1]}{0[2]} {0[3]}{0[4]}"])
def test_a_code_is_read_however_it_is_typed(
    typed: str, app: Flask, line: Line, gateway: Gateway
) -> None:
    code = subscribed_and_ready(app)
    send_some(line, gateway)

    assert ask(app, typed.format(code)).startswith("CON Yes.")


def test_another_phones_notice_is_not_real_for_anybody_else(
    app: Flask, line: Line, gateway: Gateway
) -> None:
    code = subscribed_and_ready(app)
    send_some(line, gateway)
    page = ask(app, code, OTHER)

    assert page.startswith(f"CON No. 1919 sent this phone no message with Ref {code}.")
    assert "Do not pay" in page


def test_a_notice_that_is_queued_and_not_sent_is_not_real_yet(app: Flask, line: Line) -> None:
    code = subscribed_and_ready(app)

    assert ask(app, code).startswith(
        f"CON No. 1919 sent this phone no message with Ref {code}."
    )


def test_a_notice_that_the_gateway_refused_is_not_real(
    app: Flask, line: Line, gateway: Gateway
) -> None:
    code = subscribed_and_ready(app)
    gateway.answer(Answer(answering(recipient(PHONE, 403, status="InvalidPhoneNumber"))))
    send_some(line, gateway)

    assert ask(app, code).startswith("CON No.")


@pytest.mark.parametrize(
    ("state", "real"),
    [
        (Delivery.QUEUED, False),
        (Delivery.SUBMITTING, True),
        (Delivery.SENT, True),
        (Delivery.DELIVERED, True),
        (Delivery.UNKNOWN, True),
        (Delivery.FAILED, False),
    ],
)
def test_a_notice_is_real_once_it_may_have_reached_the_phone(
    state: Delivery, real: bool, app: Flask, line: Line
) -> None:
    notify(line, "48213", "2026-10-01")
    with line.database.working() as connection:
        connection.execute(update(outbox).values(state=state))

    assert ask(app, "48213").startswith("CON Yes." if real else "CON No.")


def test_the_day_is_the_one_on_which_the_notice_was_made_there(app: Flask, line: Line) -> None:
    notify(line, "48213", "2026-10-01")
    with line.database.working() as connection:
        evening = datetime(2026, 10, 1, 23, 30, tzinfo=ZoneInfo("UTC"))  # past midnight there
        connection.execute(update(outbox).values(made_at=evening))

    assert "Ref 48213 on 2 Oct 2026." in ask(app, "48213")


def test_of_two_notices_with_one_code_the_later_day_is_told(app: Flask, line: Line) -> None:
    notify(line, "48213", "2026-10-01")
    with line.database.working() as connection:
        connection.execute(update(outbox).values(cause="test|earlier"))
    notify(line, "48213", "2026-10-03")

    assert "on 3 Oct 2026." in ask(app, "48213")


def test_two_notices_of_one_phone_have_two_codes(app: Flask, line: Line) -> None:
    codes = {subscribed_and_ready(app, number) for number in ("23456789", "23456788")}

    assert len(codes) == 2


def test_one_document_has_other_codes_for_other_phones(app: Flask, line: Line) -> None:
    put(line, "id_card", "23456789", "coming")
    for phone in (PHONE, OTHER):
        Caller(app.test_client(), phone).keys("1", "1", "23456789", "2")
    put(line, "id_card", "23456789", "ready")
    codes = [REF.findall(inbox(line, phone)[0]) for phone in (PHONE, OTHER)]

    assert codes[0] != codes[1]


def test_an_answer_that_was_asked_for_carries_no_code(app: Flask, line: Line) -> None:
    put(line, "id_card", "12345678", "ready")
    Caller(app.test_client()).keys("1", "1", "12345678", "1")
    (text,) = inbox(line)

    assert "Ref" not in text


@pytest.mark.parametrize("typed", ["1234", "123456", "abcde", "12 34", "1234a", "Ref 48213"])
def test_what_is_no_code_is_asked_for_again(typed: str, app: Flask, line: Line) -> None:
    notify(line, "48213", "2026-10-01")

    assert ask(app, typed).startswith("CON The code has 5 digits, after the word Ref.")


def test_three_slips_show_where_help_is(app: Flask) -> None:
    page = Caller(app.test_client()).keys("5", "3", "1", "2", "3")

    assert page.startswith("CON Call 1919")


def test_asking_whether_a_message_is_real_takes_nothing_of_the_budget(app: Flask) -> None:
    for number in range(10):
        ask(app, str(48_000 + number))

    assert Caller(app.test_client()).dial("12345678").startswith("CON No document found")


def test_a_code_is_asked_by_direct_dial(app: Flask, line: Line) -> None:
    notify(line, "48213", "2026-10-01")

    assert Caller(app.test_client()).dial("5", "3", "48213").startswith("CON Yes.")
