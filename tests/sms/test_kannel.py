"""Handing a message to Kannel, played on loopback: what goes out, what becomes of it.

The real Kannel is in test_kannel_real.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

import sms.wire
from models.outbox import Delivery
from sms.gateway import Fate, Report, Submitted, Unreadable
from sms.kannel import Sender, read, read_report
from tests.caller import PHONE
from tests.sms.gateway import Answer
from tests.sms.kannel_gateway import PASSWORD, USERNAME, Smsbox, filled, said

BODY = "ID ..678 is READY & free + 'ng' @ [GPO] \u20ac1 \u00a3\u00e8\u00f1{}"
REPORTS = "http://127.0.0.1:1919/sms/kannel/tttt/reports"


@pytest.fixture
def smsbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Smsbox]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    one = Smsbox()
    yield one
    one.close()


def send(smsbox: Smsbox, *answers: Answer, reference: str = "m1") -> Submitted:
    smsbox.answer(*answers)
    return smsbox.kannel(reports_url=REPORTS).send(reference, PHONE, BODY)


# what goes out


def test_a_message_goes_out_with_all_but_its_text_in_headers(smsbox: Smsbox) -> None:
    send(smsbox)
    (post,) = smsbox.posts

    assert post.body.decode() == BODY
    assert {name: value for name, value in post.headers.items() if name[:3] == "X-K"} == {
        "X-Kannel-Username": USERNAME,
        "X-Kannel-Password": PASSWORD,
        "X-Kannel-From": "1919",
        "X-Kannel-To": PHONE,
        "X-Kannel-Coding": "0",
        "X-Kannel-DLR-Mask": "31",
        "X-Kannel-DLR-Url": f"{REPORTS}?id=m1&status=%d&reason=%A",
    }
    assert post.header("Content-Type") == "text/plain; charset=UTF-8"


def test_no_address_holds_a_phone_a_text_or_the_password(smsbox: Smsbox) -> None:
    send(smsbox)

    assert smsbox.posts[0].path == "/cgi-bin/sendsms"


@pytest.mark.parametrize("reference", ["m1", "a|b c", "100%d&id=2", "\u0141\u00f3d\u017a#?/"])
def test_any_name_of_ours_comes_back_whole_in_a_report(smsbox: Smsbox, reference: str) -> None:
    send(smsbox, reference=reference)
    address = filled(smsbox.posts[0].header("X-Kannel-DLR-Url"), 2, "NACK%2F9%2FNo+Route")

    assert parse_qs(urlsplit(address).query) == {
        "id": [reference],
        "status": ["2"],
        "reason": ["NACK/9/No Route"],
    }


# what becomes of it


@pytest.mark.parametrize(
    "body", ["0: Accepted for delivery", "3: Queued for later delivery", "Sent.", ""]
)
def test_a_message_is_accepted_by_202_under_our_own_name(smsbox: Smsbox, body: str) -> None:
    assert send(smsbox, said(202, body)) == Submitted(Fate.ACCEPTED, "m1")


@pytest.mark.parametrize(
    ("status", "body", "fate", "reason"),
    [
        (
            400,
            "Number(s) has/have been denied by white- and/or black-lists.",
            Fate.REFUSED,
            "denied by a list",
        ),
        (400, "Charset or body misformed, rejected", Fate.REFUSED, "text not understood"),
        (400, "Sender missing and no global set, rejected", Fate.PASSING, "HTTP 400"),
        (400, "DLR-URL field misformed, rejected", Fate.PASSING, "HTTP 400"),
        (403, "Authorization failed for sendsms", Fate.PASSING, "authentication"),
        (403, "Not routable. Do not try again.", Fate.PASSING, "not routable"),
        (403, "<html>Forbidden", Fate.PASSING, "authentication"),
        (404, "Unknown request.", Fate.PASSING, "HTTP 404"),
        (415, "Unsupported content-type, rejected", Fate.PASSING, "HTTP 415"),
        (301, "", Fate.PASSING, "HTTP 301"),
        (503, "Temporal failure, try again later.", Fate.PASSING, "busy"),
        (503, "<html>Service Unavailable", Fate.UNKNOWN, "HTTP 503"),
        (500, "Sending failed.", Fate.UNKNOWN, "HTTP 500"),
        (502, "<html>Bad Gateway", Fate.UNKNOWN, "HTTP 502"),
        (200, "0: Accepted for delivery", Fate.UNKNOWN, "HTTP 200"),
        (200, "<html>Welcome", Fate.UNKNOWN, "HTTP 200"),
    ],
)
def test_what_smsbox_says_decides_what_becomes_of_a_message(
    smsbox: Smsbox, status: int, body: str, fate: Fate, reason: str
) -> None:
    assert send(smsbox, said(status, body)) == Submitted(fate, reason=reason)


def test_a_wrong_password_may_pass(smsbox: Smsbox) -> None:
    submitted = smsbox.kannel(password="wrong").send("m1", PHONE, BODY)

    assert submitted == Submitted(Fate.PASSING, reason="authentication")


def test_a_smsbox_that_is_stopped_may_pass(smsbox: Smsbox) -> None:
    sender = smsbox.kannel()
    sender.send("m1", PHONE, BODY)
    smsbox.close()

    assert sender.send("m2", PHONE, BODY) == Submitted(Fate.PASSING, reason="no connection")


def test_a_smsbox_that_does_not_answer_in_time_is_unknown(
    smsbox: Smsbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms.wire, "TIMEOUT", (0.2, 0.3))

    assert send(smsbox, Answer(hangs=True)) == Submitted(Fate.UNKNOWN, reason="no answer")


def test_a_connection_that_breaks_under_a_message_is_unknown(smsbox: Smsbox) -> None:
    assert send(smsbox, Answer(closes=True)).fate is Fate.UNKNOWN


def test_one_call_is_one_request_whatever_comes_of_it(smsbox: Smsbox) -> None:
    send(smsbox, said(503, "Temporal failure, try again later."))

    assert len(smsbox.posts) == 1


@pytest.mark.parametrize("password", ["a\nb", "\u0142"])
def test_a_password_that_no_header_can_hold_raises_nothing(
    smsbox: Smsbox, password: str
) -> None:
    sender = smsbox.kannel(password=password)

    assert sender.send("m1", PHONE, BODY).fate in (Fate.PASSING, Fate.UNKNOWN)
    assert not sender.answers()


# whether it answers


def test_a_smsbox_that_knows_us_answers(smsbox: Smsbox) -> None:
    assert smsbox.kannel().answers()


def test_asking_whether_smsbox_answers_names_no_phone(smsbox: Smsbox) -> None:
    smsbox.kannel().answers()

    assert [post.header("X-Kannel-To") for post in smsbox.posts] == [""]


def test_a_smsbox_that_does_not_know_us_does_not_answer(smsbox: Smsbox) -> None:
    assert not smsbox.kannel(password="wrong").answers()


@pytest.mark.parametrize("status", [200, 202, 404, 500, 503])
def test_what_is_no_smsbox_does_not_answer(smsbox: Smsbox, status: int) -> None:
    smsbox.answer(said(status, "?"))

    assert not smsbox.kannel().answers()


def test_a_smsbox_that_is_gone_does_not_answer() -> None:
    assert not Sender("http://127.0.0.1:1/", USERNAME, PASSWORD, "1919", REPORTS).answers()


# what it calls us with


def test_an_incoming_message_is_read_from_its_address() -> None:
    text = read(
        MultiDict({"id": "4056d7c2", "from": PHONE, "text": "ID 12345678", "at": "1795328975"})
    )

    assert (text.gateway, text.id, text.phone, text.body, text.sent_at) == (
        "kannel",
        "4056d7c2",
        PHONE,
        "ID 12345678",
        datetime(2026, 11, 22, 6, 29, 35, tzinfo=UTC),
    )


@pytest.mark.parametrize("at", ["", "soon", "-1", "1e9", "99999999999", "\u0661" * 10])
def test_a_message_without_a_moment_was_sent_nobody_knows_when(at: str) -> None:
    assert read(MultiDict({"id": "1", "from": PHONE, "at": at})).sent_at is None


@pytest.mark.parametrize(
    "query", [{}, {"id": "1"}, {"from": PHONE}, {"id": "1", "from": "Safaricom"}]
)
def test_what_comes_from_no_phone_or_has_no_id_is_no_message(query: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        read(MultiDict(query))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("1", Delivery.DELIVERED),
        ("2", Delivery.FAILED),
        ("4", Delivery.SENT),
        ("8", Delivery.SENT),
        ("16", Delivery.FAILED),
        ("32", Delivery.SENT),
        ("0", None),
        ("3", None),
        ("01", None),
        ("\u0661", None),
        ("", None),
    ],
)
def test_every_status_of_a_report_is_a_state_or_none(
    status: str, state: Delivery | None
) -> None:
    assert read_report(MultiDict({"id": "m1", "status": status})).state == state


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("NACK/Retry count exceeded", "Retry count exceeded"),
        ("NACK/11/Invalid Destination Address", "Invalid Destination Address"),
        ("NACK/0x0000000b/Invalid Destination Address", "Invalid Destination Address"),
        (
            "id:1 sub:001 dlvrd:000 submit date:2611220630 done date:2611220631"
            " stat:UNDELIV err:001 text:ID 12345678",
            "UNDELIV",
        ),
        ("text:stat:12345678", "failed"),
        ("NACK/11/No way to +254711000111", "failed"),
        ("+254711000111", "failed"),
        ("", "failed"),
    ],
)
def test_a_reason_is_kept_without_a_phone_and_without_a_text(written: str, reason: str) -> None:
    query = MultiDict({"id": "m1", "status": "2", "reason": written})

    assert read_report(query) == Report("kannel", "m1", Delivery.FAILED, reason=reason)


@pytest.mark.parametrize("status", ["2", "16"])
def test_a_report_of_a_message_that_was_not_taken_changes_nothing(status: str) -> None:
    query = MultiDict({"id": "m1", "status": status, "reason": "NACK/no SMSC"})

    assert read_report(query) == Report("kannel", "m1", None, reason="no SMSC")


@given(st.text())
def test_whatever_an_operator_says_the_reason_has_no_digit_and_fits(written: str) -> None:
    reason = read_report(MultiDict({"id": "m", "status": "16", "reason": written})).reason

    assert reason
    assert len(reason) <= 60
    assert not any(letter.isdigit() for letter in reason)


@pytest.mark.parametrize("name", ["", "\0", "a\x00b"])
def test_a_report_that_names_no_message_is_none(name: str) -> None:
    with pytest.raises(Unreadable):
        read_report(MultiDict({"id": name, "status": "1"}))
