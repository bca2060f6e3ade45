"""Facts about the choice among gateways, and what two senders tell each other of them."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from queue import SimpleQueue

import pytest
from sqlalchemy import update

from models.base import Database
from models.gateways import absences, gateways
from models.sending import Outgoing
from sms import switch
from sms.gateway import Fate, Submitted
from sms.lane import Answered, Lane, Probed
from sms.switch import LOOK_SECONDS, Switch

ACCEPTED = Submitted(Fate.ACCEPTED, "name")
TROUBLE = Submitted(Fate.UNKNOWN, reason="HTTP 500")
MESSAGE = Outgoing(1, 1, 1, date(2026, 10, 9), "+254711000111", "Habari")


class Gateway:
    """A gateway that a test makes well or ill."""

    names_by_us = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_well = True
        self.probes = 0

    def send(self, reference: str, phone: str, body: str) -> Submitted:
        return ACCEPTED if self.is_well else TROUBLE

    def answers(self) -> bool:
        self.probes += 1
        return self.is_well


class Town:
    """Two gateways."""

    def __init__(self) -> None:
        self.first, self.second = Gateway("africastalking"), Gateway("kannel")


class Desk:
    """One sender's switch, and its lanes."""

    def __init__(self, database: Database, town: Town) -> None:
        self._news: SimpleQueue[object] = SimpleQueue()
        self.lanes = [Lane(one, self._news) for one in (town.first, town.second)]
        self.first, self.second = (one.health for one in self.lanes)
        self.switch = Switch(database, self.lanes)

    @property
    def uses(self) -> str:
        """Name the gateway that gets what there is to send."""
        lane = self.switch.lane()
        return lane.sender.name if lane else ""

    def look(self) -> None:
        self.switch.look()

    def send(self) -> None:
        """Hand the gateway in use one message, and wait for what it says."""
        lane = self.switch.lane()
        assert lane
        lane.submit(MESSAGE)
        self.take_news()

    def take_news(self) -> None:
        match self._news.get(timeout=10):
            case Answered(lane, message, submitted):
                lane.answered(message, submitted)
            case Probed(lane, answers):
                lane.probed(answers)

    def has_news(self) -> bool:
        time.sleep(0.1)
        return not self._news.empty()

    def leave(self, reason: str = "HTTP 500") -> None:
        """Find the first gateway away, and tell."""
        self.first.leave(reason)
        self.look()

    def close(self) -> None:
        for lane in self.lanes:
            lane.close()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Each database in turn."""
    one = Database(database_url)
    yield one
    one.close()


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def desks(
    database: Database, town: Town, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Desk, Desk]]:
    """Two senders that hear of each other whenever they look."""
    monkeypatch.setattr(switch, "LOOK_SECONDS", 0.0)
    two = Desk(database, town), Desk(database, town)
    yield two
    for one in two:
        one.close()


def away(database: Database) -> list[tuple[str, str]]:
    with database.working() as connection:
        return [(one.name, one.reason) for one in absences(connection)]


def let_it_be_time_to_try(database: Database) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    with database.working() as connection:
        connection.execute(update(gateways).values(away_since=long_ago, changed_at=long_ago))


def tried(database: Database, desk: Desk) -> None:
    """Let a sender find that the gateway answers again."""
    let_it_be_time_to_try(database)
    desk.look()
    desk.take_news()
    assert desk.first.is_tried


def test_the_first_gateway_is_used_while_it_is_well(desks: tuple[Desk, Desk]) -> None:
    assert [one.uses for one in desks] == ["africastalking"] * 2


def test_the_second_is_used_while_the_first_is_away(desks: tuple[Desk, Desk]) -> None:
    desks[0].leave()

    assert desks[0].uses == "kannel"


def test_none_is_used_while_both_are_away(desks: tuple[Desk, Desk]) -> None:
    desks[0].second.leave("no answer")
    desks[0].leave()

    assert desks[0].uses == ""


def test_a_gateway_that_takes_everything_is_not_noted(
    database: Database, desks: tuple[Desk, Desk]
) -> None:
    for _ in range(5):
        desks[0].send()
        desks[0].look()

    assert away(database) == []


def test_what_one_sender_finds_away_is_noted_with_its_reason(
    database: Database, desks: tuple[Desk, Desk]
) -> None:
    desks[0].leave("HTTP 500")

    assert away(database) == [("africastalking", "HTTP 500")]


def test_what_one_sender_finds_away_the_other_leaves_as_well(desks: tuple[Desk, Desk]) -> None:
    one, other = desks
    one.leave("HTTP 500")
    other.look()

    assert (other.uses, other.first.reason) == ("kannel", "HTTP 500")


def test_a_sender_that_begins_hears_what_is_away(
    database: Database, town: Town, desks: tuple[Desk, Desk]
) -> None:
    desks[0].leave()
    late = Desk(database, town)
    late.look()
    uses = late.uses
    late.close()

    assert uses == "kannel"


def test_a_gateway_that_both_found_away_is_noted_once(
    database: Database, desks: tuple[Desk, Desk]
) -> None:
    desks[0].leave("HTTP 500")
    desks[1].leave("no answer")

    assert away(database) == [("africastalking", "HTTP 500")]


def test_a_gateway_is_not_tried_at_once(town: Town, desks: tuple[Desk, Desk]) -> None:
    desks[0].leave()
    for _ in range(3):
        desks[0].look()

    assert not desks[0].has_news()
    assert town.first.probes == 0


def test_when_it_is_time_one_of_both_senders_asks_whether_it_answers(
    database: Database, town: Town, desks: tuple[Desk, Desk]
) -> None:
    one, other = desks
    one.leave()
    other.look()
    let_it_be_time_to_try(database)
    for desk in (other, one, other):
        desk.look()
    other.take_news()

    assert town.first.probes == 1
    assert not one.has_news()


def test_a_gateway_that_does_not_answer_stays_away(
    database: Database, town: Town, desks: tuple[Desk, Desk]
) -> None:
    town.first.is_well = False
    desks[0].leave()
    let_it_be_time_to_try(database)
    desks[0].look()
    desks[0].take_news()
    desks[0].look()

    assert desks[0].uses == "kannel"
    assert away(database) == [("africastalking", "HTTP 500")]


def test_a_gateway_that_answers_gets_one_message_of_the_sender_that_asked(
    database: Database, desks: tuple[Desk, Desk]
) -> None:
    one, other = desks
    one.leave()
    other.look()
    tried(database, one)
    for desk in (one, other, one):
        desk.look()

    assert (one.uses, one.lanes[0].room) == ("africastalking", 1)
    assert other.uses == "kannel"
    assert away(database) == [("africastalking", "HTTP 500")]


def test_a_gateway_that_took_that_message_is_back_for_all(
    database: Database, desks: tuple[Desk, Desk]
) -> None:
    one, other = desks
    one.leave()
    other.look()
    tried(database, one)
    one.send()
    one.look()
    other.look()

    assert away(database) == []
    assert [desk.uses for desk in desks] == ["africastalking"] * 2


def test_a_gateway_that_did_not_take_that_message_is_away_as_before(
    database: Database, town: Town, desks: tuple[Desk, Desk]
) -> None:
    one, other = desks
    one.leave()
    other.look()
    tried(database, one)
    town.first.is_well = False
    one.send()
    one.look()
    other.look()

    assert [desk.uses for desk in desks] == ["kannel"] * 2
    assert len(away(database)) == 1


def test_the_sender_that_did_not_find_it_away_may_be_the_one_that_brings_it_back(
    database: Database, desks: tuple[Desk, Desk]
) -> None:
    one, other = desks
    one.leave()
    other.look()
    tried(database, other)
    other.send()
    other.look()
    one.look()

    assert away(database) == []
    assert [desk.uses for desk in desks] == ["africastalking"] * 2


def test_a_gateway_may_be_away_again_after_it_was_back(
    database: Database, desks: tuple[Desk, Desk]
) -> None:
    one, other = desks
    one.leave()
    other.look()
    tried(database, one)
    one.send()
    one.look()
    other.look()
    other.leave("throttled")
    one.look()

    assert away(database) == [("africastalking", "throttled")]
    assert one.uses == "kannel"


def test_three_messages_in_trouble_and_all_leave_a_gateway(
    town: Town, desks: tuple[Desk, Desk]
) -> None:
    one, other = desks
    town.first.is_well = False
    for _ in range(3):
        one.send()
    one.look()
    other.look()

    assert [desk.uses for desk in desks] == ["kannel"] * 2


def test_what_one_sender_finds_is_heard_by_the_other_within_a_second(
    database: Database, town: Town
) -> None:
    one, other = Desk(database, town), Desk(database, town)
    other.look()
    one.look()
    one.leave()
    other.look()
    early = other.uses
    time.sleep(LOOK_SECONDS)
    other.look()
    late = other.uses
    one.close()
    other.close()

    assert (early, late) == ("africastalking", "kannel")
