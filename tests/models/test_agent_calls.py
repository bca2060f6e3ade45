"""Facts about calls that agents take, reports that they see to, and a phone's last hour."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, select, update

from models import agent_calls, agents, report_queue
from models.agent_calls import AgentCall, Ending, Reason, Way, Why
from models.agents import Role
from models.base import Database
from models.call_backs import ask
from models.keys import Keys, Versions
from models.lookups import Channel, Lookup, Outcome, keep
from models.outbox import Delivery, queue
from models.phone_hour import phone_hour
from models.rekeying import rekey_phones
from models.reports import Matter, Report, report, reports
from models.rotation import PhoneRotation
from tests.conftest import KEYS
from tests.rotating import BOTH, NEW, OLD

PHONE, OTHER = "+254711000111", "+254711000222"
TODAY = date(2026, 9, 30)


@pytest.fixture
def keys() -> Keys:
    public = Versions.read(KEYS["ARCHIVE_PUBLIC_KEY"]).secrets[0]
    return Keys(Versions.read(KEYS["LOOKUP_KEY"]), Versions.read(KEYS["PHONE_KEY"]), public)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """Each database in turn."""
    database = Database(database_url)
    with database.working() as lent:
        yield lent
    database.close()


@pytest.fixture
def agent(connection: Connection) -> int:
    return agents.add(connection, "wanjiku", Role.AGENT)


def begun(connection: Connection, keys: Keys, agent: int, phone: str = PHONE) -> AgentCall:
    assert agent_calls.begin(connection, keys, agent, phone, Reason.DOCUMENT)
    call = agent_calls.open_call(connection, keys, agent)
    assert call
    return call


def test_a_call_is_open_until_it_ends_and_then_holds_no_screen(
    connection: Connection, keys: Keys, agent: int
) -> None:
    call = begun(connection, keys, agent)
    kept = agent_calls.keep_screen(connection, keys, call, "ID ..678", "sw")
    reopened = agent_calls.open_call(connection, keys, agent, call.id)
    ended = agent_calls.end(connection, call, Ending.ANSWERED)

    assert reopened
    assert (reopened.phone, reopened.screen, reopened.language) == (PHONE, "ID ..678", "sw")
    assert (kept, ended) == (True, True)
    assert agent_calls.open_call(connection, keys, agent) is None
    assert connection.scalars(select(agent_calls.agent_calls.c.screen)).one() is None


def test_an_ended_call_is_not_changed_any_more(
    connection: Connection, keys: Keys, agent: int
) -> None:
    call = begun(connection, keys, agent)
    agent_calls.end(connection, call, Ending.CUT_OFF)

    assert not agent_calls.keep_screen(connection, keys, call, "ID ..678", "en")
    assert not agent_calls.reveal(connection, call, Why.RING)
    assert not agent_calls.let_look_beyond(connection, call, Why.FAMILY)
    assert not agent_calls.end(connection, call, Ending.ANSWERED)


def test_a_call_is_its_agents_alone(connection: Connection, keys: Keys, agent: int) -> None:
    call = begun(connection, keys, agent)
    other = agents.add(connection, "otieno", Role.AGENT)

    assert agent_calls.open_call(connection, keys, other, call.id) is None
    assert agent_calls.begin(connection, keys, agent, OTHER, Reason.COURT) is None


def test_earlier_calls_are_the_phones_own_the_latest_first(
    connection: Connection, keys: Keys, agent: int
) -> None:
    for ending in (Ending.ANSWERED, Ending.CUT_OFF):
        agent_calls.end(connection, begun(connection, keys, agent), ending)
    agent_calls.end(connection, begun(connection, keys, agent, OTHER), Ending.PASSED_ON)
    now = begun(connection, keys, agent)
    before = agent_calls.earlier(connection, keys.phone_hmacs(PHONE), but=now.id)

    assert [one.outcome for one in before] == [Ending.CUT_OFF, Ending.ANSWERED]
    assert {(one.account, one.way) for one in before} == {("wanjiku", Way.RANG)}


def test_a_phones_hour_counts_what_it_did_and_no_other(
    connection: Connection, keys: Keys
) -> None:
    now, hmac = datetime.now(UTC), keys.phone_hmac(PHONE)
    moments = [now, now - timedelta(minutes=1), now - timedelta(hours=2)]
    looked = [
        Lookup(at, TODAY, Channel.USSD, Outcome.FOUND, hmac, keys.subject("12345678"))
        for at in moments
    ]
    keep(connection, "batch", looked)
    queue(connection, keys, "answer", PHONE, "An answer.")
    queue(connection, keys, "another", OTHER, "An answer.")
    ask(connection, keys, PHONE, "en", "contact")
    report(connection, keys, PHONE, Report(Matter.MONEY, "en", words="askari"), TODAY)
    hour = phone_hour(connection, keys.phone_hmacs(PHONE))

    assert [(one.channel, one.outcome, one.count) for one in hour.looked] == [
        (Channel.USSD, Outcome.FOUND, 2)
    ]
    assert [one.state for one in hour.texts] == [Delivery.QUEUED]
    assert [one.is_open for one in hour.call_backs] == [True]
    assert [(one.about, one.is_open) for one in hour.reports] == [("money", True)]
    assert hour.subscriptions == ()
    assert phone_hour(connection, keys.phone_hmacs("+254711000333")).is_empty


def test_reports_of_money_come_first_then_the_oldest(
    connection: Connection, keys: Keys, agent: int
) -> None:
    for nth, matter in enumerate((Matter.OTHER, Matter.MOVE, Matter.MONEY)):
        report(connection, keys, PHONE, Report(matter, "en", words=f"w{nth}"), TODAY)
    queued = report_queue.in_queue(connection)

    assert [one.matter for one in queued] == [Matter.MONEY, Matter.OTHER, Matter.MOVE]
    assert {one.agent_id for one in queued} == {None}


def test_a_report_is_one_agents_until_it_was_left_for_an_hour(
    connection: Connection, keys: Keys, agent: int
) -> None:
    report(connection, keys, PHONE, Report(Matter.MONEY, "en", words="askari"), TODAY)
    (one,) = report_queue.in_queue(connection)
    other = agents.add(connection, "otieno", Role.AGENT)
    first = report_queue.take(connection, one.id, agent)
    second = report_queue.take(connection, one.id, other)
    connection.execute(update(reports).values(taken_at=datetime.now(UTC) - report_queue.LEFT))
    third = report_queue.take(connection, one.id, other)
    read = report_queue.taken_by(connection, keys, one.id, other)

    assert (first, second, third) == (True, False, True)
    assert read
    assert read.words == "askari"
    assert report_queue.taken_by(connection, keys, one.id, agent) is None
    assert not report_queue.settle(connection, one.id, agent, "solved")
    assert report_queue.settle(connection, one.id, other, "solved")


def test_a_report_of_what_was_not_there_is_not_settled_by_agents(
    connection: Connection, keys: Keys, agent: int
) -> None:
    report(connection, keys, PHONE, Report(Matter.NOT_THERE, "en", number="12345678"), TODAY)
    (one,) = report_queue.in_queue(connection)

    assert report_queue.take(connection, one.id, agent)
    assert not report_queue.settle(connection, one.id, agent, "solved")


def test_a_call_that_is_open_is_read_under_a_new_key(
    connection: Connection, agent: int
) -> None:
    call = begun(connection, OLD, agent)
    agent_calls.keep_screen(connection, OLD, call, "ID ..678", "en")
    moved = rekey_phones(connection, BOTH, [PHONE])
    again = agent_calls.open_call(connection, NEW, agent)

    assert moved == 1
    assert again
    assert (again.phone, again.screen) == (PHONE, "ID ..678")
    assert agent_calls.earlier(connection, NEW.phone_hmacs(PHONE), but=0) != []


def test_rotation_finds_calls_under_an_older_key(database_url: str) -> None:
    database = Database(database_url)
    with database.working() as connection:
        made = agents.add(connection, "wanjiku", Role.AGENT)
        begun(connection, OLD, made)
    for _ in PhoneRotation(database, BOTH).run():
        pass
    with database.working() as connection:
        again = agent_calls.open_call(connection, NEW, made)
    database.close()

    assert again
    assert again.phone == PHONE
