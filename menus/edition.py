"""The edition that callers meet: another name of menus and words, another edition."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from menus.screens import Menu, Pick, Screen, exits
from menus.words import Words


def edition_of(screens: Sequence[Screen], languages: Mapping[str, Words]) -> str:
    """Name the menus and the words: another name, another edition."""
    shape = [[one.name, type(one).__name__, exits(one), _keys(one)] for one in screens]
    words = {code: one.digest for code, one in languages.items()}
    return hashlib.sha256(json.dumps([shape, words], sort_keys=True).encode()).hexdigest()


def _keys(screen: Screen) -> list[list[str]]:
    if isinstance(screen, Menu):
        return [[one.key, one.name, one.to] for one in screen.choices]
    return [[screen.save, screen.to]] if isinstance(screen, Pick) else []
