"""Facts about both databases: their schema, their limits, and what is written to them once."""

import importlib
import logging
import pkgutil
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Table, event, func, inspect, select, text

import models
from commands.database import prepare
from models import asked, callers, finished, outbox
from models.base import Database, Unavailable, metadata
from models.centres import centres, every_centre
from models.counties import counties, populations
from models.keys import Keys, Versions
from models.reference_data import TABLES
from tests.conftest import KEYS
from tests.servers import PostgresServer

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"
TODAY = date(2026, 9, 30)
PHONE = b"p" * 32
FIRST_ROWS = (
    "INSERT INTO counties VALUES ('047', 'Nairobi', 'Nairobi', 1, 'high', 'a source')",
    "INSERT INTO centres VALUES ('047-01', 'GPO', 'GPO', '047', '', '', '', '', '', true,"
    " 'open', '', 'high', 'a source')",
    "INSERT INTO batches (id, made_at, demonstration, archive_version, sealed_key)"
    " VALUES (1, '2026-09-30 08:00:00+00:00', false, 1, 'x')",
    "INSERT INTO documents (id, kind, state, centre_code, confirmed_on, batch_id)"
    " VALUES (1, 'id_card', 'ready', '047-01', '2026-09-30', 1)",
)
RECOVERY_SECONDS = 20


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Each database in turn, prepared and open."""
    database = Database(database_url)
    database.open()
    yield database
    answers_again(database)
    database.close()


@pytest.fixture
def on_postgres(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url, connections=3)
    database.open()
    yield database
    answers_again(database)
    database.close()


@pytest.fixture
def keys() -> Keys:
    public = Versions.read(KEYS["ARCHIVE_PUBLIC_KEY"]).secrets[0]
    return Keys(Versions.read(KEYS["LOOKUP_KEY"]), Versions.read(KEYS["PHONE_KEY"]), public)


@contextmanager
def frozen(server: PostgresServer) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


def migrate(database: Database, revision: str) -> None:
    """Migrate up to `head`, or down to `base`."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with database.working() as connection:
        settings.attributes["connection"] = connection
        if revision == "base":
            command.downgrade(settings, revision)
        else:
            command.upgrade(settings, revision)


def differences(database: Database) -> list[Any]:
    for module in pkgutil.iter_modules(models.__path__):
        importlib.import_module(f"models.{module.name}")
    with database.working() as connection:
        found: list[Any] = compare_metadata(MigrationContext.configure(connection), metadata)
    return found


def tables(database: Database) -> set[str]:
    with database.working() as connection:
        return set(inspect(connection).get_table_names())


def rows_of(database: Database, *held: Table) -> list[list[tuple[Any, ...]]]:
    with database.working() as connection:
        return [
            [
                tuple(row)
                for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in held
        ]


def count(database: Database, table: Table) -> int:
    with database.working() as connection:
        return connection.scalars(select(func.count()).select_from(table)).one()


def fails(database: Database) -> bool:
    """Say whether reading raises Unavailable now."""
    try:
        with database.reading(0.3) as connection:
            connection.execute(text("SELECT 1"))
    except Unavailable:
        return True
    return False


def comes_to(read: Callable[[], object], wanted: object) -> bool:
    """Say whether something comes to be so in good time."""
    until = time.monotonic() + RECOVERY_SECONDS
    while read() != wanted:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def answers_again(database: Database) -> bool:
    return comes_to(database.answers, True)


# The schema


def test_migrations_make_the_schema_of_the_models(database: Database) -> None:
    assert differences(database) == []


def test_migrating_down_leaves_no_table_of_ours(database: Database) -> None:
    migrate(database, "base")

    assert tables(database) == {"alembic_version"}


def test_migrating_down_and_up_again_makes_the_schema_of_the_models(database: Database) -> None:
    migrate(database, "base")
    migrate(database, "head")

    assert differences(database) == []


def test_migrating_up_twice_changes_nothing(database: Database) -> None:
    migrate(database, "head")

    assert differences(database) == []


def test_a_database_of_the_first_version_keeps_its_documents(database: Database) -> None:
    migrate(database, "base")
    migrate(database, "0001")
    with database.working() as connection:
        for statement in FIRST_ROWS:
            connection.execute(text(statement))
    prepare(database)
    with database.reading() as connection:
        lying = connection.execute(text("SELECT centre_code, state FROM documents")).all()

    assert [tuple(row) for row in lying] == [("047-01", "ready")]


# Reference data


def test_preparing_loads_47_counties_290_constituencies_and_60_centres(
    database: Database,
) -> None:
    loaded = prepare(database)

    assert [loaded[name] for name in ("counties", "constituencies", "centres")] == [47, 290, 60]


def test_preparing_twice_changes_nothing(database: Database) -> None:
    before = rows_of(database, *TABLES)
    prepare(database)

    assert rows_of(database, *TABLES) == before


def test_preparing_brings_back_what_was_changed(database: Database) -> None:
    before = rows_of(database, centres)
    with database.working() as connection:
        connection.execute(centres.update().values(short_name="Elsewhere"))
    prepare(database)

    assert rows_of(database, centres) == before


def test_preparing_drops_a_centre_that_is_gone(database: Database) -> None:
    with database.working() as connection:
        first = dict(connection.execute(select(centres)).mappings().first() or {})
        connection.execute(centres.insert().values({**first, "code": "099-01"}))
    prepare(database)

    assert count(database, centres) == 60


def test_there_are_47_counties(database: Database) -> None:
    with database.reading() as connection:
        codes = set(populations(connection))

    assert codes == {f"{code:03}" for code in range(1, 48)}


def test_54_centres_are_open(database: Database) -> None:
    with database.reading() as connection:
        codes = {one.code for one in every_centre(connection) if not one.planned}

    assert len(codes) == 54


def test_6_centres_are_planned(database: Database) -> None:
    with database.reading() as connection:
        names = {one.short_name for one in every_centre(connection) if one.planned}

    assert names == {"Runyenjes", "Malindi", "Kaloleni", "Molo", "Maua", "Elwak"}


def test_every_county_has_a_centre(database: Database) -> None:
    with database.reading() as connection:
        covered = {one.county_code for one in every_centre(connection) if not one.planned}

    assert covered == {f"{code:03}" for code in range(1, 48)}


def test_a_centres_code_begins_with_its_countys(database: Database) -> None:
    with database.reading() as connection:
        listed = every_centre(connection)

    assert all(one.code.split("-")[0] == one.county_code for one in listed)


def test_a_centres_county_cannot_be_dropped(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"), database.working() as connection:
        connection.execute(counties.delete().where(counties.c.code == "047"))


def test_short_names_fit_on_a_page(database: Database) -> None:
    with database.reading() as connection:
        names = [one.short_name for one in every_centre(connection)]

    assert [one for one in names if not re.fullmatch(r"[A-Za-z' ]{1,20}", one)] == []


def test_short_names_are_all_different(database: Database) -> None:
    with database.reading() as connection:
        names = [one.short_name.casefold() for one in every_centre(connection)]

    assert len(set(names)) == len(names)


def test_four_open_centres_give_no_hours(database: Database) -> None:
    with database.reading() as connection:
        listed = every_centre(connection)
    silent = {one.short_name for one in listed if not one.opens and not one.planned}

    assert silent == {"Makutano", "Mandera", "Nyandarua", "Mogotio"}


def test_a_planned_centre_gives_no_hours(database: Database) -> None:
    with database.reading() as connection:
        planned = [one for one in every_centre(connection) if one.planned]

    assert {one.opens for one in planned} == {""}


def test_hours_are_whole_or_not_given(database: Database) -> None:
    with database.reading() as connection:
        listed = every_centre(connection)

    assert all(bool(one.opens) == bool(one.closes) == bool(one.days) for one in listed)


def test_thika_lies_in_kiambu(database: Database) -> None:
    with database.reading() as connection:
        thika = next(one for one in every_centre(connection) if one.short_name == "Thika")

    assert (thika.county_code, thika.county) == ("022", "Kiambu")


# Reading and writing


def test_reading_a_database_that_was_not_opened_is_refused(database_url: str) -> None:
    database = Database(database_url)

    with pytest.raises(Unavailable), database.reading():
        pass


def test_writing_to_a_database_that_was_not_opened_is_refused(database_url: str) -> None:
    database = Database(database_url)

    with pytest.raises(Unavailable), database.writing():
        pass


def test_an_open_database_answers(database: Database) -> None:
    assert database.answers()


def test_what_is_written_is_kept(database: Database) -> None:
    with database.writing() as connection:
        asked.charge(connection, PHONE, TODAY, b"s" * 32)

    assert count(database, asked.asked) == 1


@pytest.mark.parametrize("way", ["writing", "working"])
def test_an_error_rolls_back_what_was_written(database: Database, way: str) -> None:
    def write_and_fail() -> None:
        with getattr(database, way)() as connection:
            asked.charge(connection, PHONE, TODAY, b"s" * 32)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    assert count(database, asked.asked) == 0


def test_a_connection_is_clean_after_an_error(database: Database) -> None:
    for _ in range(20):
        with pytest.raises(ZeroDivisionError), database.writing():
            raise ZeroDivisionError

    assert database.answers()


def test_a_write_that_waits_too_long_for_another_is_refused(database: Database) -> None:
    with database.working() as other:
        asked.charge(other, PHONE, TODAY, b"s" * 32)

        with pytest.raises(Unavailable), database.writing(0.2) as connection:
            asked.charge(connection, PHONE, TODAY, b"t" * 32)


def test_a_refused_write_does_not_stop_the_next(database: Database) -> None:
    with database.working() as other:
        asked.charge(other, PHONE, TODAY, b"s" * 32)
        with pytest.raises(Unavailable), database.writing(0.2) as connection:
            asked.charge(connection, PHONE, TODAY, b"t" * 32)

    assert answers_again(database)


def test_reading_goes_on_while_another_writes(database: Database) -> None:
    with database.working() as other:
        asked.charge(other, PHONE, TODAY, b"s" * 32)

        assert database.answers()


# PostgreSQL away


def test_reading_a_frozen_server_is_refused(
    on_postgres: Database, postgres: PostgresServer
) -> None:
    with frozen(postgres):
        assert fails(on_postgres)


def test_writing_to_a_frozen_server_is_refused(
    on_postgres: Database, postgres: PostgresServer
) -> None:
    with (
        frozen(postgres),
        pytest.raises(Unavailable),
        on_postgres.writing(0.3) as connection,
    ):
        asked.charge(connection, PHONE, TODAY, b"s" * 32)


def test_a_frozen_server_is_refused_every_time(
    on_postgres: Database, postgres: PostgresServer
) -> None:
    with frozen(postgres):
        refused = [fails(on_postgres) for _ in range(20)]

    assert all(refused)


def test_no_hop_opens_a_connection_to_a_frozen_server(
    on_postgres: Database, postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="psycopg")
    with frozen(postgres):
        for _ in range(20):
            fails(on_postgres)
    answers_again(on_postgres)

    assert {one.threadName for one in caplog.records if one.name == "psycopg"} == {
        "database-keeper"
    }


def test_a_thawed_server_answers_again(on_postgres: Database, postgres: PostgresServer) -> None:
    with frozen(postgres):
        fails(on_postgres)

    assert answers_again(on_postgres)


def test_a_server_frozen_at_the_start_answers_once_thawed(
    postgres: PostgresServer, postgres_url: str
) -> None:
    database = Database(postgres_url, connections=2)
    with frozen(postgres):
        database.open()
    recovered = answers_again(database)
    database.close()

    assert recovered


def test_a_database_that_is_made_later_answers_then(postgres: PostgresServer) -> None:
    database = Database(postgres.url("made_later"), connections=2)
    database.open()
    url = postgres.create("made_later")
    recovered = answers_again(database)
    database.close()
    postgres.drop(url)

    assert recovered


def test_killed_connections_are_opened_anew(
    on_postgres: Database, postgres: PostgresServer, postgres_url: str
) -> None:
    kill_connections(postgres, postgres_url)
    fails(on_postgres)

    assert answers_again(on_postgres)


def backends(database: Database) -> set[int]:
    """Give the server's processes behind a pool's connections."""
    with ExitStack() as taken:
        held = [taken.enter_context(database.reading()) for _ in range(3)]
        return {backend(one) for one in held}


def backend(connection: Connection) -> int:
    """Give the server's process behind a connection."""
    return int(connection.scalar(text("SELECT pg_backend_pid()")))


def test_the_connection_that_came_back_last_is_lent_next(on_postgres: Database) -> None:
    with on_postgres.reading() as first, on_postgres.reading() as second:
        one, other = backend(first), backend(second)
    used = set()
    for _ in range(5):
        with on_postgres.reading() as connection:
            used.add(backend(connection))

    assert len(used) == 1
    assert used < {one, other}


def test_a_connection_that_was_lost_is_not_lent_while_another_is_at_hand(
    on_postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_postgres, "_try_to_mend", lambda: True)  # it stays lost
    with on_postgres.reading() as connection:
        connection.invalidate()

    with on_postgres.reading(), on_postgres.reading():
        assert on_postgres.engines[0].pool.checkedin() == 1  # type: ignore[attr-defined]
    with (
        on_postgres.reading(),
        on_postgres.reading(),
        pytest.raises(Unavailable),
        on_postgres.reading(),
    ):
        pass


def test_a_pool_that_is_filled_anew_tells_no_log_of_it(
    on_postgres: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert on_postgres._try_to_fill()

    assert [one.getMessage() for one in caplog.records] == []


def test_a_connection_for_hops_is_looked_after_while_it_is_idle(
    on_postgres: Database,
) -> None:
    with on_postgres.reading() as connection:
        driver: Any = connection.connection.dbapi_connection
        told = driver.info.get_parameters()

    assert (told["keepalives_idle"], told["tcp_user_timeout"]) == ("10", "15000")


def test_a_connection_whose_pool_was_filled_anew_meanwhile_is_closed(
    on_postgres: Database,
) -> None:
    with on_postgres.reading() as connection:
        lent: Any = connection.connection.dbapi_connection
        assert on_postgres._try_to_fill()
        assert not lent.closed

    assert lent.closed


def test_a_slow_statement_costs_one_connection_while_others_are_answered(
    on_postgres: Database,
) -> None:
    before, refused = backends(on_postgres), []
    over = threading.Event()

    def ask_on() -> None:
        while not over.wait(0.01):
            try:
                with on_postgres.reading() as connection:
                    connection.execute(text("SELECT 1"))
            except Unavailable:
                refused.append(time.monotonic())

    asking = threading.Thread(target=ask_on)
    asking.start()
    time.sleep(0.1)
    with pytest.raises(Unavailable), on_postgres.reading(0.3) as connection:
        connection.execute(text("SELECT pg_sleep(0.8)"))
    time.sleep(0.5)
    over.set()
    asking.join()
    after = backends(on_postgres)

    assert refused == []
    assert len(after) == 3
    assert len(before & after) == 2


def test_a_slow_statement_alone_tells_that_the_server_is_away(on_postgres: Database) -> None:
    before = backends(on_postgres)
    time.sleep(0.6)
    with pytest.raises(Unavailable), on_postgres.reading(0.2) as connection:
        connection.execute(text("SELECT pg_sleep(0.8)"))
    answers_again(on_postgres)

    assert not before & backends(on_postgres)


def test_all_connections_work_after_they_were_killed(
    on_postgres: Database, postgres: PostgresServer, postgres_url: str
) -> None:
    kill_connections(postgres, postgres_url)
    fails(on_postgres)
    answers_again(on_postgres)

    assert not any(fails(on_postgres) for _ in range(20))


def test_a_killed_transaction_keeps_nothing(
    on_postgres: Database, postgres: PostgresServer, postgres_url: str
) -> None:
    def write_and_lose() -> None:
        with on_postgres.writing() as connection:
            asked.charge(connection, PHONE, TODAY, b"s" * 32)
            kill_connections(postgres, postgres_url)

    with pytest.raises(Unavailable):
        write_and_lose()

    assert count(on_postgres, asked.asked) == 0


@pytest.fixture
def closed_while_opening(postgres: PostgresServer, postgres_url: str) -> threading.Thread:
    """A database closed while its keeper opened it anew: its keeper is given."""
    others = set(keepers())
    database = Database(postgres_url, connections=3)
    database.open()
    opening, closing = threading.Event(), threading.Event()

    def wait_for_close(*_: Any) -> None:
        opening.set()
        closing.wait(RECOVERY_SECONDS)

    event.listen(database.engines[0], "connect", wait_for_close)
    kill_connections(postgres, postgres_url)
    fails(database)
    opening.wait(RECOVERY_SECONDS)
    (keeper,) = set(keepers()) - others
    closer = threading.Thread(target=database.close)
    closer.start()
    time.sleep(0.2)
    closing.set()
    closer.join()
    return keeper


def test_a_database_closed_while_it_is_opened_anew_leaves_no_connection(
    closed_while_opening: threading.Thread, postgres: PostgresServer, postgres_url: str
) -> None:
    assert comes_to(lambda: connections_to(postgres, postgres_url), 0)


def test_a_database_closed_while_it_is_opened_anew_leaves_no_thread(
    closed_while_opening: threading.Thread,
) -> None:
    assert not closed_while_opening.is_alive()


def keepers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "database-keeper"]


def connections_to(server: PostgresServer, url: str) -> int:
    with psycopg.connect(server.url("postgres")) as connection:
        counted = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name_in(url)]
        ).fetchone()
    return int(counted[0]) if counted else 0


def name_in(url: str) -> str:
    return url.split("/")[3].split("?")[0]


def kill_connections(server: PostgresServer, url: str) -> None:
    server.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"  # noqa: S608
        f" WHERE datname = '{name_in(url)}'"
    )


# Written once


def subject(nth: int) -> bytes:
    return nth.to_bytes(32)


def charge(database: Database, nth: int, phone: bytes = PHONE, day: date = TODAY) -> bool:
    with database.working() as connection:
        charged = asked.charge(connection, phone, day, subject(nth))
        return charged is not asked.Charge.FULL


def test_five_numbers_may_be_asked_for(database: Database) -> None:
    assert [charge(database, nth) for nth in range(5)] == [True] * 5


def test_the_sixth_number_is_refused(database: Database) -> None:
    for nth in range(5):
        charge(database, nth)

    assert not charge(database, 5)


def test_a_refused_number_is_not_kept(database: Database) -> None:
    for nth in range(6):
        charge(database, nth)

    assert count(database, asked.asked) == 5


def test_asking_again_is_free(database: Database) -> None:
    for nth in (0, 0, 1, 1, 2, 2, 3, 3, 4):
        charge(database, nth)

    assert charge(database, 0)


def test_asking_again_takes_no_room(database: Database) -> None:
    for _ in range(9):
        charge(database, 0)

    assert count(database, asked.asked) == 1


def test_the_next_day_begins_anew(database: Database) -> None:
    for nth in range(5):
        charge(database, nth)

    assert charge(database, 5, day=date(2026, 10, 1))


def test_another_phone_has_its_own_budget(database: Database) -> None:
    for nth in range(5):
        charge(database, nth)

    assert charge(database, 5, phone=b"q" * 32)


def at_once(database: Database, numbers: list[int]) -> list[bool]:
    """Ask for numbers from as many threads, all at the same moment."""
    gate = threading.Barrier(len(numbers))

    def ask(nth: int) -> bool:
        gate.wait()
        try:
            with database.writing() as connection:
                charged = asked.charge(connection, PHONE, TODAY, subject(nth))
                return charged is not asked.Charge.FULL
        except Unavailable:
            return False

    with ThreadPoolExecutor(len(numbers)) as threads:
        return list(threads.map(ask, numbers))


def test_ten_numbers_asked_for_at_once_are_never_more_than_five(database: Database) -> None:
    at_once(database, list(range(10)))

    assert count(database, asked.asked) <= 5


def test_of_ten_numbers_asked_for_at_once_those_granted_are_kept(database: Database) -> None:
    granted = at_once(database, list(range(10)))

    assert sum(granted) == count(database, asked.asked)


def test_one_number_asked_for_ten_times_at_once_is_one(database: Database) -> None:
    at_once(database, [7] * 10)

    assert count(database, asked.asked) == 1


def test_a_cause_queues_one_text(database: Database, keys: Keys) -> None:
    for _ in range(2):
        with database.working() as connection:
            outbox.queue(connection, keys, "text|1", "+254711000111", "Habari")

    assert count(database, outbox.outbox) == 1


def test_a_cause_that_comes_again_says_so(database: Database, keys: Keys) -> None:
    with database.working() as connection:
        queued = [
            outbox.queue(connection, keys, "text|1", "+254711000111", body)
            for body in ("Habari", "Habari tena")
        ]

    assert queued == [True, False]


def test_a_cause_that_comes_again_leaves_the_first_text(database: Database, keys: Keys) -> None:
    with database.working() as connection:
        for body in ("Habari", "Habari tena"):
            outbox.queue(connection, keys, "text|1", "+254711000111", body)
        kept = outbox.texts_to(connection, keys, "+254711000111")

    assert [body for _, body in kept] == ["Habari"]


def test_a_cause_that_comes_ten_times_at_once_queues_one_text(
    database: Database, keys: Keys
) -> None:
    def queue(connection: Connection) -> None:
        outbox.queue(connection, keys, "text|1", "+254711000111", "Habari")

    all_at_once(database, queue)

    assert count(database, outbox.outbox) == 1


def all_at_once(database: Database, write: Callable[[Connection], object]) -> None:
    gate = threading.Barrier(10)

    def run(_: int) -> None:
        gate.wait()
        with database.working() as connection:
            write(connection)

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(run, range(10)))


def test_a_caller_is_kept_once(database: Database) -> None:
    with database.working() as connection:
        for language in ("sw", "en", "sw"):
            callers.choose_language(connection, PHONE, b"sealed", language)

    assert count(database, callers.callers) == 1


def test_a_caller_has_the_language_chosen_last(database: Database) -> None:
    with database.working() as connection:
        for language in ("sw", "en"):
            callers.choose_language(connection, PHONE, b"sealed", language)
        chosen = callers.read_language(connection, [PHONE])

    assert chosen == "en"


def test_a_caller_who_chose_no_language_has_none(database: Database) -> None:
    with database.reading() as connection:
        assert callers.read_language(connection, [PHONE]) is None


def finish(connection: Connection, session: bytes = PHONE, network: str = "63902") -> bool:
    moment = datetime(2026, 9, 30, 8, tzinfo=UTC)
    return finished.record(
        connection, session, "africastalking", network, "Success", 3, 41_000, "KES 0", moment
    )


def test_a_finished_session_is_counted_once(database: Database) -> None:
    with database.working() as connection:
        told = [finish(connection), finish(connection)]

    assert told == [True, False]


def test_two_finished_sessions_are_two(database: Database) -> None:
    with database.working() as connection:
        finish(connection, b"a" * 32)
        finish(connection, b"b" * 32)
        counted = finished.count(connection)

    assert counted == 2


def test_a_finished_session_of_too_wide_a_network_is_kept(database: Database) -> None:
    with database.working() as connection:
        finish(connection, network="6" * 40)

    assert count(database, finished.finished) == 1


def test_who_waits_for_the_turn_to_write_waits_for_the_time_given_in_all(
    sqlite_url: str,
) -> None:
    database = Database(sqlite_url)
    database.open()
    took = []

    def write(_: int) -> None:
        began = time.monotonic()
        with pytest.raises(Unavailable), database.writing(0.5):
            pytest.fail("somebody else was writing")
        took.append(time.monotonic() - began)

    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(write, range(3)))
    database.close()

    assert len(took) == 3
    assert max(took) < 0.9
