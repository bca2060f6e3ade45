"""How a gateway is doing, as one sender sees it: how many messages it may hold at once.

It begins with few and gets more with each that it takes. One trouble, and it gets one at a
time; a few in a row, or a call that hangs, and it is away: nothing is handed to it until it
answers a question that sends nothing, and then one message first.
"""

from sms.gateway import Submitted

MOST = 9
"""Messages in flight at most: some 38 a second through a gateway that answers in 200 ms.

Two senders that fall into a gateway that hangs lose no more than 18 to it."""

STALL_SECONDS = 3.0
"""A call that is not answered for so long, and no other either, speaks of a gateway that
hangs: Africa's Talking answers within two seconds, its maintainers say."""

_FIRST = 2
TROUBLES = 3
"""Troubles in a row after which a gateway is away."""


class Health:
    """One gateway's health.

    Attributes:
        is_away: nothing is handed to it.
        is_tried: it is handed one message, to see whether it is back.
        reason: why it is away: a word.
    """

    def __init__(self) -> None:
        self.is_away = False
        self.is_tried = False
        self.reason = ""
        self._window = _FIRST
        self._troubles = 0

    def room(self, in_flight: int) -> int:
        """Give how many messages more it may be handed now."""
        return 0 if self.is_away else max(0, self._window - in_flight)

    def note(self, submitted: Submitted) -> None:
        """Note what became of a message."""
        if submitted.is_trouble:
            self._note_trouble(submitted.reason or "")
        else:
            self._troubles = 0
            self._window = min(MOST, self._window + 1)
            self.is_tried = False

    def leave(self, reason: str) -> None:
        """Hand it nothing more."""
        self.is_away, self.reason = True, reason
        self.is_tried = False

    def try_again(self) -> None:
        """Hand it one message: it answers again."""
        self.is_away, self.is_tried = False, True
        self._window, self._troubles = 1, 0

    def come_back(self) -> None:
        """Hand it a few messages: another sender found it well."""
        self.is_away, self.is_tried = False, False
        self._window, self._troubles = _FIRST, 0

    def _note_trouble(self, reason: str) -> None:
        self._troubles += 1
        self._window = 1
        if self.is_tried or self._troubles >= TROUBLES:
            self.leave(reason)
