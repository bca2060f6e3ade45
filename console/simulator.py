"""The demonstration's own SMS gateway, on loopback: it plays Africa's Talking to the sender.

What it is handed goes to no network: it is kept for the phone on the screen to show.
"""

import json
import secrets
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, request

LARGEST = 1024 * 1024
"""Octets of messages that are kept before the file is begun anew."""


def blueprint(file: Path, name: Callable[[str], str]) -> Blueprint:
    """Make the simulated gateway's addresses.

    Args:
        file: where messages are kept, beside the demonstration's other data.
        name: names a phone in that file without giving it away.
    """
    pages = Blueprint("simulator", __name__, url_prefix="/simulator")

    @pages.before_request
    def loopback_only() -> None:
        if request.remote_addr not in ("127.0.0.1", "::1"):
            abort(404)

    @pages.post("/version1/messaging")
    def messaging() -> tuple[Response, int]:
        body, numbers = request.form.get("message", ""), request.form.get("to", "").split(",")
        for number in numbers:
            _keep(file, name(number), body)
        data = {
            "Message": f"Sent to {len(numbers)}/{len(numbers)}",
            "Recipients": [_recipient(number) for number in numbers],
        }
        return jsonify(SMSMessageData=data), 201

    @pages.get("/version1/user")
    def account() -> Response:
        """Give the account's data: the sender asks for them to see whether we are there."""
        return jsonify(UserData={"balance": "KES 0.0000"})

    @pages.get("/messages")
    def messages() -> Response:
        """Show a phone's messages, oldest first, one a line."""
        bodies = _messages_to(file, name(request.args.get("phone", "")))
        return Response("".join(f"{body}\n" for body in bodies), mimetype="text/plain")

    return pages


def _recipient(number: str) -> dict[str, str | int]:
    return {
        "statusCode": 101,
        "number": number,
        "status": "Success",
        "cost": "KES 0.0000",
        "messageId": f"ATXid_{secrets.token_hex(16)}",
    }


def _messages_to(file: Path, phone: str) -> list[str]:
    if not file.exists():
        return []
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [line["body"] for line in lines if line["to"] == phone]


def _keep(file: Path, phone: str, body: str) -> None:
    if file.exists() and file.stat().st_size > LARGEST:
        file.unlink()
    with file.open("a", encoding="utf-8") as opened:
        opened.write(json.dumps({"to": phone, "body": body}) + "\n")
