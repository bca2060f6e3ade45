"""A caller's session: where they stand, and all that the next key needs.

It is a cache of folding the keys pressed so far; whatever is lost is folded again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from menus.pages import Page

FORMAT = 3
"""Written with every session; one of another format is read as no session at all."""


@dataclass(frozen=True)
class Step:
    """A screen on the way back.

    Attributes:
        way: what led to the screen, where that was a decision: going back decides again.
        unsaid: what going on from the screen said, as it was before; None was not said.
    """

    screen: str
    way: str = ""
    unsaid: Mapping[str, str | None] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Dropped:
    """Where a call was when its line dropped, for a later call to take up.

    Attributes:
        way: what led to its screen, or the screen.
        inputs: in the call that took it up, how many keys that had cost.
    """

    way: str
    trail: tuple[Step, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict, repr=False)
    language: str = ""
    inputs: int = 0


@dataclass(frozen=True)
class Taken:
    """A text that a conversation has taken, so that it is taken once.

    Attributes:
        id: the text's own, shortened.
        answer: what it was answered; empty where it is too long ago to be kept.
        keys: what it pressed, where that made a wish; empty where it made none.
        base: the session that those keys were pressed in, as `dump` writes it.
    """

    id: str
    answer: str = field(default="", repr=False)
    keys: tuple[str, ...] = field(default=(), repr=False)
    base: str = field(default="", repr=False)


@dataclass(frozen=True)
class Session:
    """Where a caller stands.

    Attributes:
        screen: the screen shown last; empty before the first.
        way: what led to it, where that was a decision: going back decides again.
        part: which of its pages, 0 the first.
        trail: the screens that `0` goes back to, the nearest last.
        said: what was chosen and typed.
        slips: slips since the last right key.
        note: the name of a phrase that the screen says first.
        language: the caller's; empty until it is known.
        offered: what each key meant on the page that the caller saw; of a menu, on all.
        inputs: every key pressed, in order.
        page: the page shown last.
        wished: whether the last hop made a wish.
        taken_up: the dropped call that this one took up: no key of its own leads there.
        taken: the texts that a conversation by SMS has taken, the latest last.
        words: the version of the words that it began with.
    """

    screen: str = ""
    way: str = ""
    part: int = 0
    trail: tuple[Step, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict, repr=False)
    slips: int = 0
    note: str = ""
    language: str = ""
    offered: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = field(default=(), repr=False)
    page: Page = field(default=Page(""), repr=False)
    wished: bool = False
    taken_up: Dropped | None = None
    taken: tuple[Taken, ...] = ()
    words: int = 0

    @property
    def dropped(self) -> Dropped:
        """Where the call is, for a later one to take up should the line drop."""
        return Dropped(self.way or self.screen, self.trail, self.said, self.language)


def dump(session: Session) -> str:
    """Write a session as text, empty things left out."""
    written = {
        "v": FORMAT,
        "s": session.screen,
        "y": session.way,
        "p": session.part,
        "t": _steps(session.trail),
        "d": session.said,
        "n": session.slips,
        "m": session.note,
        "l": session.language,
        "o": session.offered,
        "i": session.inputs,
        "g": session.page.text,
        "e": session.page.ends,
        "w": session.wished,
        "u": _written(session.taken_up) if session.taken_up else None,
        "x": [[one.id, one.answer, one.keys, one.base] for one in session.taken],
        "z": session.words,
    }
    return _json(written)


def dump_dropped(dropped: Dropped) -> str:
    """Write where a call was as text, empty things left out."""
    return _json({"v": FORMAT, **_written(dropped)})


def read_dropped(text: str) -> Dropped | None:
    """Read what `dump_dropped` wrote; None where it is of another format."""
    try:
        written = json.loads(text)
        return _dropped(written) if written["v"] == FORMAT else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def read(text: str) -> Session | None:
    """Read a session that `dump` wrote; None where it is of another format."""
    try:
        written = json.loads(text)
        if written["v"] != FORMAT:
            return None
        return Session(
            screen=written.get("s", ""),
            way=written.get("y", ""),
            part=written.get("p", 0),
            trail=_trail(written.get("t", ())),
            said=written.get("d", {}),
            slips=written.get("n", 0),
            note=written.get("m", ""),
            language=written.get("l", ""),
            offered=written.get("o", {}),
            inputs=tuple(written.get("i", ())),
            page=Page(written.get("g", ""), written.get("e", False)),
            wished=written.get("w", False),
            taken_up=_dropped(written["u"]) if "u" in written else None,
            taken=tuple(_taken(*one) for one in written.get("x", ())),
            words=written.get("z", 0),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _taken(text: str, answer: str, keys: list[str], base: str) -> Taken:
    return Taken(text, answer, tuple(keys), base)


def _written(dropped: Dropped) -> dict[str, object]:
    return {
        "y": dropped.way,
        "t": _steps(dropped.trail),
        "d": dropped.said,
        "l": dropped.language,
        "n": dropped.inputs,
    }


def _dropped(written: Mapping[str, Any]) -> Dropped:
    return Dropped(
        way=written["y"],
        trail=_trail(written.get("t", ())),
        said=written.get("d", {}),
        language=written.get("l", ""),
        inputs=written.get("n", 0),
    )


def _steps(trail: Iterable[Step]) -> list[object]:
    """Write steps, each as short as it can be."""
    return [
        [one.screen, one.way, one.unsaid] if one.way or one.unsaid else one.screen
        for one in trail
    ]


def _trail(written: Iterable[Any]) -> tuple[Step, ...]:
    return tuple(Step(one) if isinstance(one, str) else Step(*one) for one in written)


def _json(written: Mapping[str, object]) -> str:
    return json.dumps(
        {name: value for name, value in written.items() if value},
        separators=(",", ":"),
        ensure_ascii=False,
    )
