"""`flask phone`: a phone in the terminal. It speaks to the real gateway address."""

import secrets

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask.testing import FlaskClient

PHONE = "+254700000001"


@click.command("phone")
@click.option("--keys", help="What to type, with blanks between: prints the pages and ends.")
@click.option("--phone", default=PHONE, show_default=True, help="The phone that dials.")
@with_appcontext
def call(keys: str | None, phone: str) -> None:
    """Dial the line from this terminal."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    app.extensions["serve"]()
    session = _Session(app, phone)
    more = session.send("")
    if keys is not None:
        for key in keys.split():
            if not more:
                break
            click.echo(f"> {key}")
            more = session.send(key)
    else:
        while more:
            key = click.prompt(">", prompt_suffix=" ", default="", show_default=False)
            more = session.send(key)
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
        """Show the last texts that this phone got."""
        answer = self._client.get("/simulator/messages", query_string={"phone": self._phone})
        for body in answer.get_data(as_text=True).splitlines()[-3:]:
            click.echo(f"SMS from 1919: {body}")
