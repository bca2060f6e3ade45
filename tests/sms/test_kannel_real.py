"""The line and the real Kannel, with the configuration of docs/kannel.md between them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from models.outbox import Delivery, outbox, queue
from models.spending import Limits
from sms import wire
from sms.gateway import Fate, Submitted
from sms.gateway import Sender as AnySender
from sms.kannel import Sender
from sms.sender import run
from tests.caller import PHONE, TOKEN
from tests.conftest import Open, inbox, line_of
from tests.servers import PostgresServer, RedisServer
from tests.sms.gateway import Gateway
from tests.sms.kannel_gateway import LACKING, PASSWORD, USERNAME, Kannel, wait_for

pytestmark = pytest.mark.skipif(
    bool(LACKING), reason=f"Kannel is not installed (kannel, kannel-extras): no {LACKING}"
)

LETTERS = "ID ..678 is READY @ \u00a35 \u00e8\u00f1\u00c4\u0394 {}[]~^|\\ \u20ac1 & 100% + #?"


class Served:
    """A line behind a real HTTP server, and the Kannel that calls it."""

    def __init__(self, app: Flask, kannel: Kannel, port: int) -> None:
        self.line = line_of(app)
        self.kannel = kannel
        self.reports_url = f"http://127.0.0.1:{port}/sms/kannel/{TOKEN}/reports"

    def sender(self, password: str = PASSWORD) -> Sender:
        return Sender(self.kannel.url, USERNAME, password, "1919", self.reports_url)

    def states(self) -> list[str]:
        with self.line.database.working() as connection:
            return list(connection.scalars(select(outbox.c.state).order_by(outbox.c.id)))

    def gateways(self) -> list[str]:
        with self.line.database.working() as connection:
            return list(connection.scalars(select(outbox.c.gateway).order_by(outbox.c.id)))

    def put(self, body: str, phone: str = PHONE) -> None:
        with self.line.database.working() as connection:
            queue(connection, self.line.keys, f"test|{body}", phone, body)

    @contextmanager
    def sending(self, *others: AnySender) -> Iterator[None]:
        over = threading.Event()
        senders = [self.sender(), *others]
        work = threading.Thread(target=run, args=(self.line, senders, Limits(), over.is_set))
        work.start()
        try:
            yield
        finally:
            over.set()
            work.join()


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve an application, with a Kannel of its own."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    ends: list[Callable[[], None]] = []

    def begin(app: Flask, operator: str = "") -> Served:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        ends.extend([server.server_close, thread.join, server.shutdown])
        folder = tmp_path / "kannel"
        folder.mkdir()
        kannel = Kannel(folder, server.server_port, TOKEN, operator)
        ends.append(kannel.close)
        kannel.start()
        return Served(app, kannel, server.server_port)

    yield begin
    for end in reversed(ends):
        end()


@pytest.fixture
def served(serve: Serve, app: Flask) -> Served:
    return serve(app)


def test_a_message_goes_out_and_its_report_comes_back(served: Served) -> None:
    served.kannel.operator()
    served.put(LETTERS)
    with served.sending():
        wait_for(lambda: served.states() == [Delivery.DELIVERED])

    assert served.kannel.operator_got() == [f"1919 {PHONE} text {LETTERS}"]


def test_twenty_messages_each_go_out_once_and_are_all_delivered(served: Served) -> None:
    served.kannel.operator()
    for number in range(20):
        served.put(f"message {number}", f"+2547110001{number:02}")
    with served.sending():
        wait_for(lambda: served.states() == [Delivery.DELIVERED] * 20)

    assert sorted(served.kannel.operator_got()) == sorted(
        f"1919 +2547110001{number:02} text message {number}" for number in range(20)
    )


def test_a_message_while_no_operator_is_there_is_accepted_and_goes_out_later(
    served: Served,
) -> None:
    submitted = served.sender().send("m1", PHONE, "Habari")
    served.kannel.operator()
    wait_for(served.kannel.operator_got)

    assert submitted == Submitted(Fate.ACCEPTED, "m1")


def test_a_message_that_no_operator_takes_goes_through_the_next_gateway(
    serve: Serve, app: Flask
) -> None:
    served = serve(app, 'allowed-prefix = "+255"\n')
    refused = served.sender().send("m1", PHONE, "Habari")
    second = Gateway()
    served.put("Habari")
    with served.sending(second.sender()):
        wait_for(lambda: len(second.posts) == 1, seconds=60)
        wait_for(lambda: served.states() == [Delivery.SENT])
    second.close()

    assert refused == Submitted(Fate.PASSING, reason="not routable")
    assert served.gateways() == ["africastalking"]


def test_a_wrong_password_sends_nothing_and_may_pass(served: Served) -> None:
    served.kannel.operator()
    sender = served.sender(password="wrong")

    assert sender.send("m1", PHONE, "Habari") == Submitted(
        Fate.PASSING, reason="authentication"
    )
    assert not sender.answers()
    assert served.kannel.operator_got() == []


def test_asking_whether_kannel_answers_sends_nothing(served: Served) -> None:
    served.kannel.operator()

    assert served.sender().answers()
    assert "SMS: received 0 (0 queued), sent 0 (0 queued)" in served.kannel.status()


@pytest.mark.parametrize("box", ["smsbox", "bearerbox"])
def test_a_kannel_of_which_a_part_is_stopped_takes_nothing_and_may_pass(
    served: Served, box: str
) -> None:
    sender = served.sender()
    sender.send("m1", PHONE, "Habari")
    served.kannel.stop(box)
    wait_for(lambda: not sender.answers())

    assert sender.send("m2", PHONE, "Habari") == Submitted(Fate.PASSING, reason="no connection")


def test_a_message_whose_bearerbox_hangs_is_unknown_until_its_report_comes(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "TIMEOUT", (1.0, 1.0))
    served.kannel.operator()
    with served.kannel.frozen("bearerbox"):
        served.put("Habari")
        with served.sending():
            wait_for(lambda: served.states() == [Delivery.UNKNOWN])
    wait_for(lambda: served.states() == [Delivery.DELIVERED])

    assert len(served.kannel.operator_got()) == 1


def test_an_incoming_message_is_answered_once_and_kannel_says_nothing_of_its_own(
    served: Served,
) -> None:
    served.kannel.operator("nataka  kujua 12345678 \u00e8\u20ac{}")
    wait_for(lambda: inbox(served.line))
    with served.sending():
        wait_for(lambda: served.states() == [Delivery.DELIVERED])
    (answer,) = inbox(served.line)

    assert answer.startswith("Hakuna stakabadhi ya ..678")
    assert served.kannel.operator_got() == [f"1919 {PHONE} text {answer}"]


def test_an_incoming_message_is_brought_again_while_the_database_is_away(
    serve: Serve,
    open_app: Open,
    postgres: PostgresServer,
    postgres_url: str,
    redis: RedisServer,
) -> None:
    served = serve(open_app(postgres_url, redis.url))
    with postgres.frozen():
        served.kannel.operator("ID 12345678")
        wait_for(lambda: "received 1 (0 queued)" in served.kannel.status())
        threading.Event().wait(2.5)
    wait_for(lambda: inbox(served.line), seconds=30)
    threading.Event().wait(2.5)

    assert len(inbox(served.line)) == 1
    assert served.kannel.operator_got() == []


def test_kannels_own_logs_hold_no_phone_no_text_and_no_token(served: Served) -> None:
    served.kannel.operator("ID 12345678 canary")
    wait_for(lambda: inbox(served.line))
    served.sender().answers()
    served.sender(password="wrong").send("m1", PHONE, "canary")
    served.sender().send("m2", PHONE, "canary")
    wait_for(served.kannel.operator_got)
    logged, secrets = served.kannel.logged(), (PHONE[1:], "canary", "12345678", TOKEN, PASSWORD)

    assert [one for one in secrets if one in logged] == []
