"""Reading what gateways send: fields that stand once, and the forms that they share."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import MultiDict

from ussd.gateway import Unreadable

Fields = MultiDict[str, Any]

LONGEST_SESSION = 100
"""Letters of a session's name at most; the longest known has 38."""

_FORM = "application/x-www-form-urlencoded"
_PHONE = re.compile(r"\+[0-9]{7,15}")
_CODE = re.compile(r"[*#]*[0-9][0-9*#]*")


def query(request: Request) -> Fields:
    """Give the fields of an address.

    Raises:
        Unreadable: it holds octets that are no text.
    """
    try:
        return request.args
    except UnicodeDecodeError:
        raise Unreadable from None


def form(request: Request) -> Fields:
    """Give the fields of a form.

    werkzeug makes a parser for each, that could take files as well: 4 % of a hop's time. What
    it would read of such a form is read here alike.
    """
    kind = (request.content_type or "").partition(";")[0]
    if kind != _FORM:
        return request.form
    try:
        text = request.get_data().decode()
    except UnicodeDecodeError:
        return MultiDict()
    pairs = parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote")
    return MultiDict(pairs)


def json_object(request: Request) -> Fields:
    """Give the fields of a JSON object, whatever content type it came with.

    Raises:
        Unreadable: it is no JSON, or no object.
    """
    try:
        body = json.loads(request.get_data(), object_pairs_hook=MultiDict)
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(body, MultiDict):
        raise Unreadable
    return body


def one(fields: Fields, name: str) -> str:
    """Give a field that must stand there once, as text.

    Raises:
        Unreadable: it is missing, stands there twice, or is no text.
    """
    values = fields.getlist(name)
    if len(values) != 1 or not isinstance(values[0], str):
        raise Unreadable
    return values[0].encode(errors="replace").decode()


def maybe(fields: Fields, name: str) -> str:
    """Give a field that may be missing or null, as text; empty where it is.

    Raises:
        Unreadable: it stands there twice, or is no text.
    """
    return "" if fields.getlist(name) in ([], [None]) else one(fields, name)


def number(value: object, most: int) -> int:
    """Read a count, written as a number or as text; 0 where it is none."""
    known = isinstance(value, int | str) and re.fullmatch(r"[0-9]{1,12}", str(value))
    return min(int(known[0]), most) if known else 0


def word(text: str) -> str:
    """Give what a gateway says in a word or two, without signs that no database keeps."""
    return "".join(filter(str.isprintable, text))


def session(text: str) -> str:
    """Read a session's name.

    Raises:
        Unreadable: it is empty or too long.
    """
    if not 0 < len(text) <= LONGEST_SESSION:
        raise Unreadable
    return text


def phone(text: str) -> str:
    """Read a caller's number, with its `+` or without: one unencoded arrives as a blank.

    Raises:
        Unreadable: it is none.
    """
    text = text.strip()
    text = text if text.startswith("+") else f"+{text}"
    if not _PHONE.fullmatch(text):
        raise Unreadable
    return text


def history(text: str) -> tuple[str, ...]:
    """Read all inputs since the dial. An empty text is no input at all."""
    return keys(text) if text else ()


def keys(text: str) -> tuple[str, ...]:
    """Read one reply. `*` always parts inputs, so that no gateway differs from another."""
    return tuple(text.split("*"))


def service_code(text: str) -> str:
    """Write a code as it is dialled, from one with or without `*` and `#`; empty if none."""
    text = text.strip()
    return f"*{text.strip('*#')}#" if _CODE.fullmatch(text) else ""


def opening(code: str, text: str) -> tuple[str, tuple[str, ...]]:
    """Give the code dialled and the inputs, from a hop that begins a session.

    Gateways put what was dialled into the code's field, the text's, or both. A text that
    does not repeat the code was typed behind it.
    """
    ours, said = service_code(code), service_code(text)
    if not text.strip():
        return ours, ()
    if said and (text.strip().startswith("*") or _same(ours, said)):
        return max(said, ours, key=len) if _same(ours, said) else said, ()
    return ours, keys(text)


def _same(code: str, other: str) -> bool:
    """Say whether one code is the other, or the other with something behind it."""
    short, long = sorted((code.removesuffix("#"), other.removesuffix("#")), key=len)
    return bool(short) and f"{long}*".startswith(f"{short}*")
