"""`flask phone`: a phone in the terminal. It speaks to the real address, here or afar."""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from menus.line import Line
from models.outbox import Delivery, texts_to

PATIENCE_SECONDS = 4.0
"""How long a phone in the terminal waits for a text before it is laid down."""

GATEWAY_SECONDS = 10.0
"""How long Africa's Talking waits for a page."""

_ADDRESS = re.compile(r"https?://[^\s/?#]+/ussd/africastalking/[A-Za-z0-9_-]+")

Post = Callable[[Mapping[str, str]], str]
"""Brings a hop to the line, and gives its answer."""


@click.command("phone")
@click.option("--keys", help="What to type, with blanks between: prints the pages and ends.")
@click.option("--phone", help="The phone that dials; the country's example unless given.")
@click.option(
    "--at",
    metavar="URL",
    envvar="PHONE_AT",
    help="Dial a line that is live: https://HOST/ussd/africastalking/TOKEN, as PHONE_AT too.",
)
@with_appcontext
def call(keys: str | None, phone: str | None, at: str | None) -> None:
    """Dial the line from this terminal.

    A live line is dialled as Africa's Talking would, and what is wished for is kept there. It
    ends with 1 where the line gives no valid page.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    pressed = keys.split() if keys is not None else None
    if at is not None:
        _dial_afar(app, at, phone, pressed)
        return
    app.extensions["serve"]()
    line: Line = app.extensions["line"]()
    phone = phone or line.country.example_phone
    messages = _Messages(app, phone)
    _talk(_Session(_here(app), app.config["USSD_CODE"], phone), pressed)
    if app.config["DEMO"]:
        messages.show()


def _dial_afar(app: Flask, at: str, phone: str | None, pressed: list[str] | None) -> None:
    """Dial a line over HTTP; nothing of this machine's own is opened."""
    if not _ADDRESS.fullmatch(at):
        raise click.UsageError("--at is not https://HOST/ussd/africastalking/TOKEN")
    phone = phone or app.extensions["country"]().example_phone
    _talk(_Session(_afar(at), app.config["USSD_CODE"], phone), pressed)


def _talk(session: "_Session", pressed: list[str] | None) -> None:
    try:
        session.talk(pressed)
    except click.Abort:
        click.echo("(you hung up)")


def _here(app: Flask) -> Post:
    """Bring hops to the line of this process."""
    client, address = app.test_client(), f"/ussd/africastalking/{app.config['TOKEN']}"
    return lambda fields: client.post(address, data=fields).get_data(as_text=True)


def _afar(at: str) -> Post:
    """Bring hops to a line over HTTP; its address is a secret, and is never printed."""

    def post(fields: Mapping[str, str]) -> str:
        request = Request(at, urlencode(fields).encode())  # noqa: S310 - checked to be HTTP
        try:
            with urlopen(request, timeout=GATEWAY_SECONDS) as answer:  # noqa: S310 # nosec B310
                body: str = answer.read().decode(errors="replace")
                return body
        except HTTPError as error:
            error.close()
            why = " (is the token one of GATEWAY_TOKENS?)" if error.code == 404 else ""
            raise click.ClickException(f"the line answers with {error.code}{why}") from None
        except (URLError, HTTPException, OSError) as error:
            what = type(getattr(error, "reason", error)).__name__
            raise click.ClickException(f"the line does not answer: {what}") from None

    return post


class _Session:
    """One session, with the fields that Africa's Talking sends."""

    def __init__(self, post: Post, code: str, phone: str) -> None:
        self._post = post
        self._code = code
        self._phone = phone
        self._session = f"ATUid_{secrets.token_hex(16)}"
        self._inputs: list[str] = []

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
        began = time.monotonic()
        answer = self._post(
            {
                "phoneNumber": self._phone,
                "serviceCode": self._code,
                "text": "*".join(self._inputs),
                "sessionId": self._session,
                "networkCode": "99999",
            }
        )
        took = (time.monotonic() - began) * 1000
        kind, _, page = answer.partition(" ")
        if kind not in ("CON", "END"):
            raise click.ClickException("what came is no page: callers would see a fault")
        click.echo("-" * 32)
        click.echo(page)
        click.echo(f"{'-' * 32} {took:.0f} ms")
        return kind == "CON"


class _Messages:
    """The texts to a phone, in a demonstration."""

    def __init__(self, app: Flask, phone: str) -> None:
        self._client = app.test_client()
        self._line: Line = app.extensions["line"]()
        self._phone = phone
        self._had = len(self._messages())

    def show(self) -> None:
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
