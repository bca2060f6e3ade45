"""Facts about rotation: all is written anew while the line answers; what is left is said."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import create_app
from config import STORES, BadSettings, Config
from menus.wishes import CallMeBack, Complain, Rate, SpeakTo, TellMeWhenReady, grant
from models import call_backs, reports
from models.audit import acts
from models.base import Database
from models.callers import caller_row, callers, read_language, stop, stopped_among
from models.campaigns import Choice, Message, begin, cause_of, queue_all
from models.choosing import Chosen
from models.country import kenya
from models.documents import State, batches, document_numbers, documents, find
from models.importing import Import
from models.keys import Keys, fresh_keys
from models.matching import Row
from models.numbers import Kind, NumberType
from models.outbox import outbox, queue, texts_to
from models.ratings import ratings
from models.reports import Matter, Report
from models.rotation import PhoneRotation
from models.subscriptions import due, subscription_numbers, subscriptions
from tests.caller import PHONE, TOKEN, Caller
from tests.conftest import KEYS, Open, config, inbox, line_of
from tests.rotating import (
    ARCHIVE,
    BOTH,
    EVERY,
    LINE_BOTH,
    LINE_NEW,
    NEW,
    OLD,
    app_for_commands,
    flask_keys,
    left,
    rotate,
    rotation,
)
from tests.servers import RedisServer
from tests.world import put

ROOT = Path(__file__).parent.parent.parent
TODAY = date(2026, 9, 30)
NUMBERS = [str(20_000_000 + 7 * nth) for nth in range(12)]
OWNER, WAITING = "+254711000300", "+254711000301"
WAITED_FOR = "30303030"
ID = NumberType.NATIONAL_ID
ANOTHER_PRIVATE = f"2:{fresh_keys()['ARCHIVE_PRIVATE_KEY'].removeprefix('1:')}"
FLASK = str(Path(sys.executable).with_name("flask"))


def load(
    database: Database,
    keys: Keys,
    numbers: list[str],
    state: State = State.READY,
    phone: str | None = None,
) -> None:
    rows = [Row(Kind.ID_CARD, state, "047-01", TODAY, {ID: one}, phone) for one in numbers]
    with database.working() as connection:
        for _ in Import(connection, keys, TODAY).load(rows):
            pass


def stop_phone(database: Database, keys: Keys, phone: str) -> None:
    hmac = keys.phone_hmac(phone)
    with database.working() as connection:
        stop(connection, hmac, keys.people.seal(phone, caller_row(hmac)))


def live(database: Database, keys: Keys) -> None:
    """Let everything be kept that there is to keep."""
    load(database, keys, NUMBERS[:6], phone=OWNER)
    load(database, keys, NUMBERS[6:])
    wishes = (
        SpeakTo("sw"),
        TellMeWhenReady(WAITED_FOR, "", "en"),
        CallMeBack("en", "contact"),
        Complain(Report(Matter.NOT_THERE, "en", (1,), NUMBERS[0])),
        Complain(Report(Matter.OTHER, "en", words="askari")),
        Rate("047-01", 3),
    )
    assert grant(database, keys, kenya(), WAITING, wishes, 5.0)
    with database.working() as connection:
        queue(connection, keys, "answer", WAITING, "An answer.")
        its_id = begin(connection, "january", Choice(30))
        cause = cause_of(its_id, keys.phone_hmac(OWNER))
        message = Message(cause, "48213", (1,), OWNER, "A text.")
        for _ in queue_all(connection, keys, its_id, [message]):
            pass


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.open()
    live(database, OLD)
    yield database
    database.close()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    database.open()
    live(database, OLD)
    yield database
    database.close()


def found(database: Database, keys: Keys) -> list[str]:
    """List the numbers whose document is found."""
    with database.working() as connection:
        return [
            one
            for one in NUMBERS
            if find(
                connection, keys.number_hmacs(ID, one), list(Kind), keys.phone_hmac(WAITING)
            )[0]
        ]


def opened(database: Database) -> list[str]:
    """Read every document's number with the newest private key."""
    query = select(document_numbers, batches.c.archive_version, batches.c.sealed_key).join(
        batches, batches.c.id == document_numbers.c.batch_id
    )
    with database.working() as connection:
        return sorted(
            ARCHIVE.data_key(row.archive_version, row.sealed_key).open(
                row.sealed, f"document_numbers|{row.document_id}|{row.type}"
            )
            for row in connection.execute(query)
        )


def test_before_rotation_everything_is_under_the_older_keys(database: Database) -> None:
    assert left(database) == {
        ("LOOKUP_KEY", "document numbers"): 12,
        ("LOOKUP_KEY", "subscriptions"): 1,
        ("LOOKUP_KEY", "reports"): 2,
        ("PHONE_KEY", "documents"): 6,
        ("PHONE_KEY", "callers"): 1,
        ("PHONE_KEY", "call backs"): 1,
        ("PHONE_KEY", "subscriptions"): 1,
        ("PHONE_KEY", "reports"): 2,
        ("PHONE_KEY", "outbox"): 2,
        ("ARCHIVE_PUBLIC_KEY", "document numbers"): 12,
        ("ARCHIVE_PUBLIC_KEY", "batches"): 2,
        ("ARCHIVE_PUBLIC_KEY", "subscriptions"): 1,
    }


def test_after_rotation_nothing_is(database: Database) -> None:
    work = rotate(database)

    assert left(database) == {}
    assert work.outcome.refused == {}


def test_after_rotation_all_is_found_by_the_new_keys_alone(database: Database) -> None:
    rotate(database)

    assert found(database, NEW) == NUMBERS
    assert found(database, OLD) == []
    assert opened(database) == NUMBERS
    with database.working() as connection:
        assert read_language(connection, NEW.phone_hmacs(WAITING)) == "sw"
        assert [one.phone for one in call_backs.waiting(connection, NEW)] == [WAITING]
        said = reports.waiting(connection, NEW)
        assert [(one.phone, one.number, one.words) for one in said] == [
            (WAITING, NUMBERS[0], ""),
            (WAITING, "", "askari"),
        ]
        assert [body for _, body in texts_to(connection, NEW, WAITING)] == ["An answer."]
        hmacs = set(connection.scalars(select(ratings.c.phone_hmac)))
        assert {bytes(one) for one in hmacs} == {NEW.phone_hmac(WAITING)}


def test_who_waited_before_rotation_is_told_after_it(database: Database) -> None:
    rotate(database)
    load(database, NEW, [WAITED_FOR])
    with database.working() as connection:
        assert [one.phone for one in due(connection, NEW)] == [WAITING]


def test_who_wishes_again_after_rotation_wishes_the_same(database: Database) -> None:
    rotate(database)
    wishes = (
        TellMeWhenReady(WAITED_FOR, "", "en"),
        CallMeBack("en", "contact"),
        Complain(Report(Matter.NOT_THERE, "en", (1,), NUMBERS[0])),
        Complain(Report(Matter.OTHER, "en", words="askari")),
        Rate("047-01", 3),
    )
    grant(database, NEW, kenya(), WAITING, wishes, 5.0)
    with database.working() as connection:
        counts = {
            table.name: connection.scalars(select(func.count()).select_from(table)).one()
            for table in (subscriptions, call_backs.call_backs, reports.reports, ratings)
        }

    assert counts == {"subscriptions": 1, "call_backs": 1, "reports": 2, "ratings": 1}


def test_every_number_is_found_at_every_step(database: Database) -> None:
    steps = 0
    for _ in rotation(database, rows=5).run():
        steps += 1
        assert found(database, BOTH) == NUMBERS

    assert steps > 10


def test_who_waits_meets_the_document_at_every_step(database: Database) -> None:
    load(database, OLD, [WAITED_FOR])
    for _ in rotation(database, rows=1).run():
        with database.working() as connection:
            assert [one.phone for one in due(connection, BOTH)] == [WAITING]

    assert left(database) == {}


@pytest.mark.parametrize("steps", [1, 6, 10])
def test_rotation_that_was_broken_off_goes_on(steps: int, database: Database) -> None:
    for _ in zip(range(steps), rotation(database, rows=3).run(), strict=False):
        pass
    assert left(database)
    assert rotate(database).outcome.refused == {}

    assert left(database) == {}
    assert opened(database) == NUMBERS


def test_rotation_again_writes_nothing(database: Database) -> None:
    rotate(database)
    with database.working() as connection:
        before = connection.execute(select(document_numbers)).all()
    assert rotate(database).outcome.moved.total() == 0
    with database.working() as connection:
        assert connection.execute(select(document_numbers)).all() == before


def test_no_data_key_is_sealed_to_the_old_archive_key(database: Database) -> None:
    rotate(database)
    with database.working() as connection:
        versions = set(connection.scalars(select(batches.c.archive_version)))
        demonstration = set(connection.scalars(select(batches.c.demonstration)))

    assert (versions, demonstration) == ({2}, {False})


def test_no_hmac_of_an_older_key_is_left_beside_a_subscription(database: Database) -> None:
    rotate(database)
    with database.working() as connection:
        hmacs = {bytes(one) for one in connection.scalars(select(subscription_numbers.c.hmac))}

    assert hmacs == {
        NEW.number_hmac(one, canonical)
        for one, canonical in kenya().formats.asked_by(WAITED_FOR, "").items()
    }


def test_numbers_that_were_swapped_are_left_and_named(database: Database) -> None:
    with database.working() as connection:
        first, second = connection.execute(
            select(document_numbers.c.document_id, document_numbers.c.sealed)
            .order_by(document_numbers.c.document_id)
            .limit(2)
        ).all()
        for its_id, sealed in ((first[0], second[1]), (second[0], first[1])):
            which = document_numbers.c.document_id == its_id
            connection.execute(update(document_numbers).where(which).values(sealed=sealed))
    work = rotate(database)

    assert work.outcome.refused == {"document_numbers": {str(first[0]), str(second[0])}}
    assert left(database) == {("LOOKUP_KEY", "document numbers"): 2}
    assert found(database, BOTH) == NUMBERS


def test_hmacs_that_were_swapped_are_left_and_named(database: Database) -> None:
    with database.working() as connection:
        rows = connection.execute(
            select(document_numbers.c.document_id, document_numbers.c.hmac).limit(2)
        ).all()
        for its_id, hmac in ((rows[0][0], rows[1][1]), (rows[1][0], rows[0][1])):
            which = document_numbers.c.document_id == its_id
            connection.execute(update(document_numbers).where(which).values(hmac=hmac))

    assert rotate(database).outcome.refused == {
        "document_numbers": {str(rows[0][0]), str(rows[1][0])}
    }


def test_phones_that_were_swapped_are_left_and_named(database: Database) -> None:
    assert grant(database, OLD, kenya(), PHONE, [CallMeBack("en", "contact")], 5.0)
    with database.working() as connection:
        another = select(documents.c.phone).where(documents.c.id == 2).scalar_subquery()
        first = documents.c.id == 1
        connection.execute(update(documents).where(first).values(phone=another))
        its, spoilt = call_backs.call_backs.c.id == 2, b"\0\1" + bytes(40)
        connection.execute(update(call_backs.call_backs).where(its).values(phone=spoilt))

    assert rotate(database).outcome.refused == {"documents": {"1"}, "call_backs": {"2"}}
    assert left(database) == {("PHONE_KEY", "documents"): 1, ("PHONE_KEY", "call backs"): 1}


def test_rows_that_others_hold_are_moved_the_next_time(postgres_url: str) -> None:
    database = Database(postgres_url)
    database.open()
    live(database, OLD)
    one = document_numbers.c.document_id == 3
    with database.working() as holding:
        holding.execute(select(document_numbers).where(one).with_for_update())
        rotate(database)
        assert left(database) == {("LOOKUP_KEY", "document numbers"): 1}
    rotate(database)
    assert left(database) == {}
    database.close()


def test_a_list_that_is_loaded_meanwhile_loses_nothing(database: Database) -> None:
    rest = iter(rotation(database, rows=4).run())
    next(rest)
    load(database, BOTH, ["40404040", *NUMBERS[:3]], State.COLLECTED)
    for _ in rest:
        pass
    rotate(database)
    with database.working() as connection:
        total = connection.scalars(select(func.count()).select_from(document_numbers)).one()

    assert (total, left(database)) == (13, {})
    assert found(database, NEW) == NUMBERS[3:]


def test_a_campaign_goes_on_over_a_change_of_keys(database: Database) -> None:
    load(database, BOTH, ["40404040"], phone=OWNER)
    load(database, BOTH, ["40404041"], phone=WAITING)
    stop_phone(database, OLD, "+254711000302")
    load(database, BOTH, ["40404042"], phone="+254711000302")
    for _ in PhoneRotation(database, BOTH).run():
        pass
    later = TODAY + timedelta(days=40)
    with database.working() as connection:
        chosen = Chosen(connection, BOTH, Choice(30, told_within=0), later, campaign_id=1)
        owners = [one.phone for one in chosen]

    assert owners == [WAITING]
    assert {str(why): n for why, n in chosen.skipped.items()} == {
        "no phone": 6,
        "in this campaign already": 7,
        "owner wants no texts": 1,
    }


def test_a_stop_without_its_phone_moves_with_the_owners_document(database: Database) -> None:
    stop_phone(database, OLD, OWNER)
    with database.working() as connection:
        forgotten = callers.c.phone_hmac == OLD.phone_hmac(OWNER)
        connection.execute(update(callers).where(forgotten).values(phone=b""))
    rotate(database)
    with database.working() as connection:
        assert len(stopped_among(connection, [NEW.phone_hmac(OWNER)])) == 1


def test_a_subscription_without_its_number_is_counted_and_still_met(database: Database) -> None:
    with database.working() as connection:
        connection.execute(update(subscriptions).values(number=None, key_version=None))
    rotate(database)
    load(database, OLD, [WAITED_FOR])
    rotate(database)
    with database.working() as connection:
        told = [one.phone for one in due(connection, BOTH)]

    assert left(database) == {("LOOKUP_KEY", "subscriptions"): 1}
    assert told == [WAITING]


def test_a_call_answers_in_the_chosen_language_under_both_keys(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    before = open_app(sqlite_url, redis.url)
    put(line_of(before), "id_card", "12345678", "ready")
    Caller(before.test_client()).keys("8")
    Caller(before.test_client()).keys("1", "1", "12345678", "1")
    redis.flush()
    between = open_app(sqlite_url, redis.url, **LINE_BOTH)
    pages = [Caller(between.test_client()).dial(*keys) for keys in ((), ("12345678",))]
    Caller(between.test_client()).keys("1", "1", "12345678", "1")

    assert [page.splitlines()[0] for page in pages] == [
        "CON 1919 Ndio Form!",
        "CON Kitambulisho ..678 tayari. Bure.",
    ]
    assert "Weka nambari" in pages[0]
    assert len(inbox(line_of(between))) == 1


def test_the_command_says_what_it_did_and_what_is_left(
    open_app: Open, database_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    app = open_app(database_url, redis.url)
    put(line_of(app), "id_card", "12345678", "ready", waiting_card="123456789")
    grant_one(app)
    done = flask_keys(database_url, redis.url, tmp_path, "rotate")

    assert done.exit_code == 0, done.output
    assert "written anew: " in done.output
    assert "2 document numbers" in done.output.replace("_", " ")
    assert "LOOKUP_KEY: only the current" in done.output
    assert "PHONE_KEY: only the current" in done.output
    assert "ARCHIVE_PUBLIC_KEY: only the current" in done.output
    assert "1 ratings" in done.output
    after = open_app(database_url, redis.url, **LINE_NEW)
    assert "READY" in Caller(after.test_client()).dial("12345678")
    with line_of(after).database.working() as connection:
        noted = [(one.act, one.about) for one in acts(connection, act="keys")]
    assert [act for act, _ in noted] == ["keys rotate", "keys rotated"]
    assert '"lookup":2' in noted[0][1]


def grant_one(app: Flask) -> None:
    line = line_of(app)
    assert grant(line.database, line.keys, line.country, PHONE, [Rate("047-01", 3)], 5.0)


def test_the_command_fails_after_all_else_is_done_where_a_row_does_not_open(
    sqlite: Database, sqlite_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    with sqlite.working() as connection:
        spoilt = document_numbers.c.document_id == 2
        connection.execute(update(document_numbers).where(spoilt).values(sealed=bytes(40)))
    done = flask_keys(sqlite_url, redis.url, tmp_path, "rotate")

    assert done.exit_code == 1
    assert "left as they are, document_numbers: 2\n" in done.output
    assert left(sqlite) == {("LOOKUP_KEY", "document numbers"): 1}


def test_status_tells_no_secret_and_needs_no_private_key(
    sqlite: Database, sqlite_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    said = flask_keys(sqlite_url, redis.url, tmp_path, "status", ARCHIVE_PRIVATE_KEY="")

    assert said.exit_code == 0, said.output
    assert "PHONE_KEY: callers: 1 under 1" in said.output
    assert "PHONE_KEY: keep the older: 13 rows are under it" in said.output
    assert [key for key in EVERY.values() if key[2:20] in said.output] == []


def test_rotation_does_not_start_without_the_private_keys(
    sqlite_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    said = flask_keys(sqlite_url, redis.url, tmp_path, "rotate", ARCHIVE_PRIVATE_KEY="")

    assert said.exit_code == 1
    assert "ARCHIVE_PRIVATE_KEY is not set" in said.output


@pytest.mark.parametrize(
    "private",
    [EVERY["ARCHIVE_PRIVATE_KEY"].split(",")[0], ANOTHER_PRIVATE],
    ids=["the old one lacks", "another"],
)
def test_rotation_does_not_start_with_private_keys_that_do_not_fit(
    private: str, sqlite_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    said = flask_keys(sqlite_url, redis.url, tmp_path, "rotate", ARCHIVE_PRIVATE_KEY=private)

    assert said.exit_code == 1
    assert "ARCHIVE_PRIVATE_KEY does not fit ARCHIVE_PUBLIC_KEY of version" in said.output


def test_a_line_that_is_given_the_private_key_does_not_start(tmp_path: Path) -> None:
    key = {"ARCHIVE_PRIVATE_KEY": KEYS["ARCHIVE_PRIVATE_KEY"]}
    given = config("sqlite:///nowhere.sqlite", "unix:///nowhere", tmp_path, **key)
    with pytest.raises(BadSettings) as refused:
        create_app(given)

    assert refused.value.message == (
        "ARCHIVE_PRIVATE_KEY is set: only `flask keys rotate` may have it"
    )
    assert KEYS["ARCHIVE_PRIVATE_KEY"][2:20] not in repr(given)


def test_a_file_with_the_private_key_is_refused_as_well(tmp_path: Path) -> None:
    file = tmp_path / "private"
    file.write_text(KEYS["ARCHIVE_PRIVATE_KEY"])
    for mode in ("0", "1"):
        environ = {"DEMO": mode, "VAR_DIR": str(tmp_path)}
        environ["ARCHIVE_PRIVATE_KEY_FILE"] = str(file)
        with pytest.raises(BadSettings, match="only `flask keys rotate` may have it"):
            Config.from_env(environ).require(*STORES)


@pytest.mark.parametrize(
    "typed",
    [["sms", "send"], ["documents", "show", "id_card", "1"], ["database", "prepare"]],
    ids=" ".join,
)
def test_no_other_command_starts_with_the_private_key(
    typed: list[str], sqlite_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    app = app_for_commands(sqlite_url, redis.url, tmp_path, **EVERY)
    said = app.test_cli_runner().invoke(args=typed)

    assert said.exit_code == 1
    assert "only `flask keys rotate` may have it" in said.output


def test_a_fresh_version_is_put_before_the_present_ones() -> None:
    environ = {"PATH": os.environ["PATH"], **{name: KEYS[name] for name in EVERY}}
    environ.pop("ARCHIVE_PRIVATE_KEY")
    command = [FLASK, "keys", "new", "--rotate"]
    said = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    printed = dict(line.split("=", 1) for line in said.stdout.splitlines())

    assert set(printed) == set(EVERY)
    assert printed["LOOKUP_KEY"].split(",")[1:] == [KEYS["LOOKUP_KEY"]]
    assert {name: text.split(":")[0] for name, text in printed.items()} == dict.fromkeys(
        EVERY, "2"
    )


@pytest.mark.long
def test_rotation_that_is_killed_goes_on_when_it_is_run_again(
    postgres_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    database = Database(postgres_url)
    database.open()
    live(database, OLD)
    numbers = [str(50_000_000 + nth) for nth in range(20_000)]
    load(database, OLD, numbers, phone=OWNER)
    environ = {
        **EVERY,
        "PATH": os.environ["PATH"],
        "SECRET_KEY": KEYS["SECRET_KEY"],
        "GATEWAY_TOKENS": TOKEN,
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis.url,
        "VAR_DIR": str(tmp_path / "var"),
    }
    command = [FLASK, "keys", "rotate"]
    first = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while ("PHONE_KEY", "callers") in left(database) and time.monotonic() < until:
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    kept = left(database)
    subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True)

    assert kept
    assert left(database) == {}
    assert opened(database) == [*NUMBERS, *numbers]
    database.close()


def test_the_outbox_is_named_anew_where_names_hold_a_phones_hmac(database: Database) -> None:
    rotate(database)
    with database.working() as connection:
        causes = set(connection.scalars(select(outbox.c.cause)))

    assert causes == {"answer", cause_of(1, NEW.phone_hmac(OWNER))}


def test_when_an_older_key_may_go_is_said_with_a_day(
    sqlite: Database, sqlite_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    flask_keys(sqlite_url, redis.url, tmp_path, "rotate", RETENTION_REPORTS_DAYS="400")
    said = flask_keys(sqlite_url, redis.url, tmp_path, "status", RETENTION_REPORTS_DAYS="400")
    last = kenya().day(datetime.now(UTC) + timedelta(days=400))

    assert f"retention removes the last on {last}" in said.output
