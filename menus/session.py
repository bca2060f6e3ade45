"""A caller's session: where they stand, and all that the next key needs.

It is a cache of folding the keys pressed so far; whatever is lost is folded again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from menus.pages import Page

FORMAT = 1
"""Written with every session; one of another format is read as no session at all."""


@dataclass(frozen=True)
class Session:
    """Where a caller stands.

    Attributes:
        screen: the screen shown last; empty before the first.
        part: which of its pages, 0 the first.
        trail: the screens that `0` goes back to, the nearest last.
        said: what was chosen and typed.
        slips: slips since the last right key.
        language: the caller's; empty until it is known.
        offered: what each key meant on the page that the caller saw.
        inputs: every key pressed, in order.
        page: the page shown last.
        wished: whether the last hop made a wish.
    """

    screen: str = ""
    part: int = 0
    trail: tuple[str, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict, repr=False)
    slips: int = 0
    language: str = ""
    offered: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = field(default=(), repr=False)
    page: Page = field(default=Page(""), repr=False)
    wished: bool = False


def dump(session: Session) -> str:
    """Write a session as text, empty things left out."""
    written = {
        "v": FORMAT,
        "s": session.screen,
        "p": session.part,
        "t": session.trail,
        "d": session.said,
        "n": session.slips,
        "l": session.language,
        "o": session.offered,
        "i": session.inputs,
        "g": session.page.text,
        "e": session.page.ends,
        "w": session.wished,
    }
    return json.dumps(
        {name: value for name, value in written.items() if value},
        separators=(",", ":"),
        ensure_ascii=False,
    )


def read(text: str) -> Session | None:
    """Read a session that `dump` wrote; None where it is of another format."""
    try:
        written = json.loads(text)
        if written["v"] != FORMAT:
            return None
        return Session(
            screen=written.get("s", ""),
            part=written.get("p", 0),
            trail=tuple(written.get("t", ())),
            said=written.get("d", {}),
            slips=written.get("n", 0),
            language=written.get("l", ""),
            offered=written.get("o", {}),
            inputs=tuple(written.get("i", ())),
            page=Page(written.get("g", ""), written.get("e", False)),
            wished=written.get("w", False),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
