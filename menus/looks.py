"""Looks: what an agent looks up for a caller, and how far that may go beyond the budget."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from menus.screens import Finding
from menus.sessions import subject_mark
from models.lookups import Outcome

MOST_BEYOND = 5
"""Different numbers beyond the budget that may be looked up in one call."""


@dataclass
class Looks:
    """What one hop looks up while an agent presses its keys.

    Attributes:
        room: how many different numbers beyond the budget the call may look up.
        beyond: marks of those that it did.
        outcomes: what this hop's look-ups came to, in their order.
        found: what they gave, by number and kind.
    """

    room: int = 0
    beyond: set[bytes] = field(default_factory=set, repr=False)
    outcomes: list[Outcome] = field(default_factory=list)
    found: dict[tuple[str, str], Finding] = field(default_factory=dict, repr=False)

    def lets(self, subjects: Iterable[bytes]) -> bool:
        """Say whether a number may be looked up that the budget has no room for.

        Args:
            subjects: the number's, under every key version, the current one first.
        """
        marks = [subject_mark(one) for one in subjects]
        if not self.beyond.isdisjoint(marks):
            return True
        if len(self.beyond) >= self.room:
            return False
        self.beyond.add(marks[0])
        return True
