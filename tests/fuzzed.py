"""What a fuzzer is let loose on: the adapters of every gateway, and the reader of texts.

Each takes octets, and raises where something comes out that never may.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from flask import Request
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from menus import keywords, parse
from menus.dial import Dial, Text, dialled
from menus.words import Words, load
from models.base import Database
from models.country import kenya
from models.directory import Directory, read_directory
from models.numbers import ANY_NUMBER, Kind, NumberType
from sms import africastalking, kannel
from sms.gateway import Report
from sms.gateway import Unreadable as UnreadableText
from ussd.gateway import Address, Ended, Unreadable
from ussd.webhook import GATEWAYS

PAYLOADS = Path(__file__).parent / "payloads"
MESSAGES = Path(__file__).parent / "menus" / "keywords.tsv"
FORM = "application/x-www-form-urlencoded"
CODE = "*1919#"
_PHONE = re.compile(r"\+[0-9]{7,15}")
_LONGEST_BODY = 8 * 1024

Target = Callable[[bytes], None]
_Read = Callable[[Request], Any]


class _Way(NamedTuple):
    """A way in: where a call's fields stand, and what reads them."""

    method: str
    read: _Read


def _of_texts(method: str, read: Callable[[Mapping[str, str]], Any]) -> _Way:
    return _Way(method, lambda call: read(call.args if method == "GET" else call.form))


def _of_hops(address: Address) -> list[_Way]:
    return [_Way(method, address.read) for method in address.methods]


WAYS: tuple[_Way, ...] = (
    *(way for gateway in GATEWAYS for one in gateway.ADDRESSES for way in _of_hops(one)),
    _of_texts("POST", africastalking.read),
    _of_texts("POST", africastalking.read_report),
    _of_texts("POST", africastalking.read_optout),
    _of_texts("GET", kannel.read),
    _of_texts("GET", kannel.read_report),
)


def read_call(octets: bytes) -> None:
    """Read octets as a call; the first of them chooses the way in.

    Raises:
        AssertionError: what was read breaks a promise of the adapters.
    """
    way = WAYS[octets[0] % len(WAYS)] if octets else WAYS[0]
    body = octets[1 : _LONGEST_BODY + 1]
    environ = EnvironBuilder(method=way.method, data=body, content_type=FORM).get_environ()
    environ["QUERY_STRING"] = body.decode("latin-1") if way.method == "GET" else ""
    call = Request(environ)
    call.view_args = {"session": body[:8].decode("latin-1") or "s"}
    try:
        said = way.read(call)
    except (Unreadable, UnreadableText, HTTPException):
        return
    except UnicodeDecodeError:
        assert way.method == "GET", "only an address may hold octets that are no text"
        return
    _hold(said)


def _hold(said: object) -> None:
    """Hold what was read to what adapters promise."""
    if isinstance(said, Dial):
        assert _PHONE.fullmatch(said.phone)
        assert not any("*" in one for one in said.inputs)
        ours = dialled(said, CODE)
        assert ours is None or ours.service_code == CODE
        "".join(said.inputs).encode()
    elif isinstance(said, Ended):
        assert not said.phone or _PHONE.fullmatch(said.phone)
        assert (said.network + said.status + said.cost).isprintable()
        assert 0 <= said.hops <= 32_000
        assert said.ended_at.year < 9999
    elif isinstance(said, Text):
        assert said.id
        assert _PHONE.fullmatch(said.phone)
    elif isinstance(said, Report):
        assert said.gateway_id.isprintable()
        assert not re.search("[0-9]", said.reason or "")


def reader(database_url: str) -> Target:
    """Make the target that reads texts, with the places and services of a database."""
    database = Database(database_url)
    with database.working() as connection:
        directory = read_directory(connection)
    database.close()
    languages = load(code=CODE)
    return lambda octets: _read_text(octets, directory, languages)


_PARSERS = (
    *map(parse.number_for, Kind),
    parse.receipt,
    parse.receipt_asked,
    parse.any_number,
    parse.place,
    parse.code,
    parse.free_text,
)


def _read_text(octets: bytes, directory: Directory, languages: Mapping[str, Words]) -> None:
    """Read octets as what somebody typed, in every way that there is."""
    typed = octets.decode(errors="replace")
    asked = keywords.read(typed, kenya(), directory, languages)
    assert asked.number.isascii() or asked.number.startswith(parse.ODD)
    for one in _PARSERS:
        said = one(typed, kenya())
        assert said is None or all(isinstance(value, str) for value in said.values())
    for form in kenya().formats.types_of(typed, tuple(NumberType)).values():
        assert form.isascii()
        assert 0 < len(form) <= ANY_NUMBER


def seeds(name: str) -> list[bytes]:
    """Give what a fuzzer begins with: captured calls, or texts that people wrote."""
    if name == "texts":
        rows = MESSAGES.read_text(encoding="utf-8").splitlines()[1:]
        return [row.split("\t")[0].encode() for row in rows]
    files = sorted(one for one in PAYLOADS.iterdir() if one.suffix in (".txt", ".json"))
    ways = range(len(WAYS))
    return [bytes([way]) + one.read_bytes() for one in files for way in ways]


def target(name: str, database_url: str) -> Target:
    """Give what is to be fuzzed, by name."""
    return reader(database_url) if name == "texts" else read_call


NAMES = ("adapters", "texts")
