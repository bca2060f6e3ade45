"""What reaches the line, whatever gateway brought it."""

from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True)
class Dial:
    """One hop of a USSD session.

    Attributes:
        phone: the caller's MSISDN, E.164.
        service_code: the code, perhaps with what was dialled behind it; empty where the
            gateway does not say. `dialled` makes it the line's own.
        network: the gateway's own word for the caller's network; empty where it has none.
        inputs: what was keyed. All of it since the dial where `cumulative`. Else, on a hop
            that begins a session, what was dialled behind the code, and on any other the
            last reply. `*` parts inputs everywhere, and an empty reply is an empty input.
        opens: what the gateway says of a hop that brings no history: True, it begins a
            session (it may come again); False, it goes on with one; None, nothing, or not
            enough. It has no meaning where `cumulative`.
        typed: what was keyed if the hop is no dial after all: only where it looks like the
            dial, `opens` is None, and `inputs` are what was then dialled behind the code.
    """

    gateway: str
    session: str = field(repr=False)
    phone: str = field(repr=False)
    service_code: str
    network: str
    inputs: tuple[str, ...] = field(repr=False)
    cumulative: bool = True
    opens: bool | None = None
    typed: tuple[str, ...] = field(default=(), repr=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """What was keyed, if the hop does not begin the session."""
        return self.typed or self.inputs

    def begins(self, stored: tuple[str, ...] | None) -> bool:
        """Say whether a hop that brings no history is the dial, the first time or again.

        A code that comes where nothing is stored was dialled. Where the session has taken
        just what was dialled with it, the dial comes again; later it is an answer.

        Args:
            stored: the inputs of the session that is stored; None where there is none.
        """
        if self.opens is not None:
            return self.opens
        if not self.typed:
            return not self.inputs
        return stored is None or stored == self.inputs


def dialled(dial: Dial, code: str) -> Dial | None:
    """Give a hop on our code, with what was dialled behind the code as its first inputs.

    `*1919*1*2#` may bring its extension in the service code, in the inputs, or in both.

    Returns:
        None where the hop is for another code.
    """
    extension = _extension(dial.service_code, code)
    if extension is None:
        return _answer(dial, code) if dial.typed else None
    ours = replace(dial, service_code=code)
    if not extension or dial.opens is False or dial.inputs[: len(extension)] == extension:
        return ours
    return replace(ours, inputs=(*extension, *dial.inputs))


def _extension(service_code: str, code: str) -> tuple[str, ...] | None:
    """Give what was dialled behind our code; None where it is not ours."""
    if service_code in ("", code):
        return ()
    stem = code.removesuffix("#") + "*"
    if not service_code.startswith(stem):
        return None
    return tuple(service_code.removeprefix(stem).removesuffix("#").split("*"))


def _answer(dial: Dial, code: str) -> Dial:
    """Give what looked like a dial, and is none of our code: it was typed."""
    return replace(dial, service_code=code, inputs=dial.typed, opens=False, typed=())


@dataclass(frozen=True)
class Text:
    """One SMS that somebody sent us.

    Attributes:
        id: the gateway's own name for it, the same however often it is delivered.
        sent_at: when it was sent, in UTC; None where the gateway does not say.
    """

    gateway: str
    id: str
    phone: str = field(repr=False)
    body: str = field(repr=False)
    sent_at: datetime | None = None
