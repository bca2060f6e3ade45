"""The books balance: what the outbox says became of messages is what the gateway says.

Reports come late, out of order, twice, of strangers, or not at all; some answers never come.
"""

import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.outbox import Delivery
from tests.caller import TOKEN
from tests.sms.loopback import ROOT, Entry, Loopback
from tests.sms.senders import Desk, Forks, logged, number_of, wait_until

REPORTING = {
    "dropped": 0.05,
    "doubled": 0.02,
    "strange": 0.01,
    "failed": 0.05,
    "early": 0.1,
    "silent_every": 10,
    "delay": (0.0, 0.05),
}


@contextmanager
def web(environment: dict[str, str], folder: Path) -> Iterator[int]:
    """The line as it is served, to take reports; gives its port, on which it will answer."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    gunicorn = Path(sys.executable).parent / "gunicorn"
    with (folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [gunicorn, "wsgi:app"],
            env={**environment, "PORT": str(port)},
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        try:
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def _is_ready(port: int) -> bool:
    address = f"http://127.0.0.1:{port}/health/ready"
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def balance(
    environment: dict[str, str],
    desk: Desk,
    loopback: Loopback,
    folder: Path,
    gateway: str,
    messages: int,
    late: float,
) -> dict[int, tuple[str, str]]:
    """Send messages through a gateway that reports badly; give where the books differ."""
    began = time.monotonic()
    with web(environment, folder) as port:
        address = f"http://127.0.0.1:{port}/sms/{gateway}/{TOKEN}/reports"
        loopback.behave(gateway, reports_to=address, report_delay=(0.0, late), **REPORTING)
        kannel = address.replace(gateway, "kannel")
        own = {"SMS_GATEWAYS": gateway, "KANNEL_REPORTS_URL": kannel}
        starts = Forks({**environment, **own}, folder)
        wait_until(lambda: _is_ready(port), 60, "the line does not start")
        try:
            desk.put(range(messages))
            for number in range(2):
                starts.start(f"sender{number}")
            theirs = _theirs(desk, loopback, gateway, messages)
        finally:
            starts.close()
    ours, book = _ours(desk), loopback.book(gateway)
    differ = {
        number: (ours[number], theirs[number])
        for number in theirs
        if ours[number] != theirs[number]
    }
    print(
        f"\n{gateway}: {messages} messages, {book.reports} reports ({book.doubled} twice,"
        f" {book.strange} of strangers, {book.refused_reports} brought again):"
        f" {dict(Counter(ours.values()))}, theirs {dict(Counter(theirs.values()))},"
        f" {len(differ)} differ; {logged(folder, 'sending failed')} rounds failed;"
        f" {time.monotonic() - began:.0f} s"
    )

    assert len(book.accepted) == len(theirs) == len(ours) == messages
    return differ


def _theirs(desk: Desk, loopback: Loopback, gateway: str, messages: int) -> dict[int, str]:
    """Wait until the gateway has reported all, and we have taken it; give its own book."""
    desk.wait_for_none(Delivery.QUEUED, Delivery.SUBMITTING, seconds=messages / 5 + 60)
    wait_until(lambda: loopback.counts(gateway) == (messages, 0), 120, "reports still wait")
    accepted = loopback.book(gateway).accepted
    theirs = {number_of(one.text): becomes(one) for one in accepted}
    until = time.monotonic() + 20  # reports that came too soon are looked at again
    while _ours(desk) != theirs and time.monotonic() < until:
        time.sleep(0.2)
    return theirs


def becomes(one: Entry) -> str:
    """Say what a message is in the end, by the gateway's own book."""
    if one.end:
        return one.end
    return "unknown" if one.silent and not one.early else "sent"


def _ours(desk: Desk) -> dict[int, str]:
    return {number: row.state for number, row in desk.rows().items()}


@pytest.mark.parametrize(
    "gateway", ["africastalking", pytest.param("kannel", marks=pytest.mark.long)]
)
def test_the_outbox_says_of_two_hundred_messages_what_the_gateway_reported(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path, gateway: str
) -> None:
    assert balance(environment, desk, loopback, tmp_path, gateway, 200, late=1.0) == {}


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("gateway", ["africastalking", "kannel"])
def test_the_outbox_says_of_two_thousand_messages_what_the_gateway_reported(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path, gateway: str
) -> None:
    assert balance(environment, desk, loopback, tmp_path, gateway, 2_000, late=20.0) == {}
