"""What the console's pages say, one file a noun and language in `words/`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from menus.words import fill

FOLDER = Path(__file__).parent / "words"
FIRST = "en"
"""The language of what another lacks."""


@cache
def languages() -> Mapping[str, Mapping[str, str]]:
    """Read what pages say: by language, then by noun and name with a dot between."""
    return {folder.name: _read(folder) for folder in sorted(FOLDER.iterdir())}


def say(language: str, name: str, **facts: object) -> str:
    """Give one of the console's texts, with facts filled in.

    Raises:
        KeyError: nobody wrote it.
    """
    spoken = languages().get(language, {})
    text = spoken.get(name) or languages()[FIRST][name]
    return "\n".join(fill(text, {key: str(value) for key, value in facts.items()}))


def _read(folder: Path) -> dict[str, str]:
    return {
        f"{file.stem}.{name}": text
        for file in sorted(folder.glob("*.toml"))
        for name, text in tomllib.loads(file.read_text("utf-8")).items()
    }
