"""What reaches the line, whatever gateway brought it."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Dial:
    """One hop of a USSD session.

    Attributes:
        phone: the caller's MSISDN, E.164.
        inputs: what was keyed: all of it since the dial where `cumulative`, else the last.
    """

    gateway: str
    session: str = field(repr=False)
    phone: str = field(repr=False)
    service_code: str
    network: str
    inputs: tuple[str, ...] = field(repr=False)
    cumulative: bool = True


def dialled(dial: Dial, code: str) -> Dial | None:
    """Give a hop on our code, with what was dialled behind the code as its first inputs.

    `*1919*1*2#` may bring its extension in the service code, in the inputs, or in both.

    Returns:
        None where the hop is for another code.
    """
    if dial.service_code == code:
        return dial
    stem = code.removesuffix("#") + "*"
    if not dial.service_code.startswith(stem):
        return None
    extension = tuple(dial.service_code.removeprefix(stem).removesuffix("#").split("*"))
    if dial.inputs[: len(extension)] == extension or not dial.cumulative:
        return dial
    return replace(dial, inputs=(*extension, *dial.inputs))


@dataclass(frozen=True)
class Text:
    """One SMS that somebody sent us.

    Attributes:
        id: the gateway's own name for it, the same however often it is delivered.
    """

    gateway: str
    id: str
    phone: str = field(repr=False)
    body: str = field(repr=False)
