"""Jobs: work that an administrator starts from a page, tried first, and then done.

A process of its own does it. One job is under way at a time, by a column that is unique.
Nothing of a person is in a job: its outcome is counts.
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from models.base import Database, in_utc, metadata
from models.uploads import KEPT, Uploads


class Work(StrEnum):
    """What is done."""

    IMPORT = "import"
    CAMPAIGN = "campaign"


class Stage(StrEnum):
    """How far a job is."""

    TRYING = "trying"
    TRIED = "tried"
    DOING = "doing"
    DONE = "done"
    REFUSED = "refused"
    SAME = "same"
    FAILED = "failed"
    DROPPED = "dropped"


UNDER_WAY = (Stage.TRYING, Stage.DOING)

_TURN = 1

jobs = Table(
    "jobs",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("work", String(10), nullable=False),
    Column("stage", String(8), nullable=False),
    Column("turn", SmallInteger, unique=True),
    Column("account", String(60), nullable=False),
    Column("file", String(32), nullable=False, unique=True),
    Column("digest", String(64), nullable=False),
    Column("asked", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
"""`turn` is 1 while the job is under way; `asked` and `outcome` are JSON."""


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        file: the random name of its list, and of the file whose lock its process holds.
        digest: the SHA-256 of the list.
        asked: what is wanted of it.
        outcome: what came of it, or would.
    """

    id: int
    work: Work
    stage: Stage
    account: str
    file: str
    digest: str
    asked: Mapping[str, Any]
    outcome: Mapping[str, Any]
    made_at: datetime
    changed_at: datetime

    @property
    def is_under_way(self) -> bool:
        """Whether a process is at it."""
        return self.stage in UNDER_WAY


class Busy(Exception):
    """Another job is under way."""


class Overtaken(Exception):
    """The job is not where it was thought to be."""


def begin(
    connection: Connection,
    work: Work,
    account: str,
    file: str,
    asked: Mapping[str, Any],
    digest: str = "",
) -> int:
    """Add a job, which is tried first; give its id.

    Raises:
        Busy: another one is under way. The transaction is of no more use.
    """
    now = datetime.now(UTC)
    row = {
        "work": work,
        "stage": Stage.TRYING,
        "turn": _TURN,
        "account": account,
        "file": file,
        "digest": digest,
        "asked": _written(asked),
        "outcome": "{}",
        "made_at": now,
        "changed_at": now,
    }
    try:
        return int(
            connection.execute(insert(jobs).values(row).returning(jobs.c.id)).scalar_one()
        )
    except IntegrityError:
        raise Busy from None


def go_on(connection: Connection, job_id: int) -> None:
    """Begin to do what was tried.

    Raises:
        Overtaken: it was not tried, or is begun already.
        Busy: as in `begin`.
    """
    _move(connection, job_id, (Stage.TRIED,), Stage.DOING, turn=_TURN)


def drop(connection: Connection, job_id: int) -> None:
    """Give up what was tried.

    Raises:
        Overtaken: it was not tried, or is begun already.
    """
    _move(connection, job_id, (Stage.TRIED,), Stage.DROPPED, turn=None)


def end(
    connection: Connection, job_id: int, stage: Stage, outcome: Mapping[str, Any] | None = None
) -> None:
    """Keep what came of a job that is under way.

    Raises:
        Overtaken: it is not.
    """
    said = {} if outcome is None else {"outcome": _written(outcome)}
    _move(connection, job_id, UNDER_WAY, stage, turn=None, **said)


def find(connection: Connection, job_id: int, work: Work | None = None) -> Job | None:
    """Give a job by its id; None where there is none, or it is other work."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).first()
    return _job(row) if row and work in (None, row.work) else None


def latest(connection: Connection, work: Work, most: int = 20) -> list[Job]:
    """List the latest jobs of some work, the latest first."""
    query = select(jobs).where(jobs.c.work == work).order_by(jobs.c.id.desc()).limit(most)
    return [_job(row) for row in connection.execute(query)]


def settle(database: Database, uploads: Uploads, file: str) -> None:
    """Let go of one file that nobody works at: its process ended, or it is a day old."""
    lock = uploads.locked(file)
    if lock is None:
        return
    try:
        if not _is_wanted(database, file):
            uploads.forget(file)
    finally:
        os.close(lock)


def sweep(database: Database, uploads: Uploads) -> None:
    """Let go of all that nobody works at: whenever somebody looks, and with retention."""
    for file in uploads.names():
        settle(database, uploads, file)
    uploads.drop_reports(time.time() - KEPT.total_seconds())
    _end_what_is_old(database)


def _is_wanted(database: Database, file: str) -> bool:
    """Say whether a file that nobody works at is still of use; end its job if it broke off."""
    with database.reading() as connection:
        row = connection.execute(select(jobs).where(jobs.c.file == file)).first()
    job = _job(row) if row else None
    if job and job.is_under_way:
        with database.writing() as connection:
            end(connection, job.id, Stage.FAILED)
    is_fresh = job is not None and job.changed_at > datetime.now(UTC) - KEPT
    return is_fresh and job is not None and job.stage is Stage.TRIED


def _end_what_is_old(database: Database) -> None:
    """End jobs of a day ago, whose files may have been another machine's."""
    is_old = jobs.c.changed_at < datetime.now(UTC) - KEPT
    for before, after in ((UNDER_WAY, Stage.FAILED), ((Stage.TRIED,), Stage.DROPPED)):
        these = jobs.c.stage.in_(before) & is_old
        with database.reading() as connection:  # nobody writes beside an import on SQLite
            ids = connection.scalars(select(jobs.c.id).where(these)).all()
        if ids:
            with database.writing() as connection:
                old = update(jobs).where(jobs.c.id.in_(ids), these)
                connection.execute(old.values(stage=after, turn=None))


def _move(
    connection: Connection, job_id: int, before: tuple[Stage, ...], stage: Stage, **also: object
) -> None:
    these = update(jobs).where(jobs.c.id == job_id, jobs.c.stage.in_(before))
    changed = {"stage": stage, "changed_at": datetime.now(UTC), **also}
    try:
        moved = connection.execute(these.values(changed)).rowcount
    except IntegrityError:
        raise Busy from None
    if not moved:
        raise Overtaken


def _written(said: Mapping[str, Any]) -> str:
    return json.dumps(said, sort_keys=True)


def _job(row: Any) -> Job:
    return Job(
        id=row.id,
        work=Work(row.work),
        stage=Stage(row.stage),
        account=row.account,
        file=row.file,
        digest=row.digest,
        asked=json.loads(row.asked),
        outcome=json.loads(row.outcome),
        made_at=in_utc(row.made_at),
        changed_at=in_utc(row.changed_at),
    )
