"""The desk: what the console's pages work with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app

from menus.line import Line
from models.base import Connection, Database
from models.retention import Keep
from models.spending import Limits

STATEMENT_SECONDS = 5.0
"""The longest that a page waits for one SQL statement."""


@dataclass(frozen=True)
class Desk:
    """What the pages work with.

    Attributes:
        line: the line that callers meet: an agent's keys go through its turn.
        database: the same database by connections of its own: a slow page takes none from
            callers.
        secret: signs what browsers keep.
        limits: what a day may come to, in texts and money.
        keep: how long things are kept.
        words_dir: where the words of screens lie.
        reference_dir: where the country's reference data lie.
        var_dir: where this machine keeps its files.
        page: septets of a USSD page.
        demo: whether this is a demonstration.
    """

    line: Line
    database: Database
    secret: str = field(repr=False)
    limits: Limits
    keep: Keep
    words_dir: Path
    reference_dir: Path
    var_dir: Path
    page: int
    demo: bool = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for reading.

        Raises:
            models.base.Unavailable: the database is away, or a statement took too long.
        """
        with self.database.reading(STATEMENT_SECONDS) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend a connection in a transaction, committed at the end.

        Raises:
            models.base.Unavailable: as in `reading`; nothing was kept.
        """
        with self.database.writing(STATEMENT_SECONDS) as connection:
            yield connection


def desk() -> Desk:
    """Give the desk of the application that answers."""
    return cast(Desk, current_app.extensions["desk"])
