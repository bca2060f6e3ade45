"""The bar that shows how far a long command is, on the error stream beside what it prints."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

Heard = Callable[[int], None]
"""Told of how many steps are done."""


def progress() -> "Progress":
    """Make a bar: a context manager, to which tasks are added."""
    # A web process has these commands as well, and shows no bar: the import takes 90 ms.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


@contextmanager
def counting(what: str, of: int | None) -> Iterator[Heard]:
    """Show one bar, full at the end.

    Args:
        of: how many steps there are, where that is known.
    """
    with progress() as bar:
        task = bar.add_task(what, total=of)
        yield lambda done: bar.update(task, completed=done)
        bar.update(task, total=1, completed=1)
