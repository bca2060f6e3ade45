"""What changes under the callers' feet: the edition that is noted, and what comes of it."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from menus.edition import edition_of
from menus.flows import SCREENS
from menus.screens import Choice, Menu, Route, Screen
from menus.sessions import PAUSE_SECONDS, Loaded
from menus.watch import LONGEST_CALL
from menus.words import Words, load
from models.base import Connection, Database
from models.centres import centres
from models.editions import changed_at, note
from models.editions import editions as table
from tests.caller import Caller
from tests.conftest import Open, inbox, line_of
from tests.servers import PostgresServer, RedisServer
from tests.world import announce, put

LOST = "CON Sorry, the line lost your place.\n1919 Ndio Form!"
ONE, OTHER = "1" * 64, "2" * 64
NOBODY = "unix:///nonexistent/redis.sock"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    one = Database(database_url)
    yield one
    one.close()


@pytest.fixture
def watched(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line that has remembered everything for longer than a call."""
    app = open_app(database_url, redis.url)
    put(line_of(app), "id_card", "12345678", "ready")
    age_memory(redis)
    return app


def age_memory(redis: RedisServer, seconds: float = 2 * LONGEST_CALL.total_seconds()) -> None:
    """Let Redis have forgotten nothing for as long."""
    noted = redis.client.get("remembers-since")
    assert isinstance(noted, bytes)
    run, _, _ = noted.decode().partition(" ")
    redis.client.set("remembers-since", f"{run} {time.time() - seconds:.0f}")


def change(app: Flask, ago: timedelta = timedelta(0)) -> None:
    """Let the edition have changed, and every process have seen it."""
    line = line_of(app)
    with line.database.working() as connection:
        connection.execute(update(table).values(changed_at=datetime.now(UTC) - ago))
    line.watch.look()


def noted(app: Flask) -> tuple[str, datetime | None]:
    """Read the edition that the database knows, and when it changed."""
    with line_of(app).database.working() as connection:
        digest: str = connection.scalars(select(table.c.digest)).one()
        return digest, changed_at(connection)


# The edition in the database.


def test_nothing_noted_is_no_change(database: Database) -> None:
    with database.working() as connection:
        assert changed_at(connection) is None


def test_the_first_edition_is_no_change(database: Database) -> None:
    with database.working() as connection:
        note(connection, ONE)

        assert changed_at(connection) is None


def test_the_same_edition_again_is_no_change(database: Database) -> None:
    with database.working() as connection:
        note(connection, ONE)
        note(connection, ONE)

        assert changed_at(connection) is None


def test_another_edition_is_a_change_now(database: Database) -> None:
    before = datetime.now(UTC)
    with database.working() as connection:
        note(connection, ONE)
        note(connection, OTHER)
        moment = changed_at(connection)

    assert moment is not None
    assert before <= moment <= datetime.now(UTC)


def test_the_edition_before_is_another_one_too(database: Database) -> None:
    with database.working() as connection:
        for digest in (ONE, OTHER):
            note(connection, digest)
        first = changed_at(connection)
        note(connection, ONE)
        second = changed_at(connection)

    assert first is not None
    assert second is not None
    assert first < second


def test_a_change_stays_when_its_edition_is_noted_again(database: Database) -> None:
    with database.working() as connection:
        for digest in (ONE, OTHER):
            note(connection, digest)
        moment = changed_at(connection)
        note(connection, OTHER)

        assert changed_at(connection) == moment


def test_one_row_is_kept_however_many_editions_there_were(database: Database) -> None:
    with database.working() as connection:
        for digest in (ONE, OTHER, ONE, OTHER):
            note(connection, digest)

        assert connection.scalars(select(table.c.digest)).all() == [OTHER]


# What an edition is named by.


WORDS = load(code="*1919#")


def with_screen(name: str, change: Callable[[Menu], Screen]) -> list[Screen]:
    return [
        change(one) if one.name == name and isinstance(one, Menu) else one for one in SCREENS
    ]


def rekeyed(menu: Menu) -> Menu:
    first, *rest = menu.choices
    return replace(menu, choices=(replace(first, key="9"), *rest))


def reordered(menu: Menu) -> Menu:
    return replace(menu, choices=menu.choices[::-1])


def grown(menu: Menu) -> Menu:
    return replace(menu, choices=(*menu.choices, Choice("parking", "9", "help")))


def led_elsewhere(menu: Menu) -> Menu:
    first, *rest = menu.choices
    return replace(menu, choices=(replace(first, to="help"), *rest))


def reworded(code: str, text: str) -> dict[str, Words]:
    sections = {**WORDS[code].sections, "phrases": {**WORDS[code].section("phrases")}}
    sections["phrases"]["slip"] = text
    return {**WORDS, code: replace(WORDS[code], sections=sections)}


def test_the_same_menus_and_words_are_the_same_edition() -> None:
    assert edition_of(SCREENS, WORDS) == edition_of(list(SCREENS), load(code="*1919#"))


@pytest.mark.parametrize("change", [rekeyed, reordered, grown, led_elsewhere])
def test_other_choices_are_another_edition(change: Callable[[Menu], Screen]) -> None:
    assert edition_of(with_screen("home", change), WORDS) != edition_of(SCREENS, WORDS)


def test_a_decision_that_leads_elsewhere_is_another_edition() -> None:
    screens = [
        replace(one, to={**one.to, next(iter(one.to)): "help"})
        if isinstance(one, Route) and one.name == "find"
        else one
        for one in SCREENS
    ]

    assert edition_of(screens, WORDS) != edition_of(SCREENS, WORDS)


def test_other_words_are_another_edition() -> None:
    assert edition_of(SCREENS, reworded("sw", "Hapana.")) != edition_of(SCREENS, WORDS)


def test_another_language_is_another_edition() -> None:
    assert edition_of(SCREENS, {"en": WORDS["en"]}) != edition_of(SCREENS, WORDS)


# What a process knows of it.


def test_a_line_that_starts_on_a_new_database_is_not_wary(watched: Flask) -> None:
    assert noted(watched)[1] is None
    assert not line_of(watched).watch.is_wary()


def test_a_second_process_of_one_edition_changes_nothing(
    watched: Flask, open_app: Open, database_url: str, redis: RedisServer
) -> None:
    before = noted(watched)
    open_app(database_url, redis.url)

    assert noted(watched) == before


def test_a_process_with_another_list_of_centres_is_another_edition(watched: Flask) -> None:
    digest, _ = noted(watched)
    _add_centre(watched)
    line_of(watched).watch.look()
    now, moment = noted(watched)

    assert now != digest
    assert moment is not None
    assert line_of(watched).watch.is_wary()


def test_another_process_learns_of_the_change_when_it_looks(
    watched: Flask, open_app: Open, database_url: str, redis: RedisServer
) -> None:
    other = open_app(database_url, redis.url)
    _add_centre(watched)
    line_of(watched).watch.look()
    assert not line_of(other).watch.is_wary()
    line_of(other).watch.look()

    assert line_of(other).watch.is_wary()
    assert noted(other) == noted(watched)


@pytest.mark.parametrize(
    ("seconds", "wary"), [(0, True), (170, True), (181, False), (100_000, False)]
)
def test_a_line_is_wary_for_as_long_as_a_call_may_last(
    seconds: int, wary: bool, watched: Flask
) -> None:
    change(watched, timedelta(seconds=seconds))

    assert line_of(watched).watch.is_wary() == wary


def test_announcements_are_read_when_the_line_looks(watched: Flask) -> None:
    before = line_of(watched).watch.directory
    announce(line_of(watched))
    after = line_of(watched).watch.directory

    assert before.announcements == ()
    assert len(after.announcements) == 5
    assert after.digest != before.digest


def test_a_directory_that_is_the_same_is_kept_as_it_is(watched: Flask) -> None:
    watch = line_of(watched).watch
    before = watch.directory
    watch.look()

    assert watch.directory is before


def test_a_caller_meets_a_new_centre_once_the_line_has_looked(watched: Flask) -> None:
    before = Caller(watched.test_client()).keys("2", "42")
    _add_centre(watched)
    unseen = Caller(watched.test_client()).keys("2", "42")
    line_of(watched).watch.look()
    after = Caller(watched.test_client()).keys("2", "42")

    assert before == unseen
    assert before.startswith("CON Kisumu\n")
    assert after.startswith("CON Huduma Centres in Kisumu:\n11 Kisumu")
    assert "\n12 Ahero" in after


def test_while_the_database_is_away_a_line_keeps_what_it_knew(
    open_app: Open, postgres_url: str, postgres: PostgresServer, redis: RedisServer
) -> None:
    line = line_of(open_app(postgres_url, redis.url))
    before = line.watch.directory
    postgres.freeze()
    try:
        line.watch.look()
    finally:
        postgres.thaw()

    assert len(before.counties) == 47
    assert line.watch.directory is before


def test_a_broken_table_leaves_what_was_known(watched: Flask) -> None:
    line = line_of(watched)
    before = line.watch.directory
    with line.database.working() as connection:
        connection.exec_driver_sql("DROP TABLE service_texts")
    line.watch.look()

    assert line.watch.directory is before
    assert Caller(watched.test_client()).keys("3", "2").startswith("CON Replace a lost ID")


def test_a_line_that_is_closed_looks_no_more(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    before = threading.active_count()
    line = line_of(open_app(sqlite_url, redis.url))
    serving = {one.name for one in threading.enumerate()}
    line.close()

    assert "watch" in serving
    assert threading.active_count() == before


# Sessions that Redis lost.


@pytest.mark.parametrize(
    ("loaded", "lost"),
    [
        (None, True),  # Redis is away
        (Loaded(), True),  # it does not know since when it remembers
        (Loaded(unread=True, since=0.0), True),  # what it has cannot be read
        (Loaded(since=0.0), False),  # it remembers everything: the session never began
    ],
    ids=["away", "not noted", "unread", "remembers"],
)
def test_while_an_edition_is_new_a_session_may_have_been_lost(
    loaded: Loaded | None, lost: bool, watched: Flask
) -> None:
    change(watched)

    assert line_of(watched).watch.may_have_lost(loaded) == lost


@pytest.mark.parametrize("ago", [0.0, 170.0])
def test_what_redis_remembers_for_less_than_a_call_may_be_too_little(
    ago: float, watched: Flask
) -> None:
    change(watched)

    assert line_of(watched).watch.may_have_lost(Loaded(since=time.time() - ago))


@pytest.mark.parametrize("loaded", [None, Loaded(), Loaded(unread=True)], ids=str)
def test_while_no_edition_is_new_no_session_need_be_feared_lost(
    loaded: Loaded | None, watched: Flask
) -> None:
    change(watched, LONGEST_CALL * 2)

    assert not line_of(watched).watch.may_have_lost(loaded)


def test_a_session_lost_while_an_edition_is_new_goes_home_with_an_honest_line(
    watched: Flask, redis: RedisServer
) -> None:
    caller = Caller(watched.test_client())
    caller.keys("1", "1", "12345678")
    change(watched)
    redis.flush()

    assert caller.key("1").startswith(LOST)
    assert inbox(line_of(watched)) == []
    assert caller.key("1").startswith("CON Which document?")


def test_a_session_lost_once_the_edition_is_old_is_folded(
    watched: Flask, redis: RedisServer
) -> None:
    caller = Caller(watched.test_client())
    caller.keys("1", "1", "12345678")
    change(watched, LONGEST_CALL * 2)
    redis.flush()

    assert caller.key("1").startswith("CON We will text you the answer.")


def test_a_session_that_was_kept_goes_on_while_an_edition_is_new(watched: Flask) -> None:
    caller = Caller(watched.test_client())
    caller.keys("1", "1", "12345678")
    change(watched)

    assert caller.key("1").startswith("CON We will text you the answer.")


def test_a_dial_while_an_edition_is_new_opens_home(watched: Flask, redis: RedisServer) -> None:
    change(watched)
    redis.flush()

    assert Caller(watched.test_client()).dial().startswith("CON 1919 Ndio Form!")


def test_a_direct_dial_while_an_edition_is_new_is_answered_where_redis_remembers(
    watched: Flask,
) -> None:
    change(watched)

    assert Caller(watched.test_client()).dial("12345678").startswith("CON ID ..678 is READY.")


def test_a_direct_dial_while_an_edition_is_new_goes_home_where_redis_is_young(
    watched: Flask, redis: RedisServer
) -> None:
    change(watched)
    redis.flush()

    assert Caller(watched.test_client()).dial("12345678").startswith(LOST)


def test_without_redis_a_second_hop_while_an_edition_is_new_goes_home(
    open_app: Open, sqlite_url: str
) -> None:
    app = open_app(sqlite_url, NOBODY)
    caller = Caller(app.test_client())
    caller.keys("1")
    change(app)

    assert caller.key("1").startswith(LOST)


def test_a_late_hop_while_an_edition_is_new_is_answered_with_the_page_that_is_known(
    watched: Flask,
) -> None:
    caller = Caller(watched.test_client())
    last = caller.keys("1", "1")
    change(watched)

    assert caller.send("1") == last


def test_a_centre_that_is_added_between_two_hops_takes_nobody_elsewhere(
    watched: Flask, redis: RedisServer
) -> None:
    caller = Caller(watched.test_client())
    caller.keys("2", "42")
    _add_centre(watched)
    line_of(watched).watch.look()
    redis.flush()
    lost = caller.key("1")

    assert lost.startswith(LOST)
    assert inbox(line_of(watched)) == []


def test_a_centre_that_is_added_between_two_hops_leaves_a_kept_session_where_it_was(
    watched: Flask,
) -> None:
    caller = Caller(watched.test_client())
    caller.keys("2", "42")
    _add_centre(watched)
    line_of(watched).watch.look()
    kept = caller.key("1")

    assert kept.startswith("CON We will text you that.")
    assert [text[:21] for text in inbox(line_of(watched))] == ["Huduma Centre Kisumu."]


# Since when Redis has forgotten nothing.


def since(app: Flask) -> float | None:
    """Read what the line knows of Redis's memory."""
    sessions = line_of(app).sessions
    loaded = sessions.load(sessions.place("+254711000111"), wary=True)
    assert loaded is not None
    return loaded.since


def is_young(app: Flask) -> bool:
    moment = since(app)
    return moment is None or time.time() - moment < LONGEST_CALL.total_seconds()


def test_a_redis_that_was_just_met_is_young(app: Flask) -> None:
    assert is_young(app)


def test_an_old_note_is_remembered(watched: Flask) -> None:
    before = since(watched)
    line_of(watched).watch.look()

    assert not is_young(watched)
    assert since(watched) == before


def test_a_second_process_leaves_the_note(
    watched: Flask, open_app: Open, database_url: str, redis: RedisServer
) -> None:
    open_app(database_url, redis.url)

    assert not is_young(watched)


def test_a_redis_that_was_flushed_is_young(watched: Flask, redis: RedisServer) -> None:
    redis.flush()
    assert since(watched) is None
    line_of(watched).watch.look()

    assert since(watched) is not None
    assert is_young(watched)


def test_a_redis_that_was_started_again_is_young(
    open_app: Open, sqlite_url: str, own_redis: RedisServer
) -> None:
    app = open_app(sqlite_url, own_redis.url)
    age_memory(own_redis)
    old = own_redis.client.get("remembers-since")
    assert isinstance(old, bytes)
    own_redis.stop()
    own_redis.start()
    own_redis.client.set("remembers-since", old)  # as if it had been read from its disk
    line_of(app).watch.look()

    assert own_redis.client.get("remembers-since") != old
    assert is_young(app)


def test_a_redis_that_a_hop_found_away_is_young(
    open_app: Open, sqlite_url: str, own_redis: RedisServer
) -> None:
    app = open_app(sqlite_url, own_redis.url)
    age_memory(own_redis)
    assert not is_young(app)
    own_redis.freeze()
    Caller(app.test_client()).dial()
    own_redis.thaw()
    time.sleep(PAUSE_SECONDS)
    line_of(app).watch.look()

    assert is_young(app)


def test_a_note_is_nobodys_and_names_nobody(app: Flask, redis: RedisServer) -> None:
    value = redis.client.get("remembers-since")
    assert isinstance(value, bytes)
    run, moment = value.decode().split(" ")

    assert len(run) == 40
    assert float(moment) <= time.time() + 1


def _add_centre(app: Flask) -> None:
    """Open a second centre in Kisumu."""
    with line_of(app).database.working() as connection:
        _copy_centre(connection, "042-01", code="042-02", short_name="Ahero", town="Ahero")


def _copy_centre(connection: Connection, of: str, **others: str) -> None:
    row = connection.execute(select(centres).where(centres.c.code == of)).mappings().one()
    connection.execute(centres.insert().values({**row, **others}))
