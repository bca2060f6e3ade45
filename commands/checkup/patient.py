"""What the doctor may look at: the settings and the stores, each to be had by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from menus.line import Line
from menus.nodes import Nodes
from models.base import Database


class Account(Protocol):
    """A gateway that texts go through."""

    @property
    def name(self) -> str:
        """The gateway's name."""

    def answers(self) -> bool:
        """Say whether it answers."""


@dataclass(frozen=True)
class Patient:
    """One line, as its settings describe it.

    Attributes:
        prove: reads settings and words; raises what lacks or is wrong, all at once.
        pages: proves the menus, and gives how many pages were counted.
        keys: the settings that hold keys in versions, by name.
        secret: the line's own.
        database: opens the database, with one connection.
        replica: opens the copy that is read while that is away; None where none is set.
        redis: finds the servers of Redis.
        accounts: makes the gateways that texts go through.
        sms_url: where Africa's Talking is.
        line: opens the line.
        addresses: (what it is for, its path) of all that gateways call.
    """

    demo: bool
    prove: Callable[[], None]
    pages: Callable[[], int]
    tokens: Sequence[str] = field(repr=False)
    keys: Mapping[str, str] = field(repr=False)
    secret: str = field(repr=False)
    metrics_token: str = field(repr=False)
    database: Callable[[], Database]
    replica: Callable[[], Database] | None
    redis: Callable[[], Nodes]
    redis_mode: str
    var_dir: Path
    accounts: Callable[[], Sequence[Account]]
    sms_url: str
    sms_username: str
    line: Callable[[], Line]
    addresses: Sequence[tuple[str, str]]
