"""What a gateway is to the webhook: addresses, each with what reads it and what answers.

An adapter is a module with a `NAME` and `ADDRESSES`. Nothing else is asked of it, and only
it knows its gateway's field names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from flask import Request

from menus.dial import Dial
from menus.pages import Page


class Unreadable(ValueError):
    """A request that is no hop: a field missing, twice, or not of its form."""


@dataclass(frozen=True)
class Ended:
    """The gateway's word that a session is over, as far as it says.

    Attributes:
        phone: the caller's; empty where the gateway names the session alone.
        status: how it ended, in the gateway's own word or number.
    """

    session: str = field(repr=False)
    phone: str = field(repr=False)
    network: str = ""
    status: str = ""
    hops: int = 0
    milliseconds: int = 0
    cost: str = ""
    ended_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Reply:
    """What goes back to a gateway, always with status 200."""

    body: str = field(repr=False)
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Read = Callable[[Request], Dial | Ended | None]
"""Reads a request: a hop, an end, or None where the gateway only asks how things are.

It raises `Unreadable` where it is none of these.
"""

Write = Callable[[Page | None], Reply]
"""Writes a page; None where there is nothing to show."""


Begins = Callable[[bytes], bool]
"""Says of a request's octets, at a glance, whether it begins a session."""


def never_begins(_request: bytes) -> bool:
    """Say that a request begins no session, where nothing in it tells."""
    return False


@dataclass(frozen=True)
class Address:
    """One address of a gateway.

    Attributes:
        path: what follows the token; parts in `<>` reach `read` as the request's view_args.
        methods: the HTTP methods taken there.
        begins: tells new dials from other hops while the line is busy; it may be wrong. None
            where no hops come.
    """

    path: str
    methods: tuple[str, ...]
    read: Read
    write: Write
    begins: Begins | None = None


class Gateway(Protocol):
    """An adapter: one module."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant
        """The gateway's name in addresses and logs."""

    @property
    def ADDRESSES(self) -> tuple[Address, ...]:  # noqa: N802 - a module's constant
        """Every address it takes."""


def con_or_end(page: Page | None) -> Reply:
    """Write a page as several gateways want it: plain text that begins `CON ` or `END `."""
    if page is None:
        return Reply("END")
    return Reply(f"{'END' if page.ends else 'CON'} {page.text}")
