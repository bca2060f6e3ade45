"""Wordings: changes of what screens say, proposed by one person and approved by another.

An approved wording is a version. The words in force are those of the files with what every
version changed laid over them, in the order of their numbers; 0 is the files alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    inspect,
    select,
    update,
)

from models.base import in_utc, metadata

PATH = 120
"""Letters in the name of a place in the words at most, as `screens.ready.text`."""

Place = tuple[str, str]
"""Where a text stands: its language, and the names that lead to it, with points between."""

Overlay = Mapping[Place, str]
"""What is laid over the files' words."""

_WHO = 60
_ID = BigInteger().with_variant(Integer, "sqlite")


class Stage(StrEnum):
    """What has become of a wording."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


wordings = Table(
    "wordings",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("stage", String(8), nullable=False),
    Column("version", Integer),
    Column("takes_back", Integer),
    Column("author", String(_WHO), nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("decider", String(_WHO), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    UniqueConstraint("version"),
    Index("ix_wordings_stage", "stage"),
)

wording_changes = Table(
    "wording_changes",
    metadata,
    Column("wording_id", _ID, ForeignKey("wordings.id"), primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("path", String(PATH), primary_key=True),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("of_files", Boolean, nullable=False),
)


@dataclass(frozen=True)
class Change:
    """One text that a wording changes.

    Attributes:
        of_files: what it says after is what the files say: nothing is laid over them there.
    """

    language: str
    path: str
    before: str
    after: str
    of_files: bool = False

    @property
    def place(self) -> Place:
        """Where the text stands."""
        return self.language, self.path


@dataclass(frozen=True)
class Wording:
    """A change of words, with all that became of it.

    Attributes:
        version: its number; 0 where it has none.
        takes_back: the version that it takes back; 0 where it takes back none.
        decider: who approved or refused it; empty while it waits.
    """

    id: int
    stage: Stage
    version: int
    takes_back: int
    author: str
    proposed_at: datetime
    decider: str
    decided_at: datetime | None
    changes: tuple[Change, ...]


class Overtaken(Exception):
    """Somebody else changed the words, or decided, in the meantime: nothing was done."""


class Own(Exception):
    """Nobody approves a change of their own: nothing was done."""


def newest(connection: Connection) -> int:
    """Give the number of the last version; 0 where there is none, or no table yet."""
    if not inspect(connection).has_table(wordings.name):
        return 0
    return connection.scalar(select(func.max(wordings.c.version))) or 0


def versions(connection: Connection) -> list[Wording]:
    """List the versions, the first one first."""
    query = select(wordings).where(wordings.c.version.is_not(None))
    return _read(connection, query.order_by(wordings.c.version))


def waiting(connection: Connection) -> list[Wording]:
    """List what waits for an approval, the longest first."""
    query = select(wordings).where(wordings.c.stage == Stage.WAITING)
    return _read(connection, query.order_by(wordings.c.id))


def one(connection: Connection, wording_id: int) -> Wording | None:
    """Give one wording; None where there is none of that id."""
    found = _read(connection, select(wordings).where(wordings.c.id == wording_id))
    return found[0] if found else None


def overlay(known: Iterable[Wording]) -> dict[Place, str]:
    """Give what some versions, in their order, lay over the files' words."""
    laid: dict[Place, str] = {}
    for wording in known:
        for change in wording.changes:
            if change.of_files:
                laid.pop(change.place, None)
            else:
                laid[change.place] = change.after
    return laid


def propose(connection: Connection, author: str, changes: Sequence[Change]) -> int:
    """Keep a change of words for another person to approve; give its id."""
    return _insert(connection, author, Stage.WAITING, changes)


def approve(connection: Connection, wording_id: int, who: str, after: int) -> int:
    """Make a version of what waits; give its number.

    Args:
        after: the last version when it was looked at.

    Raises:
        Own: who approves has proposed it.
        Overtaken: it waits no more, or there is a later version.
    """
    author = select(wordings.c.author).where(wordings.c.id == wording_id)
    if connection.scalar(author) == who:
        raise Own
    _hold(connection, after)
    _decide(connection, wording_id, Stage.APPROVED, who, after + 1)
    return after + 1


def refuse(connection: Connection, wording_id: int, who: str) -> None:
    """Put aside what waits; its author may do so too.

    Raises:
        Overtaken: it waits no more.
    """
    _decide(connection, wording_id, Stage.REFUSED, who, None)


def take_back(
    connection: Connection, who: str, version: int, changes: Sequence[Change], after: int
) -> int:
    """Make a version that takes an earlier one back, at once; give its number.

    Args:
        changes: what is said otherwise from now on.
        after: the last version when it was looked at.

    Raises:
        Overtaken: there is a later version.
    """
    _hold(connection, after)
    wording_id = _insert(connection, who, Stage.WAITING, changes, takes_back=version)
    _decide(connection, wording_id, Stage.APPROVED, who, after + 1)
    return after + 1


def _hold(connection: Connection, after: int) -> None:
    """Let nobody else make a version until the transaction ends.

    Raises:
        Overtaken: somebody has.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE wordings IN SHARE ROW EXCLUSIVE MODE")
    if newest(connection) != after:
        raise Overtaken


def _insert(
    connection: Connection,
    author: str,
    stage: Stage,
    changes: Sequence[Change],
    takes_back: int | None = None,
) -> int:
    made = connection.execute(
        insert(wordings)
        .values(
            stage=stage,
            takes_back=takes_back,
            author=author,
            proposed_at=datetime.now(UTC),
            decider="",
        )
        .returning(wordings.c.id)
    )
    wording_id = int(made.scalar_one())
    connection.execute(
        insert(wording_changes),
        [
            {
                "wording_id": wording_id,
                "language": one.language,
                "path": one.path,
                "before": one.before,
                "after": one.after,
                "of_files": one.of_files,
            }
            for one in changes
        ],
    )
    return wording_id


def _decide(
    connection: Connection, wording_id: int, stage: Stage, who: str, version: int | None
) -> None:
    waits = (wordings.c.id == wording_id) & (wordings.c.stage == Stage.WAITING)
    done = connection.execute(
        update(wordings)
        .where(waits)
        .values(stage=stage, version=version, decider=who, decided_at=datetime.now(UTC))
    )
    if not done.rowcount:
        raise Overtaken


def _read(connection: Connection, query: "Select[tuple[object, ...]]") -> list[Wording]:
    rows = connection.execute(query).all()
    changes: dict[int, list[Change]] = {}
    of_these = wording_changes.c.wording_id.in_([row.id for row in rows])
    in_order = (wording_changes.c.path, wording_changes.c.language)
    for row in connection.execute(select(wording_changes).where(of_these).order_by(*in_order)):
        change = Change(row.language, row.path, row.before, row.after, row.of_files)
        changes.setdefault(row.wording_id, []).append(change)
    return [_wording(row, changes.get(row.id, ())) for row in rows]


def _wording(row: "Row[tuple[object, ...]]", changes: Iterable[Change]) -> Wording:
    return Wording(
        id=row.id,
        stage=Stage(row.stage),
        version=row.version or 0,
        takes_back=row.takes_back or 0,
        author=row.author,
        proposed_at=in_utc(row.proposed_at),
        decider=row.decider,
        decided_at=in_utc(row.decided_at) if row.decided_at else None,
        changes=tuple(changes),
    )
