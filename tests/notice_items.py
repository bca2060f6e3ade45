"""What the notices of January 2024 name: each item, the keys that reach it, what they show.

`notice_items.tsv` has an item a line: its keys as they are pressed after the dial, a phrase
that stands on the screen they lead to, in English and in Kiswahili, and the dialogue that
walks there. A screen is all its pages: a caller turns them with 98.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from menus.screens import BACK, HOME, MORE
from tests.dialogue import FOLDER, Dialogue, read

LANGUAGES = {"en": (), "sw": ("8",)}
"""Each language with the keys that choose it, after the dial."""

BEGIN = "<!-- items: written by tests/test_notice_items.py --rewrite -->"
END = "<!-- items end -->"

_NAVIGATION = re.compile(rf"({MORE}|{BACK}|{HOME}) ")


@dataclass(frozen=True)
class Item:
    """One item."""

    item: str
    keys: tuple[str, ...]
    phrases: dict[str, str]
    dialogue: str

    def walked(self, language: str) -> Dialogue:
        """Read the dialogue that walks there."""
        return read(FOLDER / f"{self.dialogue}_{language}.txt")


def items() -> list[Item]:
    """Read every item."""
    file = Path(__file__).with_name("notice_items.tsv")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Item(
            row["item"],
            tuple(row["keys"].split()),
            {"en": row["shows"], "sw": row["shows_sw"]},
            row["dialogue"],
        )
        for row in rows
    ]


def walk(dialogue: Dialogue, language: str) -> dict[tuple[str, ...], str]:
    """Give the screens of a dialogue, each by the keys that lead there straight from a dial.

    A key that goes back takes back what was keyed last, one that turns a page adds nothing.
    """
    chosen = LANGUAGES[language]
    assert tuple(dialogue.keys[: len(chosen)]) == chosen, "another language"
    path: list[str] = []
    turned = 0
    pages: dict[tuple[str, ...], list[str]] = {}
    for key, page in dialogue.hops[len(chosen) + 1 :]:
        turned, before = 0, turned
        if key == MORE:
            turned = before + 1
        elif key == BACK:
            turned = max(0, before - 1)
            path = path if before else path[:-1]
        else:
            path = [] if key == HOME else [*path, key]
        seen = pages.setdefault(tuple(path), [])
        if turned == len(seen):
            seen.append(page)
    return {keys: told(seen) for keys, seen in pages.items()}


def told(pages: Sequence[str]) -> str:
    """Give what the pages of a screen tell, without the keys that turn them."""
    lines = [line for page in pages for line in page[4:].split("\n")]
    return " ".join(line for line in lines if not _NAVIGATION.match(line))


def table() -> str:
    """Write the README's table."""
    rows = [f"| {one.item} | `{' '.join(one.keys)}` | `{one.dialogue}` |" for one in items()]
    return "\n".join(
        [
            "| what the notices name | keys after `*1919#` | dialogue |",
            "| --- | --- | --- |",
            *rows,
        ]
    )


def between(text: str) -> str:
    """Give what stands between the markers."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def rewritten(text: str) -> str:
    """Put the table between the markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, f"no {BEGIN}"
    assert end, f"no {END}"
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"
