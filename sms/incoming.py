"""What gateways bring of texts: taken at once, or kept until the database is back.

What is kept is taken later as if it came then, but for its moment: once, however often it
comes, and a phone's STOP and START in their order.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from menus import keywords
from menus.callbacks import Fields
from menus.dial import Text
from menus.keywords import Want
from menus.line import Line
from models.base import Unavailable
from models.callers import caller_row, stop
from models.outbox import Delivery
from models.rekeying import rekey_phones
from models.reported import Report, take_report
from models.sending_hours import next_morning
from sms.gateway import OptOut
from sms.reply import reply

Came = Text | Report | OptOut


def take_or_keep(line: Line, came: Came) -> bool:
    """Take what came, or keep it; say whether either was done."""
    phone = "" if line.callbacks.is_empty() else _switched(line, came)
    if phone and line.callbacks.holds_switch(phone):
        return _keep(line, came)
    try:
        _take(line, came)
    except Unavailable:
        return _keep(line, came)
    return True


def take_what_waits(line: Line) -> None:
    """Let what was kept be taken, once it is time."""

    def taking(read: Callable[[Fields, datetime], Came]) -> Callable[[Fields, datetime], None]:
        return lambda fields, at: _take(line, read(fields, at), at)

    line.callbacks.taken_by(Text.__name__, taking(_text))
    line.callbacks.taken_by(Report.__name__, taking(_report))
    line.callbacks.taken_by(OptOut.__name__, taking(_optout))


def _take(line: Line, came: Came, at: datetime | None = None) -> None:
    """Take what came.

    Args:
        at: when it came; None for now.

    Raises:
        models.base.Unavailable: nothing was kept.
    """
    match came:
        case Text():
            reply(line, came)
        case Report():
            _take_report(line, came, at)
        case OptOut():
            _take_optout(line, came.phone)


def _take_report(line: Line, report: Report, at: datetime | None) -> None:
    again_at = next_morning(line.country, line.clock())
    with line.database.writing() as connection:
        if report.phone:
            rekey_phones(connection, line.keys, [report.phone])
        take_report(connection, line.keys, report, again_at, at)


def _take_optout(line: Line, phone: str) -> None:
    phone_hmac = line.keys.phone_hmac(phone)
    sealed = line.keys.people.seal(phone, caller_row(phone_hmac))
    with line.database.writing() as connection:
        rekey_phones(connection, line.keys, [phone])
        stop(connection, phone_hmac, sealed)


def _keep(line: Line, came: Came) -> bool:
    """Keep what came; say whether it is on the disk."""
    fields = {name: _written(value) for name, value in asdict(came).items()}
    whose = came.phone or (came.gateway_id if isinstance(came, Report) else "")
    kind, switched = type(came).__name__, _switched(line, came)
    return line.callbacks.keep(kind, whose, fields, switched)


def _switched(line: Line, came: Came) -> str:
    """Give the phone whose texts are stopped or started by what came; empty for none."""
    if isinstance(came, Text):
        asked = keywords.read(came.body, line.country, line.watch.directory, line.languages)
        return came.phone if asked.want in (Want.STOP, Want.START) else ""
    return came.phone if isinstance(came, OptOut) else ""


def _written(value: object) -> str | None:
    """Write a field as text; what is no is empty."""
    if isinstance(value, datetime):
        return value.isoformat()
    return None if value is None else str(value or "")


def _text(fields: Fields, at: datetime) -> Text:
    sent_at = fields["sent_at"]
    named = {name: fields[name] or "" for name in ("gateway", "id", "phone", "body")}
    return Text(**named, sent_at=datetime.fromisoformat(sent_at) if sent_at else at)


def _report(fields: Fields, _at: datetime) -> Report:
    state = Delivery(fields["state"] or "")
    reason, absent = fields["reason"], bool(fields["is_absent"])
    named = {name: fields[name] or "" for name in ("gateway", "gateway_id", "phone")}
    return Report(**named, state=state, reason=reason, is_absent=absent)


def _optout(fields: Fields, _at: datetime) -> OptOut:
    return OptOut(fields["phone"] or "")
