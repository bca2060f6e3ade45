"""Is this message real? Every notice that we text carries a code, which is keyed here."""

from collections.abc import Iterable
from enum import StrEnum

from menus.parse import code
from menus.screens import Ask, Choice, Look, Menu, Route, Screen
from menus.words import Facts, Words


class Truth(StrEnum):
    """Whether a message was ours."""

    OURS = "ours"
    NOT_OURS = "not ours"
    AWAY = "database away"


def truth(look: Look) -> Truth:
    """Decide whether a message with this code was sent to this phone."""
    sending = look.queries.sent(look.said.get("code", ""))
    if sending.away:
        return Truth.AWAY
    return Truth.OURS if sending.on else Truth.NOT_OURS


def sent_on(look: Look) -> Facts:
    """Tell when a message was sent."""
    on = look.queries.sent(look.said.get("code", "")).on
    return {"ref": look.said.get("code", ""), "date": look.words.date(on) if on else ""}


def _widest_sent(_words: Words) -> Iterable[Facts]:
    return [{"ref": "99999", "date": "30 Sep 2026"}]


SCREENS: list[Screen] = [
    Ask("ask_code", parse=code, to="truth", if_stuck="help"),
    Route(
        "truth",
        decide=truth,
        to={Truth.OURS: "ours", Truth.NOT_OURS: "not_ours", Truth.AWAY: "code_away"},
    ),
    Menu("ours", facts=sent_on, widest=_widest_sent, choices=()),
    Menu("not_ours", facts=sent_on, widest=_widest_sent, choices=()),
    Menu(
        "code_away",
        choices=(Choice("again", "3", to="truth"),),
        answers=True,
        if_stuck="help",
    ),
]
