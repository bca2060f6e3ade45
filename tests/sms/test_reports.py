"""Delivery reports and opt-outs as gateways bring them: kept, acknowledged, brought again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from menus.line import Line
from models.callers import callers
from models.outbox import Delivery, outbox, queue
from models.reported import stray_reports
from sms.webhook import LARGEST
from tests.caller import PHONE, TOKEN, text
from tests.conftest import Open, line_of
from tests.parking import lose_spools, wait_until_taken, waiting
from tests.servers import PostgresServer, RedisServer

PAYLOADS = Path(__file__).parents[1] / "payloads"
CAPTURED = "ATXid_8c7541e938f63538f971f946dd25b54e"
AT, KANNEL = f"/sms/africastalking/{TOKEN}", f"/sms/kannel/{TOKEN}"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def any_line(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on each database."""
    return open_app(database_url, redis.url)


@pytest.fixture
def frozen(
    open_app: Open, postgres: PostgresServer, postgres_url: str, redis: RedisServer
) -> Iterator[FlaskClient]:
    """A line whose database does not answer."""
    app = open_app(postgres_url, redis.url)
    with postgres.frozen():
        yield app.test_client()


def put_sent(line: Line, gateway_id: str = CAPTURED, gateway: str = "africastalking") -> None:
    """Have a message that a gateway took."""
    with line.database.working() as connection:
        queue(connection, line.keys, gateway_id, PHONE, "Habari")
        connection.execute(
            update(outbox)
            .where(outbox.c.cause == gateway_id)
            .values(state=Delivery.SENT, gateway=gateway, gateway_id=gateway_id)
        )


def state(line: Line) -> tuple[str, str | None]:
    with line.database.working() as connection:
        row = connection.execute(select(outbox).order_by(outbox.c.id)).first()
    assert row is not None
    return row.state, row.reason


def count(line: Line, table: Any) -> int:
    with line.database.working() as connection:
        return connection.scalars(select(func.count()).select_from(table)).one()


def stopped(line: Line) -> int:
    with line.database.working() as connection:
        query = select(func.count()).where(callers.c.stopped_at.is_not(None))
        return connection.scalars(query).one()


def post(client: FlaskClient, path: str, body: bytes | str) -> tuple[int, bytes]:
    answer = client.post(AT + path, data=body, content_type=FORM)
    return answer.status_code, answer.get_data()


def report(client: FlaskClient, status: str, **fields: str) -> int:
    form = {"id": CAPTURED, "phoneNumber": PHONE, "status": status, **fields}
    return client.post(f"{AT}/reports", data=form).status_code


# reports


def test_the_captured_report_fails_its_message(any_line: Flask) -> None:
    line = line_of(any_line)
    put_sent(line)
    body = (PAYLOADS / "cap_dlr_failed_2020.txt").read_bytes()

    assert post(any_line.test_client(), "/reports", body) == (200, b"")
    assert state(line) == (Delivery.FAILED, "DeliveryFailure")


def test_a_report_of_success_delivers_its_message(any_line: Flask) -> None:
    line = line_of(any_line)
    put_sent(line, "ATXid_0123456789abcdef0123456789abcdef")
    body = (PAYLOADS / "con_dlr_success.txt").read_bytes()

    assert post(any_line.test_client(), "/reports", body) == (200, b"")
    assert state(line)[0] == Delivery.DELIVERED


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("Sent", Delivery.SENT),
        ("Submitted", Delivery.SENT),
        ("Buffered", Delivery.SENT),
        ("Success", Delivery.DELIVERED),
        ("Failed", Delivery.FAILED),
        ("Rejected", Delivery.FAILED),
        ("Expired", Delivery.FAILED),
        ("AbsentSubscriber", Delivery.FAILED),
        ("SomethingNew", Delivery.SENT),
        ("", Delivery.SENT),
        ("\0", Delivery.SENT),
    ],
)
def test_every_status_gets_200_and_moves_the_message_on(
    client: FlaskClient, line: Line, status: str, becomes: Delivery
) -> None:
    put_sent(line)

    assert report(client, status) == 200
    assert state(line)[0] == becomes


@pytest.mark.parametrize(
    "reason",
    [
        "InsufficientCredit",
        "InvalidLinkId",
        "UserIsInactive",
        "UserInBlackList",
        "UserAccountSuspended",
        "NotNetworkSubcriber",
        "NotNetworkSubscriber",
        "UserNotSubscribedToProduct",
        "UserDoesNotExist",
        "DeliveryFailure",
        "DoNotDisturbRejection",
        "SomethingNew",
        "",
    ],
)
@pytest.mark.parametrize("status", ["Failed", "Rejected"])
def test_every_reason_gets_200_and_fails_the_message(
    client: FlaskClient, line: Line, status: str, reason: str
) -> None:
    put_sent(line)

    assert report(client, status, failureReason=reason) == 200
    assert state(line)[0] == Delivery.FAILED


def test_a_phone_that_was_absent_is_tried_once_more(client: FlaskClient, line: Line) -> None:
    put_sent(line)
    statuses = {report(client, "AbsentSubscriber") for _ in range(3)}

    assert statuses == {200}
    assert count(line, outbox) == 2


def test_a_report_that_comes_again_changes_nothing_more(any_line: Flask) -> None:
    line, client = line_of(any_line), any_line.test_client()
    put_sent(line)
    statuses = [report(client, one) for one in ("Success", "Success", "Sent", "Failed")]

    assert statuses == [200] * 4
    assert state(line)[0] == Delivery.DELIVERED


def test_a_report_of_a_message_that_nobody_knows_is_kept_once(any_line: Flask) -> None:
    line, client = line_of(any_line), any_line.test_client()
    statuses = [report(client, "Success", id="ATXid_nobody") for _ in range(3)]

    assert statuses == [200] * 3
    assert count(line, stray_reports) == 1


@pytest.mark.parametrize("number", ["1", "2", "4", "8", "16", "32", "3", "", "x"])
def test_every_number_that_kannel_reports_gets_200(
    client: FlaskClient, line: Line, number: str
) -> None:
    put_sent(line, "m1", "kannel")
    answer = client.get(f"{KANNEL}/reports", query_string={"id": "m1", "status": number})

    assert (answer.status_code, answer.get_data()) == (200, b"")


@pytest.mark.parametrize(
    ("number", "becomes"), [("1", Delivery.DELIVERED), ("2", Delivery.FAILED)]
)
def test_kannels_reports_move_the_message_on(
    any_line: Flask, number: str, becomes: Delivery
) -> None:
    line = line_of(any_line)
    put_sent(line, "m1", "kannel")
    any_line.test_client().get(f"{KANNEL}/reports?id=m1&status={number}&reason=")

    assert state(line)[0] == becomes


def test_a_report_that_comes_while_the_database_is_away_is_taken_once_it_is_back(
    frozen: FlaskClient, postgres: PostgresServer
) -> None:
    line = line_of(frozen.application)
    statuses = [report(frozen, one) for one in ("Success", "Sent", "Success")]
    waits = waiting(line)
    postgres.thaw()
    wait_until_taken(line)

    assert statuses == [200] * 3
    assert waits == (0, 3)
    assert count(line, stray_reports) == 2


def test_a_report_that_waited_moves_its_message_on(
    frozen: FlaskClient, postgres: PostgresServer
) -> None:
    line = line_of(frozen.application)
    report(frozen, "AbsentSubscriber")
    postgres.thaw()
    put_sent(line)
    wait_until_taken(line)

    assert state(line) == (Delivery.FAILED, "AbsentSubscriber")
    assert count(line, outbox) == 2


@pytest.mark.parametrize("path", ["/reports", "/optouts"])
def test_what_cannot_be_kept_anywhere_is_asked_for_again(
    frozen: FlaskClient, path: str
) -> None:
    lose_spools(frozen.application)

    body = f"id={CAPTURED}&status=Success&phoneNumber=%2B254711000111"
    assert post(frozen, path, body) == (503, b"")


def test_a_report_that_changes_nothing_is_taken_while_the_database_is_away(
    frozen: FlaskClient,
) -> None:
    assert report(frozen, "SomethingNew") == 200


# opt-outs


def test_an_opt_out_stops_what_nobody_asked_for(any_line: Flask) -> None:
    body = (PAYLOADS / "con_optout.txt").read_bytes()
    answers = [post(any_line.test_client(), "/optouts", body) for _ in range(3)]

    assert answers == [(200, b"")] * 3
    assert stopped(line_of(any_line)) == 1


@pytest.mark.parametrize("body", ["", "senderId=1919", "phoneNumber=1919", "phoneNumber=%00"])
def test_an_opt_out_of_nobody_is_taken_and_stops_nobody(
    client: FlaskClient, line: Line, body: str
) -> None:
    assert post(client, "/optouts", body) == (200, b"")
    assert stopped(line) == 0


def test_an_opt_out_that_comes_while_the_database_is_away_stops_once_it_is_back(
    frozen: FlaskClient, postgres: PostgresServer
) -> None:
    line = line_of(frozen.application)
    answer = post(frozen, "/optouts", (PAYLOADS / "con_optout.txt").read_bytes())
    postgres.thaw()
    wait_until_taken(line)

    assert answer == (200, b"")
    assert stopped(line) == 1


def test_kannel_tells_of_no_opt_outs(client: FlaskClient) -> None:
    answer = client.get(f"{KANNEL}/optouts")

    assert (answer.status_code, answer.get_data()) == (404, b"")


# texts


def test_a_text_through_kannel_is_answered_once(any_line: Flask) -> None:
    query = {"id": "4056d7c2", "from": PHONE, "text": "ID 12345678", "at": "1795328975"}
    client = any_line.test_client()
    answers = [client.get(KANNEL, query_string=query) for _ in range(3)]

    assert [(one.status_code, one.get_data()) for one in answers] == [(200, b"")] * 3
    assert count(line_of(any_line), outbox) == 1


def test_a_text_of_40_kib_is_answered(client: FlaskClient, line: Line) -> None:
    assert text(client, "ID 12345678 " + "tafadhali " * 4_000) == 200
    assert count(line, outbox) == 1


# what is turned away


@pytest.mark.parametrize("path", ["", "/reports", "/optouts"])
@pytest.mark.parametrize("gateway", ["africastalking", "kannel"])
@pytest.mark.parametrize("token", ["x" * 32, "t" * 31, "demo", "\u00e9"])
def test_a_wrong_token_finds_nothing(
    client: FlaskClient, gateway: str, token: str, path: str
) -> None:
    for answer in (
        client.get(f"/sms/{gateway}/{token}{path}"),
        client.post(f"/sms/{gateway}/{token}{path}", data={"id": "1"}),
    ):
        assert (answer.status_code, answer.get_data()) == (404, b"")


@pytest.mark.parametrize("path", ["", "/reports", "/optouts"])
def test_a_gateway_that_nobody_knows_finds_nothing(client: FlaskClient, path: str) -> None:
    answer = client.post(f"/sms/nobody/{TOKEN}{path}", data={"id": "1"})

    assert (answer.status_code, answer.get_data()) == (404, b"")


@pytest.mark.parametrize("path", ["", "/reports", "/optouts"])
def test_more_than_64_kib_is_refused(client: FlaskClient, path: str) -> None:
    assert post(client, path, "id=1&text=" + "x" * LARGEST) == (413, b"")


def test_a_method_that_a_gateway_does_not_use_takes_nothing(
    client: FlaskClient, line: Line
) -> None:
    query = {"id": "1", "from": PHONE, "text": "ID 12345678"}
    answers = [
        client.get(AT, query_string=query),
        client.head(KANNEL, query_string=query),
        client.post(KANNEL, data=query),
        client.post(KANNEL, query_string=query),
    ]

    assert [one.status_code for one in answers] == [405] * 4
    assert [one.headers["Allow"] for one in answers] == ["POST", "GET", "GET", "GET"]
    assert count(line, outbox) == 0


# whatever comes

JUNK = [
    "",
    "id",
    "id=",
    "&&==&",
    "%",
    "%ff%fe=%00",
    "{}",
    "id=%00&status=Success",
    "id=a%00b&status=Success&phoneNumber=%2B254711000111",
    "id=1&id=2&status=Success&status=Failed&phoneNumber=1&phoneNumber=2",
    "id=%ed%a0%80&status=Success",
    "id=%F0%9F%99%8F&status=Success&phoneNumber=%F0%9F%99%8F",
    "id=1&status=Success&phoneNumber=%2B254711000111%00",
    "id=1&status=Failed&failureReason=%00",
    "id=1&status=%00",
    "id=" + "x" * 5_000 + "&status=Success",
    "status=Success",
    "phoneNumber=%00",
]


@pytest.mark.parametrize("path", ["", "/reports", "/optouts"])
def test_junk_is_acknowledged_so_that_it_does_not_come_again(
    any_line: Flask, path: str
) -> None:
    client = any_line.test_client()

    assert [body for body in JUNK if post(client, path, body) != (200, b"")] == []


@pytest.mark.parametrize("path", ["", "/reports"])
def test_junk_through_kannel_is_acknowledged_likewise(any_line: Flask, path: str) -> None:
    client = any_line.test_client()

    assert [one for one in JUNK if client.get(f"{KANNEL}{path}?{one}").status_code != 200] == []


@pytest.mark.parametrize("path", ["", "/reports"])
def test_an_address_with_octets_that_are_no_text_is_acknowledged(
    client: FlaskClient, path: str
) -> None:
    raw = {"QUERY_STRING": "id=1&from=254711000111&status=1&text=\xff\xfe"}

    assert client.get(f"{KANNEL}{path}", environ_overrides=raw).status_code == 200


ANYTHING = st.fixed_dictionaries(
    {},
    optional={
        name: st.text(max_size=30)
        | st.sampled_from(["Success", "Failed", "1", "16", PHONE, CAPTURED, "AbsentSubscriber"])
        for name in ("id", "status", "phoneNumber", "failureReason", "reason", "from", "date")
    },
)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(fields=ANYTHING, path=st.sampled_from(["", "/reports", "/optouts"]))
def test_whatever_fields_come_they_are_acknowledged(
    client: FlaskClient, fields: dict[str, str], path: str
) -> None:
    form = {name: value.encode(errors="replace").decode() for name, value in fields.items()}

    assert client.post(AT + path, data=form).status_code == 200


def test_logs_hold_no_phone_and_nothing_of_a_report(
    open_app: Open, sqlite_url: str, redis: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    client = open_app(sqlite_url, redis.url).test_client()
    report(client, "SomethingNew")
    report(client, "call +254711987654")
    report(client, "Success", id="")
    post(client, "/optouts", "phoneNumber=254711987654x")
    logged = capfd.readouterr().err

    assert "state=SomethingNew" in logged
    assert logged.count("report that changes nothing") == 2
    assert logged.count("request not understood") == 2
    assert [one for one in (PHONE[1:], "711987654", CAPTURED, TOKEN) if one in logged] == []
