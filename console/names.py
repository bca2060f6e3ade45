"""What codes are called on pages of figures, in the page's language."""

from functools import lru_cache
from pathlib import Path

from console.desk import desk
from console.parts import language
from console.parts import say as say_here
from console.words import languages as spoken
from models.networks import OTHER, networks


def code(noun: str, value: object) -> str:
    """Name a code by the console's words, as `figures.NOUN_CODE`; itself where it has none."""
    return _word(f"figures.{noun}_{value}") or str(value)


def network(value: str) -> str:
    """Name a mobile network."""
    if value in ("", OTHER):
        return say_here(f"figures.network_{value or 'none'}")
    return _networks(desk().reference_dir).get(value, value)


def caller_language(value: str) -> str:
    """Name a language that callers speak, as its own words have it."""
    words = desk().line.languages.get(value)
    return words.name if words else value


def centre(value: str) -> str:
    """Name a centre."""
    if not value:
        return say_here("figures.no_centre")
    known = desk().line.watch.directory.centre(value)
    return known.short_name if known else value


def screen(value: str) -> str:
    """Name a screen; one that nobody named goes by what the menus call it."""
    return _word(f"screens.{value}") or value.replace("_", " ").capitalize()


def _word(name: str) -> str:
    every = spoken()
    return every.get(language(), {}).get(name) or every["en"].get(name, "")


@lru_cache(maxsize=4)
def _networks(folder: Path) -> dict[str, str]:
    return networks(folder)
