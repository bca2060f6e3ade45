"""Handing a message to Africa's Talking with its own SDK: what goes out, what becomes of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

import sms.africastalking
from sms.africastalking import read
from sms.gateway import Fate, Submitted, Unreadable
from tests.caller import PHONE
from tests.sms.gateway import Answer, Gateway, answering, recipient

BODY = "ID ..678 is READY & free + 'ng' @ [GPO] \u20ac1"


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    one = Gateway()
    yield one
    one.close()


def send(gateway: Gateway, *answers: Answer) -> Submitted:
    gateway.answer(*answers)
    return gateway.sender().send(PHONE, BODY)


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
    sms.africastalking.Sender("live", "k", f"{gateway.url}/", "1919").send(PHONE, BODY)

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


def test_a_refused_request_that_looks_like_success_may_pass(gateway: Gateway) -> None:
    body = '{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}'

    assert send(gateway, Answer(body)) == Submitted(Fate.PASSING, reason="InvalidSenderId")


def test_an_empty_list_beside_a_word_of_success_is_unknown(gateway: Gateway) -> None:
    assert send(gateway, Answer(answering())).fate is Fate.UNKNOWN


def test_a_refused_authentication_may_pass(gateway: Gateway) -> None:
    answer = Answer("The supplied authentication is invalid", 401, "text/plain")

    assert send(gateway, answer) == Submitted(Fate.PASSING, reason="authentication")


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500, 502, 503, 504])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html><title>Error</title></html>", "text/html"),
        ("", "text/plain"),
        ('{"errorMessage":"too many requests"}', "application/json"),
    ],
    ids=["html", "empty", "json"],
)
def test_any_other_http_error_is_unknown(
    gateway: Gateway, status: int, body: str, content_type: str
) -> None:
    submitted = send(gateway, Answer(body, status, content_type))

    assert submitted == Submitted(Fate.UNKNOWN, reason="HTTP error")


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

    assert sender.send(PHONE, BODY) == Submitted(Fate.PASSING, reason="no connection")


def test_a_connection_closed_without_an_answer_is_unknown(gateway: Gateway) -> None:
    submitted = send(gateway, Answer(closes=True))

    assert submitted == Submitted(Fate.UNKNOWN, reason="connection broke")


def test_an_answer_cut_short_is_unknown(gateway: Gateway) -> None:
    assert send(gateway, Answer('{"SMSMess', claims=500)).fate is Fate.UNKNOWN


def test_an_answer_that_does_not_come_in_time_is_unknown(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms.africastalking, "TIMEOUT", (0.2, 0.3))

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
