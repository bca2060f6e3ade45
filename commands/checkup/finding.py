"""What a check of the line found, how bad it is, and what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from commands.checkup.patient import Patient


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        do: what to do about it; empty where nothing is.
    """

    level: Level
    what: str
    do: str = ""


Check = Callable[[Patient], Iterator[Finding]]


def ok(what: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(Level.OK, what)


def warn(what: str, do: str) -> Finding:
    """Say that something is worth a look."""
    return Finding(Level.WARN, what, do)


def fail(what: str, do: str) -> Finding:
    """Say that the line cannot do its work so."""
    return Finding(Level.FAIL, what, do)
