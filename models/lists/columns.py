"""The columns of a list: which is which, by the names in its header."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.documents import State
from models.lists.letters import key
from models.lists.refusal import Refusal
from models.lists.vocabulary import FURTHER, IGNORED, REQUIRED, Vocabulary
from models.numbers import Kind, NumberType

MOST = 100
"""Columns of a list at most."""


@dataclass(frozen=True)
class Fill:
    """What an operator says by option of a whole list, for columns and cells that lack.

    Attributes:
        centre: its code or name.
        kind, state: in any spelling that a list may have.
    """

    centre: str = ""
    kind: str = ""
    state: str = ""


@dataclass(frozen=True)
class Columns:
    """Where each column stands in a row, from 0.

    Attributes:
        width: how many cells a row has.
        places: where the columns stand that every list has; `width` for one that lacks.
        further: by number type, where a column of further numbers stands.
        nameless: where columns without a name stand, in which nothing may be.
    """

    width: int
    places: tuple[int, ...]
    further: tuple[tuple[NumberType, int], ...] = ()
    nameless: tuple[int, ...] = ()

    @property
    def least(self) -> int:
        """How many cells a row has at least: those up to the last column with a name."""
        named = set(range(self.width)) - set(self.nameless)
        return max(named, default=-1) + 1


def columns_of(
    header: Sequence[str], fill: Fill, words: Vocabulary, line: int = 1
) -> tuple[Columns, list[Refusal]]:
    """Find a list's columns.

    Args:
        header: the names, as the list has them.
        line: where they stand.

    Returns:
        The columns, of use only where nothing is refused, and every fault. A fault names a
        column by its place and never shows its cell: in a list without a header it is
        somebody's.
    """
    found = [words.column(cell) if cell.strip() else IGNORED for cell in header]
    faults = [*_missing(found, fill), *_odd(found, len(header)), *_of_options(fill, words)]
    where = {name: place for place, name in reversed(list(enumerate(found)))}
    columns = Columns(
        width=len(header),
        places=tuple(where.get(name, len(header)) for name in REQUIRED),
        further=tuple((kind, where[name]) for name, kind in FURTHER.items() if name in where),
        nameless=tuple(place for place, cell in enumerate(header) if not cell.strip()),
    )
    return columns, [
        Refusal(0 if column.startswith("--") else line, column, reason)
        for column, reason in faults
    ]


def _missing(found: Sequence[str | None], fill: Fill) -> Iterator[tuple[str, str]]:
    for name in REQUIRED:
        if name not in found and not getattr(fill, name, ""):
            yield name, "no such column"


def _odd(found: Sequence[str | None], width: int) -> Iterator[tuple[str, str]]:
    if width > MOST:
        yield "header", f"more than {MOST} columns"
        return
    for place, name in enumerate(found, 1):
        if name is None:
            yield f"column {place}", "a column that is not known"
    for name in (*REQUIRED, *FURTHER):
        if found.count(name) > 1:
            yield name, "the name of two columns"


def _of_options(fill: Fill, words: Vocabulary) -> Iterator[tuple[str, str]]:
    if fill.kind and key(fill.kind) not in words.kinds:
        yield "--kind", f"not one of: {', '.join(Kind)}"
    if fill.state and key(fill.state) not in words.states:
        yield "--state", f"not one of: {', '.join(State)}"
