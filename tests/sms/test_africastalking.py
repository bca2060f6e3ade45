"""Handing a message to Africa's Talking with its own SDK: what goes out, what becomes of it."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.serving import make_server

import sms.africastalking
import sms.wire
from console.simulator import gateway as simulated
from models.outbox import Delivery
from sms.africastalking import read, read_optout, read_report
from sms.gateway import Fate, OptOut, Report, Submitted, Unreadable
from tests.caller import PHONE
from tests.sms.gateway import Answer, Gateway, answering, recipient

BODY = "ID ..678 is READY & free + 'ng' @ [GPO] \u20ac1"


def send(gateway: Gateway, *answers: Answer) -> Submitted:
    gateway.answer(*answers)
    return gateway.sender().send("m1", PHONE, BODY)


def said_of_me(code: object, **others: object) -> Answer:
    return Answer(answering(recipient(PHONE, code, **others)))


def test_a_message_goes_out_as_the_sdk_writes_it(gateway: Gateway) -> None:
    send(gateway)

    assert gateway.posts[0].body == (
        b"username=live&to=%2B254711000111"
        b"&message=ID+..678+is+READY+%26+free+%2B+%27ng%27+%40+%5BGPO%5D+%E2%82%AC1"
        b"&bulkSMSMode=1&from=1919"
    )


def test_a_message_goes_to_the_messaging_address(gateway: Gateway) -> None:
    send(gateway)

    assert gateway.posts[0].path == "/version1/messaging"


def test_the_api_key_goes_in_its_header(gateway: Gateway) -> None:
    send(gateway)

    assert gateway.posts[0].headers["apiKey"] == "k"


def test_the_text_that_comes_out_is_the_text_that_went_in(gateway: Gateway) -> None:
    send(gateway)

    assert gateway.posts[0].message == BODY


def test_a_slash_behind_the_address_changes_nothing(gateway: Gateway) -> None:
    sms.africastalking.Sender("live", "k", f"{gateway.url}/", "1919").send("m1", PHONE, BODY)

    assert gateway.posts[0].path == "/version1/messaging"


@pytest.mark.parametrize("code", [100, 101, 102])
def test_processed_sent_and_queued_are_accepted(gateway: Gateway, code: int) -> None:
    submitted = send(gateway, said_of_me(code))

    assert submitted == Submitted(Fate.ACCEPTED, "ATXid_1", "KES 0.8000")


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "text/plain", "text/html"],
)
def test_any_2xx_of_any_content_type_is_read(
    gateway: Gateway, status: int, content_type: str
) -> None:
    body = answering(recipient(PHONE))

    assert send(gateway, Answer(body, status, content_type)).fate is Fate.ACCEPTED


@pytest.mark.parametrize("code", [401, 403, 404, 406, 407, 409])
def test_a_refused_phone_is_refused_for_good(gateway: Gateway, code: int) -> None:
    submitted = send(gateway, said_of_me(code, status="UserInBlacklist"))

    assert submitted == Submitted(Fate.REFUSED, reason="UserInBlacklist")


@pytest.mark.parametrize("code", [402, 405, 500, 501, 502])
def test_a_refusal_for_want_of_credit_or_health_may_pass(gateway: Gateway, code: int) -> None:
    submitted = send(gateway, said_of_me(code, status="InsufficientBalance"))

    assert submitted == Submitted(Fate.PASSING, reason="InsufficientBalance")


@pytest.mark.parametrize("code", [999, "101", "500", None, 0, -1, True, 101.5])
def test_a_status_code_that_nobody_wrote_down_is_unknown(
    gateway: Gateway, code: object
) -> None:
    assert send(gateway, said_of_me(code)).fate is Fate.UNKNOWN


def test_a_recipient_without_a_status_code_is_unknown(gateway: Gateway) -> None:
    answer = Answer(answering({"number": PHONE, "status": "Success"}))

    assert send(gateway, answer).fate is Fate.UNKNOWN


@pytest.mark.parametrize("code", [[101], {"code": 101}])
def test_a_status_code_of_another_shape_raises_nothing(gateway: Gateway, code: object) -> None:
    assert send(gateway, said_of_me(code)).fate is Fate.UNKNOWN


def test_an_accepted_message_without_an_id_has_none(gateway: Gateway) -> None:
    answer = Answer(answering({"number": PHONE, "statusCode": 101, "status": "Success"}))

    assert send(gateway, answer) == Submitted(Fate.ACCEPTED)


@pytest.mark.parametrize("message_id", ["None", "", "\0", "a\nb", 17, None])
def test_a_name_for_a_message_that_is_none_is_not_kept(
    gateway: Gateway, message_id: object
) -> None:
    submitted = send(gateway, said_of_me(101, messageId=message_id))

    assert submitted == Submitted(Fate.ACCEPTED, None, "KES 0.8000")


def test_a_refused_request_that_looks_like_success_may_pass(gateway: Gateway) -> None:
    body = '{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}'

    assert send(gateway, Answer(body)) == Submitted(Fate.PASSING, reason="InvalidSenderId")


@pytest.mark.parametrize(
    "name",
    ["InvalidPhoneNumber", "UserInBlackList", "userinblacklist", "CouldNotRoute", "RiskHold"],
)
def test_a_whole_request_refused_for_its_phone_is_refused_for_good(
    gateway: Gateway, name: str
) -> None:
    answer = Answer(answering(message=name))

    assert send(gateway, answer) == Submitted(Fate.REFUSED, reason=name)


@pytest.mark.parametrize(
    "message",
    ["Sent to 1/1 Total Cost: KES 0.8000", "Success", "Sent", "Queued", "Processed", ""],
)
def test_an_empty_list_beside_a_word_of_success_is_unknown(
    gateway: Gateway, message: str
) -> None:
    assert send(gateway, Answer(answering(message=message))).fate is Fate.UNKNOWN


def test_a_refused_authentication_may_pass(gateway: Gateway) -> None:
    answer = Answer("The supplied authentication is invalid", 401, "text/plain")

    assert send(gateway, answer) == Submitted(Fate.PASSING, reason="authentication")


NO_ANSWER_OF_THEIRS = pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html><title>Error</title></html>", "text/html"),
        ("", "text/plain"),
        ('{"errorMessage":"too many requests"}', "application/json"),
    ],
    ids=["html", "empty", "json"],
)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "authentication"),
        (403, "authentication"),
        (429, "throttled"),
        *((status, f"HTTP {status}") for status in (400, 402, 404, 405, 408, 413, 415, 422)),
        *((status, f"HTTP {status}") for status in (301, 307, 308)),
    ],
)
@NO_ANSWER_OF_THEIRS
def test_a_request_that_was_surely_not_done_may_pass(
    gateway: Gateway, status: int, reason: str, body: str, content_type: str
) -> None:
    submitted = send(gateway, Answer(body, status, content_type))

    assert submitted == Submitted(Fate.PASSING, reason=reason)


@pytest.mark.parametrize("status", [302, 303, 409, 500, 502, 503, 504, 520, 599])
@NO_ANSWER_OF_THEIRS
def test_a_request_that_may_have_been_done_is_unknown_and_keeps_its_status(
    gateway: Gateway, status: int, body: str, content_type: str
) -> None:
    submitted = send(gateway, Answer(body, status, content_type))

    assert submitted == Submitted(Fate.UNKNOWN, reason=f"HTTP {status}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(gateway: Gateway, status: int) -> None:
    elsewhere = {"Location": gateway.url + "/messaging"}
    send(gateway, Answer("", status, "text/html", headers=elsewhere))

    assert (len(gateway.posts), gateway.gets) == (1, [])


def test_one_who_wants_no_texts_is_refused_though_it_comes_as_409(gateway: Gateway) -> None:
    body = answering(recipient(PHONE, 409, status="DoNotDisturbRejection"))

    assert send(gateway, Answer(body, 409)) == Submitted(
        Fate.REFUSED, reason="DoNotDisturbRejection"
    )


@pytest.mark.parametrize("status", [400, 409, 500, 502])
def test_an_answer_of_theirs_counts_whatever_its_status(gateway: Gateway, status: int) -> None:
    assert send(gateway, Answer(answering(recipient(PHONE)), status)).fate is Fate.ACCEPTED


def test_a_server_error_that_mentions_authentication_is_unknown(gateway: Gateway) -> None:
    page = "<html><h1>502</h1><p>The authentication service timed out.</p></html>"

    assert send(gateway, Answer(page, 502, "text/html")).fate is Fate.UNKNOWN


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8"]
)
@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        '{"SMSMessageData":',
        "<html>",
        "null",
        "[]",
        "17",
        '"Success"',
        "{}",
        '{"SMSMessageData":null}',
        '{"SMSMessageData":[]}',
        '{"SMSMessageData":"Success"}',
        '{"SMSMessageData":{}}',
        '{"SMSMessageData":{"Message":"Sent to 1/1"}}',
        '{"SMSMessageData":{"Recipients":null}}',
        '{"SMSMessageData":{"Recipients":7}}',
        '{"SMSMessageData":{"Recipients":["+254711000111"]}}',
        '{"SMSMessageData":{"Recipients":[null]}}',
        '{"SMSMessageData":{"Recipients":[[101]]}}',
        '{"SMSMessageData":{"Recipients":{"number":"+254711000111"}}}',
        '{"SMSMessageData":{"Recipients":[{}]}}',
        '{"SMSMessageData":{"Recipients":[{"number":null,"statusCode":101}]}}',
    ],
)
def test_an_answer_of_another_shape_is_unknown(
    gateway: Gateway, body: str, content_type: str
) -> None:
    assert send(gateway, Answer(body, 201, content_type)).fate is Fate.UNKNOWN


@pytest.mark.parametrize("recipients", ['""', "{}"])
def test_an_empty_thing_that_is_no_list_of_recipients_is_unknown(
    gateway: Gateway, recipients: str
) -> None:
    body = f'{{"SMSMessageData":{{"Message":"Sent","Recipients":{recipients}}}}}'

    assert send(gateway, Answer(body)).fate is Fate.UNKNOWN


def test_an_answer_nested_without_end_raises_nothing(gateway: Gateway) -> None:
    assert send(gateway, Answer("[" * 100_000)).fate is Fate.UNKNOWN


def test_an_answer_that_names_another_phone_is_unknown(gateway: Gateway) -> None:
    submitted = send(gateway, Answer(answering(recipient("+254711000122"))))

    assert submitted == Submitted(Fate.UNKNOWN, reason="answer names another phone")


def test_of_several_recipients_the_one_written_to_counts(gateway: Gateway) -> None:
    others = recipient("+254711000122", 403, status="InvalidPhoneNumber")
    answer = Answer(answering(others, recipient(PHONE, 101)))

    assert send(gateway, answer).fate is Fate.ACCEPTED


@pytest.mark.parametrize(
    "words", ["Could not send to +254711000111", "x" * 41, "", "In valid", "ujumbe: siri"]
)
def test_a_reason_that_may_quote_a_number_or_a_text_is_not_kept(
    gateway: Gateway, words: str
) -> None:
    assert send(gateway, said_of_me(403, status=words)).reason == "refused"


def test_a_refusal_that_names_no_reason_is_just_refused(gateway: Gateway) -> None:
    answer = Answer(answering({"number": PHONE, "statusCode": 403}))

    assert send(gateway, answer) == Submitted(Fate.REFUSED, reason="refused")


def test_a_connection_that_nothing_listens_for_may_pass(gateway: Gateway) -> None:
    sender = gateway.sender()
    gateway.close()

    assert sender.send("m1", PHONE, BODY) == Submitted(Fate.PASSING, reason="no connection")


def test_a_connection_closed_without_an_answer_is_unknown(gateway: Gateway) -> None:
    submitted = send(gateway, Answer(closes=True))

    assert submitted == Submitted(Fate.UNKNOWN, reason="connection broke")


def test_an_answer_cut_short_is_unknown(gateway: Gateway) -> None:
    assert send(gateway, Answer('{"SMSMess', claims=500)).fate is Fate.UNKNOWN


def test_an_answer_that_does_not_come_in_time_is_unknown(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms.wire, "TIMEOUT", (0.2, 0.3))

    assert send(gateway, Answer(hangs=True)) == Submitted(Fate.UNKNOWN, reason="no answer")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(closes=True),
        Answer("", 500),
        Answer("", 429),
        Answer("{"),
        Answer("The supplied authentication is invalid", 401, "text/plain"),
        Answer('{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}'),
    ],
    ids=["closed", "500", "429", "no-json", "401", "refused"],
)
def test_one_call_is_one_request_whatever_comes_of_it(gateway: Gateway, answer: Answer) -> None:
    send(gateway, answer)

    assert len(gateway.posts) == 1


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "no address", "gopher://x", "http://", "http://[1"]
)
def test_what_can_reach_nobody_may_pass(gateway: Gateway, address: str) -> None:
    sender = sms.africastalking.Sender("live", "k", address, "1919")

    assert sender.send("m1", PHONE, BODY).fate is Fate.PASSING


def test_a_proxy_that_is_not_there_may_pass(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert gateway.sender().send("m1", PHONE, BODY).fate is Fate.PASSING


@pytest.mark.parametrize(
    "phone", ["0711000111", "", "+254711000111,+254711000122", "+\u0661" * 9]
)
def test_what_is_no_phone_is_refused_and_not_sent(gateway: Gateway, phone: str) -> None:
    submitted = gateway.sender().send("m1", phone, BODY)

    assert (submitted.fate, gateway.posts) == (Fate.REFUSED, [])


# connections


def test_messages_one_after_the_other_share_a_connection(gateway: Gateway) -> None:
    sender = gateway.sender()
    fates = {sender.send("m1", PHONE, BODY).fate for _ in range(5)}

    assert (fates, gateway.connections) == ({Fate.ACCEPTED}, 1)


def test_a_connection_that_lay_idle_is_made_anew(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms.wire, "_IDLE_SECONDS", 0.0)
    sender = gateway.sender()
    fates = {sender.send("m1", PHONE, BODY).fate for _ in range(3)}

    assert (fates, gateway.connections) == ({Fate.ACCEPTED}, 3)


def test_a_connection_that_the_gateway_closed_meanwhile_loses_no_message(
    gateway: Gateway,
) -> None:
    sender = gateway.sender()
    sender.send("m1", PHONE, BODY)
    gateway.hang_up()

    assert sender.send("m2", PHONE, BODY).fate is Fate.ACCEPTED


def test_eight_threads_send_at_once_and_each_hears_of_its_own_message(
    gateway: Gateway,
) -> None:
    sender = gateway.sender()
    phones = [f"+2547110{number:05}" for number in range(200)]

    def send_one(phone: str) -> str | None:
        return sender.send(phone, phone, BODY).gateway_id

    gateway.accept = lambda post: Answer(answering(recipient(post.to, messageId=post.to)))
    with ThreadPoolExecutor(8) as pool:
        named = list(pool.map(send_one, phones))

    assert named == phones
    assert gateway.connections <= 8


def test_a_gateways_cookies_are_not_sent_back(gateway: Gateway) -> None:
    sender = gateway.sender()
    gateway.answer(Answer(answering(recipient(PHONE)), headers={"Set-Cookie": "a=b; Path=/"}))
    for _ in range(2):
        sender.send("m1", PHONE, BODY)

    assert "Cookie" not in gateway.posts[1].headers


# whether it answers


def test_a_gateway_that_gives_the_accounts_data_answers(gateway: Gateway) -> None:
    assert gateway.sender().answers()
    assert [get.path for get in gateway.gets] == ["/version1/user?username=live"]
    assert gateway.gets[0].headers["apiKey"] == "k"


def test_asking_whether_a_gateway_answers_sends_nothing(gateway: Gateway) -> None:
    gateway.sender().answers()

    assert gateway.posts == []


@pytest.mark.parametrize(
    ("status", "answers"),
    [(200, True), (400, True), (404, True), (429, True), (401, False), (500, False)],
)
def test_whether_a_gateway_answers_is_told_by_the_status(
    gateway: Gateway, status: int, answers: bool
) -> None:
    gateway.account = Answer("no JSON", status, "application/json")

    assert gateway.sender().answers() is answers


def test_a_gateway_that_hangs_is_given_up_within_three_seconds(gateway: Gateway) -> None:
    gateway.account = Answer(hangs=True)
    began = time.monotonic()

    assert not gateway.sender().answers()
    assert time.monotonic() - began < 3


def test_a_gateway_that_is_gone_does_not_answer(gateway: Gateway) -> None:
    sender = gateway.sender()
    gateway.close()

    assert not sender.answers()


def test_the_demonstrations_own_gateway_answers_and_takes_a_message(tmp_path: Path) -> None:
    app = Flask(__name__)
    app.register_blueprint(simulated.blueprint(tmp_path / "messages", str))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/simulator/version1"
    sender = sms.africastalking.Sender("demonstration", "k", address, "1919")
    answered, submitted = sender.answers(), sender.send("m1", PHONE, BODY)
    server.shutdown()
    thread.join()
    server.server_close()

    assert (answered, submitted.fate) == (True, Fate.ACCEPTED)


# what is not an answer


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["SMSMessageData", "Message", "Recipients", "", PHONE]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["SMSMessageData", "Message", "Recipients", "number", "status"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(JSON, st.booleans())
def test_no_answer_without_a_status_code_is_taken_for_accepted(
    gateway: Gateway, value: Any, wrapped: bool
) -> None:
    body = {"SMSMessageData": {"Message": "Sent", "Recipients": value}} if wrapped else value

    assert send(gateway, Answer(json.dumps(body))).fate is not Fate.ACCEPTED


# what it calls us with


def test_an_incoming_message_is_read_from_its_fields() -> None:
    form = MultiDict({"from": PHONE, "id": "id-1", "text": "ID 12345678"})
    text = read(form)

    assert (text.gateway, text.id, text.phone, text.body) == (
        "africastalking",
        "id-1",
        PHONE,
        "ID 12345678",
    )


@pytest.mark.parametrize("phone", ["254711000111", " 254711000111", "+254711000111 "])
def test_a_plus_lost_on_the_way_is_put_back(phone: str) -> None:
    assert read(MultiDict({"from": phone, "id": "id-1"})).phone == PHONE


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"id": "id-1"},
        {"from": PHONE},
        {"from": PHONE, "id": ""},
        {"from": "", "id": "id-1"},
        {"from": "Safaricom", "id": "id-1"},
        {"from": "20414", "id": "id-1"},
        {"from": "+2547110001112223", "id": "id-1"},
        {"from": "+\uff12\uff15\uff14711000111", "id": "id-1"},
        {"from": f"{PHONE}\n+254711000122", "id": "id-1"},
    ],
)
def test_what_comes_from_no_phone_or_has_no_id_is_no_message(form: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        read(MultiDict(form))


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2017-05-03T06:04:45Z", datetime(2017, 5, 3, 6, 4, 45, tzinfo=UTC)),
        ("2017-05-03 06:04:45", datetime(2017, 5, 3, 6, 4, 45, tzinfo=UTC)),
        ("2018-03-19T08:34:18.445Z", datetime(2018, 3, 19, 8, 34, 18, 445_000, tzinfo=UTC)),
        ("", None),
        ("soon", None),
        ("2017-05-03", None),
        ("2017-02-30 06:04:45", None),
        ("2017-05-03 25:04:45", None),
        ("2017-05-03T06:04:45+03:00", None),
        ("9999-12-31 23:59:59", None),
        ("0001-01-01 00:00:00", None),
        ("\u0662017-05-03 06:04:45", None),
        ("2017-05-03 06:04:45\n", None),
    ],
)
def test_a_message_was_sent_at_its_date_in_utc_or_nobody_knows_when(
    date: str, moment: datetime | None
) -> None:
    assert read(MultiDict({"from": PHONE, "id": "id-1", "date": date})).sent_at == moment


def test_a_message_without_a_date_was_sent_nobody_knows_when() -> None:
    assert read(MultiDict({"from": PHONE, "id": "id-1"})).sent_at is None


def report_of(**fields: str) -> Report:
    return read_report(MultiDict({"id": "ATXid_1", "phoneNumber": PHONE, **fields}))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Sent", Delivery.SENT),
        ("Submitted", Delivery.SENT),
        ("Buffered", Delivery.SENT),
        ("Success", Delivery.DELIVERED),
        ("Failed", Delivery.FAILED),
        ("Rejected", Delivery.FAILED),
        ("Expired", Delivery.FAILED),
        ("AbsentSubscriber", Delivery.FAILED),
        ("SUCCESS", Delivery.DELIVERED),
        ("absentsubscriber", Delivery.FAILED),
        ("Delivered", None),
        ("", None),
        ("Succ\u0435ss", None),
        ("Success\n", None),
    ],
)
def test_every_status_of_a_report_is_a_state_or_none(
    status: str, state: Delivery | None
) -> None:
    assert report_of(status=status).state == state


def test_a_report_names_the_message_and_its_phone() -> None:
    assert report_of(status="Success") == Report(
        "africastalking", "ATXid_1", Delivery.DELIVERED, PHONE
    )


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("DeliveryFailure", "DeliveryFailure"),
        ("UserInBlackList", "UserInBlacklist"),
        ("userinblacklist", "UserInBlacklist"),
        ("NotNetworkSubcriber", "NotNetworkSubscriber"),
        ("NotNetworkSubscriber", "NotNetworkSubscriber"),
        ("SomethingNew", "SomethingNew"),
        ("", "Failed"),
        ("call +254711000111", "Failed"),
        ("12345678", "Failed"),
    ],
)
def test_a_reason_is_kept_as_a_plain_word_in_one_spelling(written: str, reason: str) -> None:
    assert report_of(status="Failed", failureReason=written).reason == reason


@pytest.mark.parametrize(
    ("status", "reason", "absent"),
    [
        ("AbsentSubscriber", "", True),
        ("ABSENTSUBSCRIBER", "DeliveryFailure", True),
        ("Failed", "AbsentSubscriber", True),
        ("Failed", "absentSubscriber", True),
        ("SomethingNew", "AbsentSubscriber", True),
        ("Failed", "DeliveryFailure", False),
        ("Success", "AbsentSubscriber", False),
        ("Sent", "AbsentSubscriber", False),
    ],
)
def test_a_phone_that_was_absent_is_told_apart(status: str, reason: str, absent: bool) -> None:
    report = report_of(status=status, failureReason=reason)

    assert report.is_absent is absent
    assert (report.state, report.reason) == (
        (Delivery.FAILED, "AbsentSubscriber") if absent else (report.state, report.reason)
    )


def test_a_status_that_is_not_known_is_its_own_reason() -> None:
    assert report_of(status="SomethingNew").reason == "SomethingNew"


def test_a_status_that_is_no_plain_word_is_not_kept() -> None:
    assert report_of(status="+254711000111").reason is None


@pytest.mark.parametrize("message_id", ["", "\0", "a\x00b", "\n", "\ud800"])
def test_a_report_that_names_no_message_is_none(message_id: str) -> None:
    with pytest.raises(Unreadable):
        report_of(id=message_id, status="Success")


def test_a_long_name_is_known_by_as_much_as_is_kept_of_it(gateway: Gateway) -> None:
    submitted = send(gateway, said_of_me(101, messageId="x" * 150))

    assert report_of(id="x" * 150, status="Success").gateway_id == submitted.gateway_id


@pytest.mark.parametrize("phone", ["", "nobody", "+254711000111\0"])
def test_a_report_need_not_name_a_phone(phone: str) -> None:
    assert report_of(phoneNumber=phone, status="Success").phone == ""


def test_an_opt_out_names_a_phone() -> None:
    form = MultiDict({"senderId": "1919", "phoneNumber": " 254711000111"})

    assert read_optout(form) == OptOut(PHONE)


@pytest.mark.parametrize("form", [{}, {"phoneNumber": ""}, {"phoneNumber": "1919"}])
def test_an_opt_out_of_no_phone_is_none(form: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        read_optout(MultiDict(form))
