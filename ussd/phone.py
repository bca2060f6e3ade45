"""`flask phone`: a phone in the terminal. It speaks to the real gateway address."""

import secrets
import time

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask.testing import FlaskClient

from menus.line import Line
from models.outbox import Delivery, texts_to

PATIENCE_SECONDS = 4.0
"""How long a phone in the terminal waits for a text before it is laid down."""


@click.command("phone")
@click.option("--keys", help="What to type, with blanks between: prints the pages and ends.")
@click.option("--phone", help="The phone that dials; the country's example unless given.")
@with_appcontext
def call(keys: str | None, phone: str | None) -> None:
    """Dial the line from this terminal."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    app.extensions["serve"]()
    line: Line = app.extensions["line"]()
    session = _Session(app, phone or line.country.example_phone)
    try:
        session.talk(keys.split() if keys is not None else None)
    except click.Abort:
        click.echo("(you hung up)")
    if app.config["DEMO"]:
        session.show_messages()


class _Session:
    """One session, with the fields that Africa's Talking sends."""

    def __init__(self, app: Flask, phone: str) -> None:
        self._client: FlaskClient = app.test_client()
        self._address = f"/ussd/africastalking/{app.config['TOKEN']}"
        self._code = app.config["USSD_CODE"]
        self._phone = phone
        self._session = f"ATUid_{secrets.token_hex(16)}"
        self._inputs: list[str] = []
        self._line: Line = app.extensions["line"]()
        self._had = len(self._messages())

    def talk(self, keys: list[str] | None) -> None:
        """Dial, then press these keys, or ask for each."""
        more = self.send("")
        waiting = iter(keys or ())
        while more:
            key = next(waiting, None) if keys is not None else _asked_key()
            if key is None:
                return
            if keys is not None:
                click.echo(f"> {key}")
            more = self.send(key)

    def send(self, key: str) -> bool:
        """Send a key, show the page, and say whether the session goes on."""
        if key:
            self._inputs.append(key)
        answer = self._client.post(
            self._address,
            data={
                "phoneNumber": self._phone,
                "serviceCode": self._code,
                "text": "*".join(self._inputs),
                "sessionId": self._session,
                "networkCode": "99999",
            },
        )
        kind, _, page = answer.get_data(as_text=True).partition(" ")
        click.echo("-" * 32)
        click.echo(page)
        click.echo("-" * 32)
        return kind == "CON"

    def show_messages(self) -> None:
        """Wait a little for texts that are on their way, and show those that came."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self._awaits_a_text() and time.monotonic() < until:
            time.sleep(0.1)
        for body in self._messages()[self._had :]:
            click.echo(f"SMS from 1919: {body}")
        if self._awaits_a_text():
            click.echo("(a text waits for the sender: is `make run` at work?)")

    def _messages(self) -> list[str]:
        answer = self._client.post("/simulator/messages", data={"phone": self._phone})
        return answer.get_data(as_text=True).splitlines() if answer.status_code == 200 else []

    def _awaits_a_text(self) -> bool:
        with self._line.database.working() as connection:
            texts = texts_to(connection, self._line.keys, self._phone)
        return any(state in (Delivery.QUEUED, Delivery.SUBMITTING) for state, _ in texts)


def _asked_key() -> str:
    key: str = click.prompt(">", prompt_suffix=" ", default="", show_default=False)
    return key
