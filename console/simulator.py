"""The demonstration's own SMS gateway, on loopback: it plays Africa's Talking to the sender.

What it is handed goes to no network: it is kept for the phone on the screen to show.
"""

import json
import secrets
from collections import deque
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, request

MESSAGES = 200
"""Messages that are kept; older ones are forgotten."""


def blueprint(file: Path) -> Blueprint:
    """Make the simulated gateway's addresses.

    Args:
        file: where messages are kept, beside the demonstration's other data.
    """
    pages = Blueprint("simulator", __name__, url_prefix="/simulator")

    @pages.before_request
    def loopback_only() -> None:
        if request.remote_addr not in ("127.0.0.1", "::1"):
            abort(404)

    @pages.post("/version1/messaging")
    def messaging() -> tuple[Response, int]:
        recipients = []
        for number in request.form.get("to", "").split(","):
            message_id = f"ATXid_{secrets.token_hex(16)}"
            _keep(file, number, request.form.get("message", ""))
            recipients.append(
                {
                    "statusCode": 101,
                    "number": number,
                    "status": "Success",
                    "cost": "KES 0.0000",
                    "messageId": message_id,
                }
            )
        data = {"Message": f"Sent to {len(recipients)}", "Recipients": recipients}
        return jsonify(SMSMessageData=data), 201

    @pages.get("/messages")
    def messages() -> Response:
        phone = request.args.get("phone", "")
        return Response(
            "".join(f"{body}\n" for body in messages_to(file, phone)), mimetype="text/plain"
        )

    return pages


def messages_to(file: Path, phone: str) -> list[str]:
    """Read the messages that a phone got, oldest first."""
    if not file.exists():
        return []
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [line["body"] for line in lines if line["to"] == phone]


def _keep(file: Path, phone: str, body: str) -> None:
    with file.open("a+", encoding="utf-8") as opened:
        opened.write(json.dumps({"to": phone, "body": body}) + "\n")
    lines = deque(file.read_text(encoding="utf-8").splitlines(), maxlen=MESSAGES)
    if len(lines) == MESSAGES:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
