"""Facts about what is counted of hops, and by which processes."""

import os
import warnings

import pytest

from menus.meters import (
    BOUNDS,
    GATEWAYS,
    SMS_GATEWAYS,
    Board,
    Callback,
    Meters,
    Outcome,
    Shed,
)
from sms import webhook as sms_webhook
from ussd import webhook
from ussd.admission import Kind


def pages(meters: Meters) -> float:
    return sum(count for _, outcome, count in meters.hops() if outcome == Outcome.PAGE)


def test_every_gateway_is_one_that_is_counted() -> None:
    assert tuple(one.NAME for one in webhook.GATEWAYS) == GATEWAYS
    assert tuple(sms_webhook.GATEWAYS) == SMS_GATEWAYS
    assert {str(one) for one in Shed} == {str(one) for one in Kind} - {"health"}


@pytest.mark.parametrize(
    ("seconds", "bound"), [(0.0, BOUNDS[0]), (0.005, BOUNDS[0]), (0.03, 0.05), (9.0, "+")]
)
def test_a_hop_is_counted_within_its_bound_and_every_longer(
    seconds: float, bound: float | str
) -> None:
    meters = Meters()
    meters.hop("infobip", Outcome.END, seconds)
    within, total = meters.times()
    first = next(one for one, count in within if count)

    assert first == (float("inf") if bound == "+" else bound)
    assert within[-1] == (float("inf"), 1)
    assert total == seconds


def test_what_is_not_known_is_not_counted() -> None:
    meters = Meters()
    meters.hop("nobody", Outcome.PAGE, 0.1)
    meters.callback("nobody", Callback.TEXT, 200)
    meters.shed("nobody")

    assert sum(count for *_, count in meters.hops()) == 0
    assert meters.times() == ([*((one, 0) for one in BOUNDS), (float("inf"), 0)], 0)


@pytest.mark.parametrize(("status", "word"), [(200, "200"), (413, "4xx"), (503, "503")])
def test_a_callback_is_counted_by_its_status(status: int, word: str) -> None:
    meters = Meters()
    meters.callback("kannel", Callback.REPORT, status)

    assert [one for one in meters.callbacks() if one[3]] == [("kannel", "report", word, 1)]


def test_processes_of_a_server_are_added_up_by_whichever_is_asked() -> None:
    board = Board(3)
    mine = Meters()
    mine.share(board, 0)
    mine.hop("flares", Outcome.PAGE, 0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this process has threads
        child = os.fork()
    if not child:
        other = Meters()
        other.share(board, 1)
        for _ in range(5):
            other.hop("flares", Outcome.PAGE, 0.1)
        os._exit(0)
    os.waitpid(child, 0)

    assert pages(mine) == 6
    assert mine.starts()[0] == 2
    assert mine.starts()[1] > 0


def test_a_process_counts_on_from_the_one_whose_place_it_takes() -> None:
    board = Board(2)
    for _ in range(2):
        meters = Meters()
        meters.share(board, 1)
        meters.hop("hubtel", Outcome.PAGE, 0.1)

    assert pages(meters) == 2
