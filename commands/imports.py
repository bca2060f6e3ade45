"""`flask documents import`: loading a centre's list."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from commands.line import line
from commands.operator import operator
from commands.progress import Heard, counting
from menus.line import Line
from menus.notices import tell
from models import audit
from models.base import Connection
from models.centres import codes_by_name
from models.documents import document_numbers, documents
from models.importing import AlreadyLoaded, Import, Origin, Outcome
from models.lists.columns import Fill, columns_of
from models.lists.reading import Reading
from models.lists.refusal import Refusal
from models.lists.report import write_refusals
from models.lists.table import BadFile, CentreFile
from models.lists.vocabulary import FILE, BadVocabulary, Vocabulary
from models.matching import Row
from models.preparing import CHUNK, ProcessEnded

MOST_REFUSED = 100_000
"""Refused rows after which a file is taken for no list of documents at all."""

_SHOWN = 50
"""Faults, and kinds of change, that the screen shows."""

_LONG = 2 * 1024 * 1024
"""Octets of a list from which on several processes prepare its rows."""

_MOST_PROCESSES = 4
_BLOCK = 1024 * 1024


_NOTHING = Fill()


@dataclass(frozen=True)
class Wanted:
    """How a list is to be loaded.

    Attributes:
        fill: what stands for columns that lack.
        words: what its columns may be called; Kenya's unless given.
        leave_out_bad: rows that are refused are left out, and the others loaded.
        dry_run: nothing is kept.
        demonstration: it is a demonstration's, whose database holds no real ones.
        who: the account of whoever loads it; the operator's unless given.
        counting: shows how far it is.
        note: told of what was loaded, in the transaction that loads it.
    """

    fill: Fill = _NOTHING
    words: Vocabulary | None = None
    leave_out_bad: bool = False
    dry_run: bool = False
    demonstration: bool = False
    who: str = ""
    counting: "Counting" = counting
    note: "Note | None" = None


@dataclass(frozen=True)
class Loaded:
    """What became of a list: what the import did, the texts it queued, the rows left out."""

    outcome: Outcome
    told: int
    refusals: list[Refusal]


Counting = Callable[[str, int | None], AbstractContextManager[Heard]]
"""Shows how far work is: of what, and how many steps, where that is known."""

Note = Callable[[Connection, Loaded], None]


class Refused(Exception):
    """Rows were refused, so nothing was loaded."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(len(refusals))
        self.refusals = refusals


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--centre", default="", help="The centre, where the list names none.")
@click.option("--kind", default="", help="The kind of document, where the list names none.")
@click.option("--state", default="", help="The state, where the list names none.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and keep nothing.")
@click.option("--leave-out-bad", is_flag=True, help="Load the good rows without the bad.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the refused rows to this CSV file: line, column and reason.",
)
@with_appcontext
def import_file(
    file: Path,
    centre: str,
    kind: str,
    state: str,
    dry_run: bool,
    leave_out_bad: bool,
    report: Path | None,
) -> None:
    """Load a centre's list, CSV or Excel: all of it, or nothing and every refused row."""
    opened = line()
    today = opened.country.day(datetime.now(UTC))
    try:
        words = Vocabulary.read(current_app.config["REFERENCE_DIR"])
        fill, demonstration = Fill(centre, kind, state), current_app.config["DEMO"]
        wanted = Wanted(fill, words, leave_out_bad, dry_run, demonstration)
        loaded = load_file(opened, file, today, wanted)
    except AlreadyLoaded:
        click.echo("This very file was loaded before: nothing to change.")
        return
    except Refused as refused:
        _report(refused.refusals, report)
        faults = len(refused.refusals)
        raise click.ClickException(f"{faults} faults: nothing was loaded.") from None
    except BadVocabulary as bad:
        raise click.ClickException(f"{FILE}:\n{bad}") from None
    except ProcessEnded:
        raise click.ClickException(
            "a process that read the list was ended: nothing was loaded"
        ) from None
    _report(loaded.refusals, report)
    _say(loaded, dry_run)


def load_file(line: Line, file: Path, today: date, wanted: Wanted | None = None) -> Loaded:
    """Load a centre's list in one transaction, and tell those who wait for its documents.

    Raises:
        AlreadyLoaded: this very file was.
        Refused: with every refused row.
    """
    wanted = wanted or Wanted()
    loading = _Loading(line, file, today, wanted)
    try:
        with CentreFile(file, loading.words) as opened, line.database.working() as connection:
            loaded = loading.load(connection, opened)
            if wanted.dry_run:
                raise _NothingIsKept(loaded)
    except _NothingIsKept as tried:
        return tried.loaded
    except BadFile as bad:
        raise Refused([bad.refusal]) from None
    if loaded.outcome.added >= CHUNK:
        line.database.tidy(documents.name, document_numbers.name)
    return loaded


class _NothingIsKept(Exception):
    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        self.loaded = loaded


class _Loading:
    """One list on its way in."""

    def __init__(self, line: Line, file: Path, today: date, wanted: Wanted) -> None:
        self._line = line
        self._file = file
        self._today = today
        self._wanted = wanted
        self._refusals: list[Refusal] = []
        self._lines = 0
        self.words = wanted.words or Vocabulary.read()

    def load(self, connection: Connection, file: CentreFile) -> Loaded:
        """Load the list, and tell those who wait."""
        who = self._wanted.who or operator()
        origin = Origin(who, "list", self._digest(), self._wanted.demonstration)
        keep_going = self._wanted.leave_out_bad
        load = Import(connection, self._line.keys, self._today, origin, keep_going)
        self._fill(load, file, connection)
        outcome = load.outcome
        if self._refusals and not (keep_going and outcome.rows):
            raise Refused(self._refusals)
        told = tell(connection, self._line.keys, self._line.languages, outcome.batch_id)
        loaded = Loaded(outcome, told, self._refusals)
        if self._wanted.note:
            self._wanted.note(connection, loaded)
        audit.append(
            connection,
            origin.who,
            "documents import",
            batch=outcome.batch_id,
            rows=outcome.rows,
            added=outcome.added,
            changed=outcome.changed,
            refused=outcome.refused,
        )
        return loaded

    def _fill(self, load: Import, file: CentreFile, connection: Connection) -> None:
        reading = self._reading(file, codes_by_name(connection))
        items = _Items(self._file, self.words)
        processes = _processes() if file.size > _LONG else 0
        lines = self._lines if file.encoding else None
        with self._wanted.counting(self._file.name, lines) as heard:
            for rows in load.load_list(items, _Read(reading), self._refuse, processes):
                heard(rows)

    def _reading(self, file: CentreFile, centres: dict[str, str]) -> Reading:
        """Read the header.

        Raises:
            Refused: the list is not one, whatever its rows say.
        """
        at, header = next(file.rows())
        fill, country = self._wanted.fill, self._line.country
        columns, faults = columns_of(header, fill, self.words, at)
        reading = Reading(columns, fill, country, centres, self._today, self.words)
        if faults := [*faults, *reading.faults]:
            raise Refused(faults)
        return reading

    def _refuse(self, refusal: Any) -> None:
        self._refusals.append(refusal)
        if refusal.column == "file" or len(self._refusals) >= MOST_REFUSED:
            raise Refused(self._refusals)

    def _digest(self) -> str:
        """Name the file, and what was said of it by option; count its lines on the way."""
        with self._file.open("rb") as opened:
            digest = hashlib.sha256()
            while octets := opened.read(_BLOCK):
                digest.update(octets)
                self._lines += octets.count(b"\n")
        if self._wanted.fill != _NOTHING:
            digest.update(repr(self._wanted.fill).encode())
        return digest.hexdigest()


class _Read:
    """Reads an item of a list: a row, or why there are no more."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def __call__(self, item: "tuple[int, list[str]] | Refusal") -> Row | Refusal:
        return item if isinstance(item, Refusal) else self._reading.row(*item)


@dataclass(frozen=True)
class _Items:
    """Gives a file's rows behind its header, and what broke it as the last item."""

    file: Path
    words: Vocabulary

    def __call__(self) -> Iterator[tuple[int, list[str]] | Refusal]:
        """Open the file, and read it."""
        try:
            with CentreFile(self.file, self.words) as opened:
                rows = opened.rows()
                next(rows)
                yield from rows
        except BadFile as bad:
            yield bad.refusal


def _processes() -> int:
    """Say how many prepare rows: one processor is left to those who call, and the database."""
    return max(1, min((os.cpu_count() or 1) - 1, _MOST_PROCESSES))


def _report(refusals: list[Refusal], report: Path | None) -> None:
    for refusal in refusals[:_SHOWN]:
        click.echo(str(refusal))
    if len(refusals) > _SHOWN:
        click.echo(f"... and {len(refusals) - _SHOWN} more: --report FILE lists all of them")
    if report:
        write_refusals(report, refusals)
        click.echo(f"{len(refusals)} refused rows are listed in {report}")


def _say(loaded: Loaded, dry_run: bool) -> None:
    outcome = loaded.outcome
    would = "would be " if dry_run else ""
    click.echo(
        f"{outcome.rows} rows: {outcome.added} {would}new, {outcome.changed} {would}changed,"
        f" {outcome.confirmed} {would}confirmed, {outcome.same} as they were;"
        f" {loaded.told} texts to those who asked to be told"
    )
    if outcome.refused:
        click.echo(f"{outcome.refused} bad rows {'would be ' if dry_run else ''}left out")
    if outcome.elsewhere:
        click.echo(
            f"{outcome.elsewhere} of them lie at another centre by what is known, and the"
            " list does not say that they came later: see flask documents move"
        )
    if dry_run:
        _say_changes(outcome)
        click.echo("Nothing was kept.")


def _say_changes(outcome: Outcome) -> None:
    changes = outcome.changes.most_common()
    for (kind, was, now), times in changes[:_SHOWN]:
        before = f"{was.state} at {was.centre_code}" if was else "new"
        click.echo(f"  {times:>7} {kind}: {before} -> {now.state} at {now.centre_code}")
    if len(changes) > _SHOWN:
        click.echo(f"  ... and {len(changes) - _SHOWN} other kinds of change")
