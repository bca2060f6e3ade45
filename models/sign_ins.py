"""Tries to sign in: each wrong one makes the next wait longer, and locks nobody else out.

Tries are counted by account, and apart from those by each browser that has signed in to it
before (OWASP's device cookies): whoever guesses from elsewhere delays nobody at their own
desk. At most 10 guesses an hour and account come of it (NIST SP 800-63B asks for a limit).
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    LargeBinary,
    SmallInteger,
    Table,
    delete,
    select,
    update,
)

from models.base import in_utc, metadata
from models.upsert import upsert

FREE = 3
"""Wrong tries that nobody waits after."""

FORGOTTEN = timedelta(hours=24)
"""So long after the last try it is as if there had been none."""

_FIRST_SECONDS, _MOST_SECONDS = 30, 900
_MOST_FAILURES = 1_000

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("bucket", LargeBinary(32), primary_key=True),
    Column("failures", SmallInteger, nullable=False),
    Column("tried_at", DateTime(timezone=True), nullable=False),
)


def wait_after(failures: int) -> int:
    """Give how long the next try waits after so many wrong ones, in seconds."""
    if failures < FREE:
        return 0
    return int(min(_FIRST_SECONDS * 2 ** min(failures - FREE, 10), _MOST_SECONDS))


def try_now(connection: Connection, bucket: bytes, now: datetime | None = None) -> int:
    """Count a try before it is judged, where one may be made.

    It counts as wrong until `forgive` says otherwise, so that many at once are all counted.

    Args:
        bucket: a digest of whom is tried for, and from where.

    Returns:
        How long to wait, in seconds; 0 where the try was counted and may be judged.
    """
    now = now or datetime.now(UTC)
    row = {"bucket": bucket, "failures": 1, "tried_at": now}
    if upsert(connection, sign_in_tries, row, on=["bucket"]):
        return 0
    one = sign_in_tries.c.bucket == bucket
    kept = connection.execute(select(sign_in_tries).where(one).with_for_update()).one()
    since = now - in_utc(kept.tried_at)
    failures = 0 if since > FORGOTTEN else kept.failures
    left = wait_after(failures) - int(since.total_seconds())
    if left > 0:
        return left
    changed = {"failures": min(failures + 1, _MOST_FAILURES), "tried_at": now}
    connection.execute(update(sign_in_tries).where(one).values(changed))
    return 0


def forgive(connection: Connection, bucket: bytes) -> None:
    """Forget the tries of one bucket: the last was right."""
    connection.execute(delete(sign_in_tries).where(sign_in_tries.c.bucket == bucket))
