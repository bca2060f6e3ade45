"""What a thief would look for in stolen bytes: planted numbers and phones, however written."""

import base64
import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

_HEX = re.compile(rb"[0-9a-f]{32,}")
_LEAST = 5
"""Octets of the shortest thing that is looked for: fewer come by chance."""


class Loot:
    """Planted numbers and phones, in every form that one could be found in.

    Args:
        planted: digits or words, as they were typed; phones with their `+`.
    """

    def __init__(self, planted: Iterable[str]) -> None:
        self._forms: dict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
        for one in planted:
            for form in set(_forms(one)):
                assert len(form) >= _LEAST, one
                self._forms[form[:_LEAST]].append((form, one))

    def found_in(self, stolen: bytes) -> list[str]:
        """List what of it stands in some bytes."""
        seen = _HEX.findall(stolen)
        rest = _HEX.sub(b"\n", stolen)  # by chance, hexadecimal ciphertext has any digits
        octets = b"\n".join(
            bytes.fromhex(one[start : len(one) - (len(one) - start) % 2].decode())
            for one in seen
            for start in (0, 1)
        )
        return sorted({*self._in(rest), *self._in(octets)})

    def _in(self, stolen: bytes) -> Iterator[str]:
        begins, forms = self._forms.keys(), self._forms
        for place in range(len(stolen) - _LEAST + 1):
            start = stolen[place : place + _LEAST]
            if start in begins:
                for form, one in forms[start]:
                    if stolen.startswith(form, place):
                        yield one


def _forms(one: str) -> Iterator[bytes]:
    for text in _spellings(one):
        plain = text.encode()
        yield from (plain, text.encode("utf-16-le"), text.encode("utf-16-be"), plain[::-1])
        yield from _base64(plain)
        yield from (plain.hex().encode(), plain.hex().upper().encode())
        for made in (
            hashlib.md5(plain, usedforsecurity=False).digest(),
            hashlib.sha1(plain, usedforsecurity=False).digest(),
            hashlib.sha256(plain).digest(),
            hmac.digest(b"", plain, "sha256"),
        ):
            yield from (made, made.hex().encode(), made.hex().upper().encode())
            yield base64.b64encode(made).rstrip(b"=")
        if text.isascii() and re.fullmatch("[0-9]+", text):
            yield from (int(text).to_bytes(8, order) for order in ("big", "little"))


def _spellings(one: str) -> set[str]:
    """Write a number with and without its noughts, and a phone as people write it."""
    if one.startswith("+"):
        return {one, one[1:], one[4:], "0" + one[4:], "00" + one[1:]}
    return {one, one.lstrip("0")}


def _base64(plain: bytes) -> Iterator[bytes]:
    """Give what of a text stands in base64, wherever in a longer text it begins."""
    for shift in range(3):
        written = base64.b64encode(bytes(shift) + plain)
        middle = written[(shift * 8 + 5) // 6 : len(written) - 4]
        if len(middle) >= _LEAST + 1:
            yield middle
