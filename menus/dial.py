"""What reaches the line, whatever gateway brought it."""

from dataclasses import dataclass, field


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
