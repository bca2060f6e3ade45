"""The demonstration's own SMS gateway, on loopback: it plays Africa's Talking to the sender.

What it is handed goes to no network: it is kept for the phone on the screen to show.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, request

LARGEST = 1024 * 1024
"""Octets of messages that are kept before the file is begun anew."""

_LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True)
class Message:
    """A message that the gateway took.

    Attributes:
        id: the gateway's own name for it, as it gave it to the sender.
        sender: what it comes from.
        at: when it was taken, in UTC.
    """

    id: str
    sender: str
    at: str
    body: str = field(repr=False)


def blueprint(file: Path, name: Callable[[str], str]) -> Blueprint:
    """Make the simulated gateway's addresses.

    Args:
        file: where messages are kept, beside the demonstration's other data.
        name: names a phone in that file without giving it away.
    """
    pages = Blueprint("simulated_gateway", __name__, url_prefix="/simulator")
    pages.before_request(loopback_only)

    @pages.post("/version1/messaging")
    def messaging() -> tuple[Response, int]:
        numbers = request.form.get("to", "").split(",")
        recipients = []
        for number in numbers:
            message = _taken()
            _keep(file, name(number), message)
            recipients.append(_recipient(number, message.id))
        data = {"Message": f"Sent to {len(numbers)}/{len(numbers)}", "Recipients": recipients}
        return jsonify(SMSMessageData=data), 201

    @pages.get("/version1/user")
    def account() -> Response:
        """Give the account's data: the sender asks for them to see whether we are there."""
        return jsonify(UserData={"balance": "KES 0.0000"})

    @pages.post("/messages")
    def messages() -> Response:
        """Show what a phone was sent, oldest first, one a line: for a terminal."""
        bodies = [one.body for one in _messages_to(file, name(_phone()))]
        return Response("".join(f"{body}\n" for body in bodies), mimetype="text/plain")

    @pages.post("/inbox")
    def inbox() -> Response:
        """Show the same with all that is known of it: for the phone on the page."""
        return jsonify([asdict(one) for one in _messages_to(file, name(_phone()))])

    return pages


def loopback_only() -> None:
    """Turn away whoever is not on this machine."""
    if request.remote_addr not in _LOOPBACK:
        abort(404)


def _phone() -> str:
    return request.form.get("phone", "")


def _taken() -> Message:
    """Give the message that is being handed over, with a name of its own."""
    return Message(
        id=f"ATXid_{secrets.token_hex(16)}",
        sender=request.form.get("from", ""),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        body=request.form.get("message", ""),
    )


def _recipient(number: str, message_id: str) -> dict[str, str | int]:
    return {
        "statusCode": 101,
        "number": number,
        "status": "Success",
        "cost": "KES 0.0000",
        "messageId": message_id,
    }


def _messages_to(file: Path, phone: str) -> Iterator[Message]:
    if not file.exists():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        kept = json.loads(line)
        if kept.pop("to") == phone:
            yield Message(**{"id": "", "sender": "", "at": "", **kept})


def _keep(file: Path, phone: str, message: Message) -> None:
    if file.exists() and file.stat().st_size > LARGEST:
        file.unlink()
    with file.open("a", encoding="utf-8") as opened:
        opened.write(json.dumps({"to": phone, **asdict(message)}) + "\n")
