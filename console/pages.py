"""Pages: a blueprint whose every route names the roles that it is open to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, g

from models.agents import Agent, Role

View = Callable[..., Any]

OPEN_TO: dict[View, frozenset[Role] | None] = {}
"""Every view of the console and the roles that it is open to; None is whoever comes."""

LARGEST = 1024 * 1024
"""Octets of a form that are read."""

READ_BY: dict[View, Callable[[], None]] = {}
"""What is called before the form of a view is read: it may take more, and a file elsewhere."""


@dataclass(frozen=True)
class Entry:
    """One entry of the menu at the top of pages.

    Attributes:
        endpoint: the page's name.
        words: what it is called, as `say` knows it.
    """

    endpoint: str
    words: str
    roles: frozenset[Role]


class Pages(Blueprint):
    """The pages of one noun, under `/console/`.

    Attributes:
        entries: what stands of them in the menu.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, __name__)
        self.entries: list[Entry] = []

    def page(
        self,
        rule: str,
        *roles: Role,
        methods: Sequence[str] = ("GET",),
        menu: str = "",
    ) -> Callable[[View], View]:
        """Add a page that is open to some roles.

        Args:
            rule: its address under `/console`.
            menu: what it is called in the menu, as `say` knows it; empty where it is not there.
        """

        def add(view: View) -> View:
            if not roles:
                raise TypeError(f"{rule} names no role")
            OPEN_TO[view] = frozenset(roles)
            self.add_url_rule(rule, endpoint=view.__name__, view_func=view, methods=methods)
            if menu:
                self.entries.append(
                    Entry(f"console.{self.name}.{view.__name__}", menu, frozenset(roles))
                )
            return view

        return add

    def door(self, rule: str, methods: Sequence[str] = ("GET",)) -> Callable[[View], View]:
        """Add a page that is open to whoever comes: the way in, and no more."""

        def add(view: View) -> View:
            OPEN_TO[view] = None
            self.add_url_rule(rule, endpoint=view.__name__, view_func=view, methods=methods)
            return view

        return add


def current() -> Agent:
    """Give the agent who is signed in."""
    return cast(Agent, g.agent)
