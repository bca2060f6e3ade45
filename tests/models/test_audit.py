"""Facts about the audit: nobody edits, deletes, inserts, reorders or cuts it unseen."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from models import audit as audit_module
from models.audit import BEGINNING, acts, append, audit, chain
from models.base import Database
from models.chain import PAGE, Anchor, BadAnchor, Checked, anchor, read_anchors, verify
from models.lookups import Channel, Lookup, Outcome, digest_of, keep
from models.retention import Keep, apply
from tests.conftest import line_of

ROWS = 1_000
MOMENT = "2026-10-09T06:30:00+00:00"
Tamper = Callable[[Connection, int], None]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Each database in turn, prepared and open."""
    database = Database(database_url, connections=1)
    database.open()
    yield database
    database.close()


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url, connections=1)
    database.open()
    yield database
    database.close()


def fill(connection: Connection, rows: int, first: int = 1, before: bytes = BEGINNING) -> bytes:
    """Write a chain as `append` would, all at once; give its last hash."""
    made = []
    for number in range(first, first + rows):
        about = json.dumps({"document": number, "why": "a letter"}, separators=(",", ":"))
        row = {
            "id": number,
            "at": f"2026-10-09T06:30:00.{number % 1_000_000:06}+00:00",
            "who": "amina",
            "act": "documents mark",
            "about": about,
        }
        before = chain(before, row)
        made.append({**row, "hash": before})
    connection.execute(insert(audit), made)
    return before


def filled(database: Database, rows: int = ROWS) -> list[Anchor]:
    """Fill the chain; give anchors of its first tenth and of its end."""
    with database.working() as connection:
        fill(connection, rows)
        hashes = dict(
            connection.execute(
                select(audit.c.id, audit.c.hash).where(audit.c.id.in_((rows // 10, rows)))
            ).all()
        )
    return [Anchor(number, bytes(found), MOMENT) for number, found in hashes.items()]


def unlock(connection: Connection) -> None:
    """Do as the owner of a database can: lift what keeps the rows."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
    else:
        for act in ("UPDATE", "DELETE"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS audit_{act}"))


def hash_before(connection: Connection, number: int) -> bytes:
    found = connection.scalar(select(audit.c.hash).where(audit.c.id == number - 1))
    return bytes(found) if found else BEGINNING


def change(connection: Connection, number: int, **values: object) -> None:
    connection.execute(update(audit).where(audit.c.id == number).values(values))


def edit(connection: Connection, number: int) -> None:
    """Let an act be of another person."""
    change(connection, number, who="juma")


def edit_with_hash(connection: Connection, number: int) -> None:
    """Edit an act, and make its hash fit."""
    edit(connection, number)
    row = dict(connection.execute(select(audit).where(audit.c.id == number)).one()._mapping)
    change(connection, number, hash=chain(hash_before(connection, number), row))


def edit_the_moment(connection: Connection, number: int) -> None:
    change(connection, number, at="2025-01-01T00:00:00.000000+00:00")


def edit_the_hash(connection: Connection, number: int) -> None:
    change(connection, number, hash=bytes(32))


def remove(connection: Connection, number: int) -> None:
    connection.execute(delete(audit).where(audit.c.id == number))


def move(connection: Connection, first: int, by: int) -> None:
    """Let the acts from one on have other numbers."""
    later = update(audit).where(audit.c.id >= first)
    connection.execute(later.values(id=-(audit.c.id + by)))
    connection.execute(update(audit).where(audit.c.id < 0).values(id=-audit.c.id))


def remove_and_close_up(connection: Connection, number: int) -> None:
    """Delete an act, and let the later ones move up."""
    remove(connection, number)
    move(connection, number + 1, -1)


def put_between(connection: Connection, number: int) -> None:
    """Insert an act at a place, and let the later ones move down."""
    move(connection, number, 1)
    row = {"id": number, "at": MOMENT, "who": "juma", "act": "people show", "about": "{}"}
    hashed = chain(hash_before(connection, number), row)
    connection.execute(insert(audit).values(**row, hash=hashed))


def swap(connection: Connection, number: int) -> None:
    """Let an act and the next one, or the one before the last, change places."""
    other = number + 1 if number == 1 else number - 1
    for old, new in ((number, 0), (other, number), (0, other)):
        change(connection, old, id=new)


TAMPERINGS: list[Tamper] = [
    edit,
    edit_the_moment,
    edit_the_hash,
    remove,
    remove_and_close_up,
    put_between,
    swap,
]
PLACES = (1, ROWS // 2, ROWS)


def tampered(database: Database, tamper: Tamper, place: int) -> tuple[Checked, Checked]:
    """Fill the chain anew and tamper with it; check it without anchors and with them."""
    with database.working() as connection:
        unlock(connection)
        connection.execute(delete(audit))
    anchors = filled(database)
    with database.working() as connection:
        tamper(connection, place)
    return verify(database), verify(database, anchors)


def found_at(checked: Checked, place: int) -> bool:
    """Say whether the first bad row that is named is the one, or its neighbour."""
    return checked.first_bad is not None and abs(checked.first_bad - place) <= 1


# The chain


def test_a_chain_that_nobody_touched_holds(database: Database) -> None:
    anchors = filled(database)
    checked = verify(database, anchors)

    assert checked.holds
    assert (checked.rows, checked.last, checked.anchors) == (ROWS, ROWS, 2)


def test_an_empty_chain_holds(database: Database) -> None:
    with database.working() as connection:
        nothing = anchor(connection)

    assert verify(database, [nothing]).holds
    assert nothing.id == 0


def test_a_chain_of_several_pages_holds(on_sqlite: Database) -> None:
    filled(on_sqlite, PAGE + 1)

    assert verify(on_sqlite).rows == PAGE + 1


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_tampering_is_found(on_sqlite: Database, tamper: Tamper) -> None:
    found = []
    for place in PLACES:
        alone, anchored = tampered(on_sqlite, tamper, place)
        unseen = alone.holds and place == ROWS and tamper in (remove, remove_and_close_up)
        found.append((unseen or found_at(alone, place), found_at(anchored, place)))

    assert found == [(True, True)] * len(PLACES)


def test_tampering_is_found_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url, connections=1)
    database.open()
    missed = []
    for tamper in TAMPERINGS:
        alone, anchored = tampered(database, tamper, ROWS // 2)
        if not (found_at(alone, ROWS // 2) and found_at(anchored, ROWS // 2)):
            missed.append(tamper.__name__)
    database.close()

    assert missed == []


@pytest.mark.parametrize("place", [1, ROWS // 2])
def test_an_edit_whose_own_hash_was_made_to_fit_is_found_at_the_next_row(
    database: Database, place: int
) -> None:
    filled(database)
    with database.working() as connection:
        unlock(connection)
        edit_with_hash(connection, place)

    assert verify(database).first_bad == place + 1


def test_rows_cut_off_the_end_are_found_by_an_anchor_alone(database: Database) -> None:
    anchors = filled(database)
    with database.working() as connection:
        unlock(connection)
        connection.execute(delete(audit).where(audit.c.id > ROWS - 10))

    assert verify(database).holds
    assert verify(database, anchors).faults == [
        f"row {ROWS} is gone, which an anchor of {MOMENT} knows: the chain now ends at 990"
    ]


@pytest.mark.parametrize("cut", [0, ROWS // 2, ROWS - 1])
def test_rows_cut_off_and_others_put_in_their_place_are_found_by_an_anchor(
    database: Database, cut: int
) -> None:
    anchors = filled(database)
    with database.working() as connection:
        unlock(connection)
        connection.execute(delete(audit).where(audit.c.id > cut))
        before = hash_before(connection, cut + 1)
    with database.working() as connection:
        row = {"id": cut + 1, "at": MOMENT, "who": "juma", "act": "x", "about": "{}"}
        hashed = chain(before, row)
        connection.execute(insert(audit).values(**row, hash=hashed))
        fill(connection, ROWS - cut + 20, cut + 2, hashed)
    checked = verify(database, anchors)

    assert verify(database).holds
    assert not checked.holds
    assert checked.first_bad == (ROWS // 10 if cut < ROWS // 10 else ROWS)


def test_every_line_of_a_file_of_anchors_is_compared(on_sqlite: Database) -> None:
    good = filled(on_sqlite)
    wrong = Anchor(500, bytes(32), MOMENT)

    assert verify(on_sqlite, [*good, wrong]).first_bad == 500


def test_a_row_of_another_kind_than_the_line_writes_is_found(on_sqlite: Database) -> None:
    filled(on_sqlite, 10)
    with on_sqlite.working() as connection:
        unlock(connection)
        connection.execute(text("UPDATE audit SET about = x'00ff' WHERE id = 3"))
        connection.execute(text("UPDATE audit SET hash = 'text' WHERE id = 7"))
        connection.execute(text("UPDATE audit SET id = 'five' WHERE id = 5"))
    checked = verify(on_sqlite)

    assert checked.first_bad == 3
    assert len(checked.faults) >= 4


def test_many_faults_are_counted_and_the_first_are_told(on_sqlite: Database) -> None:
    filled(on_sqlite)
    with on_sqlite.working() as connection:
        unlock(connection)
        connection.execute(update(audit).values(who="juma"))
    checked = verify(on_sqlite)

    assert (len(checked.faults), checked.more) == (20, ROWS - 20)


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'juma'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_audit(
    database: Database, statement: str
) -> None:
    filled(database, 3)
    with (
        pytest.raises(DBAPIError, match="written once"),
        database.working() as connection,
    ):
        connection.execute(text(statement))

    assert verify(database).rows == 3


# Appending


def test_acts_are_chained_as_they_come(database: Database) -> None:
    with database.working() as connection:
        append(connection, "amina", "people show", case="a1", rows=3)
        append(connection, "line", "lookups note")
    with database.working() as connection:
        read = [(one.id, one.who, one.act, one.about) for one in acts(connection)]

    assert read == [
        (1, "amina", "people show", '{"case":"a1","rows":3}'),
        (2, "line", "lookups note", "{}"),
    ]
    assert verify(database).holds


def test_four_writers_at_once_make_one_chain(database: Database) -> None:
    def write(who: str) -> None:
        for count in range(25):
            with database.working() as connection:
                append(connection, who, "test", count=count)

    threads = [threading.Thread(target=write, args=(f"writer {n}",)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    checked = verify(database)

    assert checked.holds
    assert checked.last == 100


def test_an_act_that_was_taken_back_leaves_no_gap(database: Database) -> None:
    with database.working() as connection:
        append(connection, "amina", "test")
    with database.working() as connection:
        append(connection, "amina", "test")
        connection.rollback()
    with database.working() as connection:
        append(connection, "amina", "test")

    assert verify(database).last == 2


class _Back(datetime):
    """A clock that goes back a day with every look."""

    _days = 28

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        cls._days -= 1
        return datetime(2026, 10, cls._days, tzinfo=UTC)


def test_a_clock_that_goes_back_does_no_harm(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_module, "datetime", _Back)
    for _ in range(5):
        with database.working() as connection:
            append(connection, "amina", "test")

    assert verify(database).holds
    with database.working() as connection:
        moments = [one.at for one in acts(connection)]
    assert moments == sorted(moments, reverse=True)


def test_any_name_of_an_account_can_be_kept(database: Database) -> None:
    names = ["a" * 200, "am\0ina", "am\udc80ina", "a\x1b[31m", "mwanaïsha"]
    for who in names:
        with database.working() as connection:
            append(connection, who, "test")
    with database.working() as connection:
        kept = [one.who for one in acts(connection)]

    assert verify(database).holds
    assert kept == ["a" * 60, "am?ina", "am?ina", "a?[31m", "mwanaïsha"]


# Anchors


def test_an_anchor_is_read_as_it_was_written(database: Database) -> None:
    filled(database, 10)
    with database.working() as connection:
        now = anchor(connection)

    assert read_anchors(["# kept in the safe\n", "\n", f"{now.written()}\r\n"]) == [now]


@pytest.mark.parametrize(
    "line",
    [
        "1919-audit 5",
        "1919-audit x " + "0" * 64 + " now",
        "1919-audit 5 " + "0" * 63 + " now",
        "1919-audit ５ " + "0" * 64 + " now",
    ],
)
def test_what_is_no_anchor_is_refused_by_its_line(line: str) -> None:
    with pytest.raises(BadAnchor, match="line 2 is no anchor"):
        read_anchors(["# one", line])


def test_a_file_without_anchors_is_no_proof(tmp_path: Path) -> None:
    with pytest.raises(BadAnchor, match="no anchor in it"):
        read_anchors(["# none yet", ""])


# Commands


def run(app: Flask, *words: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["audit", *words], input=typed)


def test_verify_says_that_it_holds_and_what_it_cannot_see(app: Flask) -> None:
    filled(line_of(app).database, 12)
    said = run(app, "verify")

    assert said.exit_code == 0
    assert said.output == (
        "the audit holds: 12 acts\n"
        "compared with no anchor: if acts were cut off the end, or all was written anew,"
        " this cannot show it\n"
    )


def test_an_anchor_in_a_file_finds_what_was_cut_off(app: Flask, tmp_path: Path) -> None:
    database, file = line_of(app).database, tmp_path / "anchors"
    filled(database, 12)
    assert run(app, "anchor", "--to", str(file)).exit_code == 0
    before = run(app, "verify", "--anchor", str(file))
    with database.working() as connection:
        unlock(connection)
        remove(connection, 12)
    after = run(app, "verify", "--anchor", str(file))

    assert (before.exit_code, after.exit_code) == (0, 1)
    assert "anchors compared: 1" in before.output
    assert "THE AUDIT DOES NOT HOLD: the first bad row is 12" in after.output


def test_anchors_are_added_to_the_file(app: Flask, tmp_path: Path) -> None:
    database, file = line_of(app).database, tmp_path / "anchors"
    printed = []
    for _ in range(3):
        with database.working() as connection:
            append(connection, "amina", "test")
        printed.append(run(app, "anchor", "--to", str(file)).output)

    assert file.read_text() == "".join(printed)
    assert run(app, "verify", "--anchor", "-", typed="".join(printed)).exit_code == 0


def test_a_file_of_nonsense_is_refused(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    file.write_text("no anchor\n")
    said = run(app, "verify", "--anchor", str(file))

    assert said.exit_code == 1
    assert said.output == "Error: --anchor: line 1 is no anchor\n"


def test_acts_are_listed_by_kind_and_since(app: Flask) -> None:
    filled(line_of(app).database, 3)
    with line_of(app).database.working() as connection:
        append(connection, "amina", "people show", case="a1")
    shown = run(app, "list", "--act", "people").output
    late = run(app, "list", "--since", "2026-10-10").output

    assert shown.split("  ")[2:] == ["amina", "people show", '{"case":"a1"}\n']
    assert shown == late
    assert len(run(app, "list").output.splitlines()) == 4


# Look-ups


def lookup(phone: bytes = b"p" * 32, subject: bytes = b"s" * 32) -> Lookup:
    moment = datetime(2026, 10, 9, 6, 30, tzinfo=UTC)
    return Lookup(moment, moment.date(), Channel.USSD, Outcome.UNKNOWN, phone, subject)


def keep_lookups(database: Database) -> None:
    """Keep two batches of look-ups as the line does."""
    for name in ("first", "second"):
        given = [lookup(), lookup(b"o" * 32)]
        with database.working() as connection:
            batch = keep(connection, name, given)
            assert batch
            digest = digest_of(given)
            append(connection, "line", "lookups batch", batch=batch, rows=2, digest=digest)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE lookups SET outcome = 'found' WHERE batch_id = 2 AND place = 0",
        "UPDATE lookups SET outcome = 'odd' WHERE batch_id = 2 AND place = 0",
        "DELETE FROM lookups WHERE batch_id = 2 AND place = 1",
        "DELETE FROM lookups WHERE batch_id = 2",
        "UPDATE lookups SET place = 7 WHERE batch_id = 1 AND place = 1",
        "UPDATE lookups SET phone_hmac = subject WHERE batch_id = 1",
        "UPDATE lookup_batches SET forgotten_at = last_at WHERE id = 1",
        "UPDATE lookups SET phone_hmac = NULL WHERE batch_id = 1 AND place = 1",
    ],
)
def test_look_ups_that_were_changed_or_removed_are_found(
    on_sqlite: Database, statement: str
) -> None:
    database = on_sqlite
    keep_lookups(database)
    before = verify(database)
    with database.working() as connection:
        connection.execute(text(statement))
        swapped = "place = 7" in statement
        if swapped:
            connection.execute(
                text("UPDATE lookups SET place = 9 WHERE batch_id = 1 AND place = 0")
            )
    after = verify(database)

    assert (before.holds, before.batches) == (True, 2)
    assert not after.holds
    assert len(after.faults) == 1


def test_look_ups_that_retention_removed_are_no_fault(database: Database) -> None:
    keep_lookups(database)
    later = datetime(2027, 10, 9, tzinfo=UTC)
    gone = dict(apply(database, Keep(), later, "amina"))
    checked = verify(database)

    assert gone["lookups"] == 4
    assert (checked.holds, checked.batches, checked.forgotten) == (True, 0, 2)


def test_the_chain_alone_can_be_checked(on_sqlite: Database) -> None:
    keep_lookups(on_sqlite)
    with on_sqlite.working() as connection:
        connection.execute(text("DELETE FROM lookups"))

    assert verify(on_sqlite, with_lookups=False).holds


# At its size


@pytest.mark.long
@pytest.mark.parametrize("tamper", [*TAMPERINGS, edit_with_hash])
@pytest.mark.parametrize("place", [1, 50_000, 99_999])
def test_tampering_with_100_000_rows_is_found(
    database: Database, tamper: Tamper, place: int
) -> None:
    with database.working() as connection:
        fill(connection, 100_000)
        unlock(connection)
        tamper(connection, place)
    checked = verify(database)

    assert not checked.holds
    assert found_at(checked, place)
