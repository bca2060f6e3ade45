"""Finding the row of a list that names its columns, behind a title or without one."""

from collections.abc import Sequence

from models.lists.vocabulary import Vocabulary

FIRST = 10
"""Rows among which the header is, blank ones not counted."""


def best(rows: Sequence[Sequence[str]], words: Vocabulary) -> tuple[int, int]:
    """Find the row that names the most columns.

    Args:
        rows: the first of a list; what is beyond FIRST is not looked at.

    Returns:
        Its place from 0, and how well it names them: 0 where no row names any, and then the
        first one is the header, wrong as it is.
    """
    known = [words.known(cells) for cells in rows[:FIRST]]
    most = max(known, default=0)
    return (known.index(most) if most else 0), most
