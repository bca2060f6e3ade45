"""Admission: what a request is at a glance, who is let in, what the others are told."""

import json
import time

import pytest
from flask import Flask

from console.security import HEADERS
from models.gsm7 import foreign, septets
from tests.caller import TOKEN
from tests.conftest import line_of
from ussd.admission import (
    BUSY_AFTER_SECONDS,
    BUSY_FOR_SECONDS,
    BUSY_MOST,
    CALM_MOST,
    CALM_SECONDS,
    LATE_SECONDS,
    PATIENT_SECONDS,
    Admission,
    Kind,
    asks_to_close,
)

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
ENGLISH = "1919 is very busy. Please dial *1919# again in a minute."
SWAHILI = "1919 ina shughuli nyingi. Tafadhali piga *1919# tena baada ya dakika moja."
BOTH = f"{ENGLISH}\n{SWAHILI}"


def sent(method: str, path: str, body: str = "", headers: str = "") -> bytes:
    length = f"Content-Length: {len(body)}\r\n"
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}{length}\r\n{body}".encode()


def at(gateway: str, tail: str = "") -> str:
    return f"/ussd/{gateway}/{TOKEN}{tail}"


AT_DIAL = sent("POST", at("africastalking"), "sessionId=1&text=&phoneNumber=%2B2547")
AT_KEY = sent("POST", at("africastalking"), "text=1*2&sessionId=1")
AT_LAST = sent("POST", at("africastalking"), "sessionId=1&text=")
AT_END = sent("POST", at("africastalking", "/events"), "sessionId=1&status=Success")
SAFARICOM_DIAL = sent("GET", at("safaricom", "?ORIG=2547&USSD_PARAMS=&DEST=1919"))
SAFARICOM_LAST = sent("GET", at("safaricom", "?ORIG=2547&USSD_PARAMS="))
SAFARICOM_KEY = sent("GET", at("safaricom", "?USSD_PARAMS=1*2&ORIG=2547"))
FLARES_HOP = sent("GET", at("flares", "?MSISDN=2547&SessionID=1&input=1919"))
INFOBIP_DIAL = sent("POST", at("infobip", "/session/a/start"), '{"text":""}')
INFOBIP_KEY = sent("POST", at("infobip", "/session/a/response"), '{"text":"1"}')
INFOBIP_END = sent("PUT", at("infobip", "/session/a/end"), '{"exitCode":1}')
HUBTEL_DIAL = sent("POST", at("hubtel"), '{"Type": "initiation"}')
HUBTEL_KEY = sent("POST", at("hubtel"), '{"Type":"Response","Message":"1"}')
TEXT = sent("POST", f"/sms/africastalking/{TOKEN}", "text=12345678")
FORGED = sent("POST", f"/ussd/africastalking/{'x' * 32}", "text=")
PAGE = sent("GET", "/console/")
KINDS = [
    (AT_DIAL, Kind.DIAL),
    (AT_LAST, Kind.DIAL),
    (AT_KEY, Kind.SESSION),
    (AT_END, Kind.CALLBACK),
    (SAFARICOM_DIAL, Kind.DIAL),
    (SAFARICOM_LAST, Kind.DIAL),
    (SAFARICOM_KEY, Kind.SESSION),
    (FLARES_HOP, Kind.SESSION),
    (INFOBIP_DIAL, Kind.DIAL),
    (INFOBIP_KEY, Kind.SESSION),
    (INFOBIP_END, Kind.CALLBACK),
    (HUBTEL_DIAL, Kind.DIAL),
    (HUBTEL_KEY, Kind.SESSION),
    (TEXT, Kind.CALLBACK),
    (sent("GET", f"/sms/kannel/{TOKEN}/reports?a=1"), Kind.CALLBACK),
    (FORGED, Kind.FORGED),
    (sent("POST", "/ussd/africastalking/", "text="), Kind.FORGED),
    (sent("POST", "/sms/africastalking/x", "text="), Kind.FORGED),
    (sent("GET", "/health/live"), Kind.HEALTH),
    (sent("GET", "/metrics"), Kind.HEALTH),
    (PAGE, Kind.PEOPLE),
    (sent("DELETE", at("hubtel")), Kind.PEOPLE),
    (sent("POST", at("nobody"), "text="), Kind.PEOPLE),
    (b"\x16\x03\x01 nonsense\r\n\r\n", Kind.PEOPLE),
]


class Watched:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Watched:
    return Watched()


@pytest.fixture
def door(lasting: Flask, clock: Watched) -> Admission:
    return Admission(line_of(lasting), 160, [TOKEN, "o" * 32], HEADERS, clock)


def answer(door: Admission, request: bytes, closes: bool = False) -> tuple[int, str, str]:
    """Give an answer's status, its head in small letters, and its body."""
    head, _, body = door.refusal(door.look(request), closes).partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.decode().lower(), body.decode()


def crowd(door: Admission, clock: Watched, people: int = 1) -> None:
    """Let some wait from now on."""
    for _ in range(people):
        door.callers.enter(clock.now)


def make_busy(door: Admission, clock: Watched) -> None:
    """Let callers wait all the time, for as long as it takes."""
    until = clock.now + BUSY_AFTER_SECONDS + 0.2
    while clock.now < until:
        crowd(door, clock)
        clock.now += 0.1
        door.refuses(Kind.SESSION)
        door.callers.begin(clock.now)


@pytest.mark.parametrize(("request_", "kind"), KINDS, ids=range(len(KINDS)))
def test_a_request_is_known_at_a_glance(request_: bytes, kind: Kind, door: Admission) -> None:
    assert door.look(request_).kind is kind


@pytest.mark.parametrize("request_", [AT_DIAL, AT_KEY, AT_END, SAFARICOM_DIAL])
def test_a_hop_that_is_turned_away_gets_a_page_that_ends(
    request_: bytes, door: Admission
) -> None:
    status, head, body = answer(door, request_)

    assert (status, body) == (200, f"END {BOTH}")
    assert f"content-length: {len(body)}\r\n" in f"{head}\r\n"
    assert "content-type: text/plain; charset=utf-8" in head


def test_each_gateway_that_writes_otherwise_gets_the_page_as_it_wants_it(
    door: Admission,
) -> None:
    hops = (FLARES_HOP, INFOBIP_KEY, HUBTEL_KEY)
    flares, infobip, hubtel = (answer(door, one) for one in hops)

    assert flares[2] == BOTH
    assert "freeflow: fb" in flares[1]
    assert json.loads(infobip[2])["ussdMenu"] == BOTH
    assert json.loads(infobip[2])["shouldClose"] is True
    assert json.loads(hubtel[2]) == {"Type": "Release", "Message": BOTH}
    assert {flares[0], infobip[0], hubtel[0]} == {200}


def test_the_page_is_in_both_languages_and_fits(door: Admission) -> None:
    body = answer(door, AT_DIAL)[2].removeprefix("END ")

    assert septets(body) <= 160
    assert not foreign(body.replace("\n", ""))
    assert ENGLISH in body
    assert SWAHILI in body


def test_on_a_small_page_the_first_language_is_kept(lasting: Flask) -> None:
    assert line_of(lasting).apology_to_all("busy", 100).text == ENGLISH


def test_a_text_is_asked_for_again_and_answered_with_no_words(door: Admission) -> None:
    status, head, body = answer(door, TEXT)

    assert (status, body) == (503, "")
    assert "retry-after: 60" in head


def test_people_get_an_honest_page_with_every_header(door: Admission) -> None:
    status, head, body = answer(door, PAGE)

    assert (status, body) == (503, f"{BOTH}\n")
    assert all(f"{name}: {value}".lower() in head for name, value in HEADERS.items())


def test_who_forges_is_told_nothing(door: Admission) -> None:
    assert answer(door, FORGED)[::2] == (404, "")


@pytest.mark.parametrize("closes", [True, False])
def test_an_answer_says_whether_its_connection_ends(closes: bool, door: Admission) -> None:
    assert ("connection: close" in answer(door, AT_DIAL, closes)[1]) is closes


@pytest.mark.parametrize(
    ("request_", "closes"),
    [
        (AT_KEY, False),
        (b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", True),
        (sent("GET", "/", headers="connection: Close\r\n"), True),
        (sent("POST", "/", body="\r\nConnection: close\r\n"), False),
    ],
)
def test_who_wants_the_connection_closed_is_heard(request_: bytes, closes: bool) -> None:
    assert asks_to_close(request_) is closes


def test_who_finds_nobody_waiting_is_let_in(door: Admission) -> None:
    assert not any(door.refuses(kind) for kind in Kind)


def test_a_stall_of_most_of_a_second_is_waited_out(door: Admission, clock: Watched) -> None:
    crowd(door, clock, CALM_MOST - 1)
    clock.now += CALM_SECONDS - 0.05

    assert not any(door.refuses(kind) for kind in Kind if kind is not Kind.FORGED)


def test_after_a_longer_one_hops_are_turned_away_and_health_is_not(
    door: Admission, clock: Watched
) -> None:
    crowd(door, clock)
    clock.now += CALM_SECONDS + 0.05

    assert door.refuses(Kind.SESSION)
    assert door.refuses(Kind.DIAL)
    assert not door.refuses(Kind.HEALTH)


def test_so_many_wait_at_most(door: Admission, clock: Watched) -> None:
    crowd(door, clock, CALM_MOST)

    assert door.refuses(Kind.SESSION)


def test_a_forged_call_never_waits_where_a_caller_does(door: Admission, clock: Watched) -> None:
    crowd(door, clock)

    assert door.refuses(Kind.FORGED)


@pytest.mark.parametrize(
    ("waited", "let_in"),
    [
        (0.06, {Kind.HEALTH, Kind.CALLBACK, Kind.SESSION, Kind.DIAL}),
        (0.12, {Kind.HEALTH, Kind.CALLBACK, Kind.SESSION}),
        (0.20, {Kind.HEALTH, Kind.CALLBACK}),
    ],
)
def test_on_a_busy_line_a_session_goes_before_a_dial_and_texts_have_threads_of_their_own(
    waited: float, let_in: set[Kind], door: Admission, clock: Watched
) -> None:
    make_busy(door, clock)
    door.people.enter(clock.now)
    crowd(door, clock)
    clock.now += waited

    assert {kind for kind in Kind if not door.refuses(kind)} == let_in


def test_a_line_in_full_use_on_which_nobody_waits_for_long_is_not_busy(
    door: Admission, clock: Watched
) -> None:
    for _ in range(100):
        crowd(door, clock)
        clock.now += 0.04
        door.refuses(Kind.SESSION)
        door.callers.begin(clock.now)
    crowd(door, clock)
    clock.now += 0.5

    assert not door.refuses(Kind.DIAL)


def test_on_a_busy_line_one_page_of_peoples_is_made_at_a_time(
    door: Admission, clock: Watched
) -> None:
    make_busy(door, clock)
    first = door.refuses(Kind.PEOPLE)
    door.people.enter(clock.now)
    door.people.begin(clock.now)
    second = door.refuses(Kind.PEOPLE)
    door.people.end()

    assert (first, second, door.refuses(Kind.PEOPLE)) == (False, True, False)


def test_a_line_that_turned_nobody_away_for_a_while_is_calm_again(
    door: Admission, clock: Watched
) -> None:
    make_busy(door, clock)
    clock.now += BUSY_FOR_SECONDS + 0.1
    door.refuses(Kind.SESSION)
    crowd(door, clock)
    clock.now += 0.5

    assert not door.refuses(Kind.SESSION)


def test_on_a_busy_line_fewer_wait(door: Admission, clock: Watched) -> None:
    make_busy(door, clock)
    crowd(door, clock, BUSY_MOST)

    assert door.refuses(Kind.SESSION)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_caller_who_waited_for_too_long_is_told_even_so(kind: Kind, door: Admission) -> None:
    can_be_late = kind in (Kind.SESSION, Kind.DIAL)

    assert door.is_late(kind, LATE_SECONDS + 0.1) is can_be_late
    assert not door.is_late(kind, LATE_SECONDS - 0.1)


def test_texts_and_reports_wait_longer_than_callers(door: Admission, clock: Watched) -> None:
    crowd(door, clock)
    clock.now += CALM_SECONDS + 0.3

    assert door.refuses(Kind.SESSION)
    assert not door.refuses(Kind.CALLBACK)
    assert not door.is_late(Kind.CALLBACK, PATIENT_SECONDS - 0.1)
    assert door.is_late(Kind.CALLBACK, PATIENT_SECONDS + 0.1)


def test_texts_are_asked_for_again_once_they_wait_for_too_long(
    door: Admission, clock: Watched
) -> None:
    door.callbacks.enter(clock.now)
    clock.now += PATIENT_SECONDS - 0.1
    before = door.refuses(Kind.CALLBACK)
    clock.now += 0.2

    assert not before
    assert door.refuses(Kind.CALLBACK)
    assert not door.refuses(Kind.SESSION)


def test_no_more_texts_wait_than_a_process_can_take(door: Admission, clock: Watched) -> None:
    for _ in range(CALM_MOST):
        assert not door.refuses(Kind.CALLBACK)
        door.callbacks.enter(clock.now)

    assert door.refuses(Kind.CALLBACK)


def test_who_was_turned_away_is_counted_by_kind(door: Admission, clock: Watched) -> None:
    crowd(door, clock)
    clock.now += CALM_SECONDS + 0.1
    for kind in (Kind.SESSION, Kind.SESSION, Kind.DIAL, Kind.HEALTH):
        door.refuses(kind)

    assert dict(door.refused) == {Kind.SESSION: 2, Kind.DIAL: 1}


def test_turning_away_costs_well_under_a_millisecond(door: Admission) -> None:
    began = time.process_time()
    for _ in range(1000):
        door.refuses(door.look(AT_KEY).kind)
        door.refusal(door.look(AT_KEY), asks_to_close(AT_KEY))

    assert time.process_time() - began < 0.5
