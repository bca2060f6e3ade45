"""Dialogues: whole conversations as text that anyone can read.

A file begins with what it shows and what the line knows (`given:`), then has each key that
is pressed (`> 1`; `> *1919#` dials) with the page that follows, and at the end the texts
that the caller gets (`sms:`). A page that ends the session has `(end)` under it.
"""

from dataclasses import dataclass, field
from pathlib import Path

from menus.line import Line
from tests.world import CONFIRMED, put

FOLDER = Path(__file__).parent / "dialogues"
FILES = sorted(FOLDER.glob("*.txt"))


@dataclass
class Dialogue:
    """One file, read."""

    title: str
    given: list[str] = field(default_factory=list)
    hops: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        """Every key after the dial."""
        return [key for key, _ in self.hops[1:]]

    def prepare(self, line: Line) -> None:
        """Load the documents that the line knows."""
        for one in self.given:
            kind, number, state, centre, *others = one.split()
            numbers = dict(pair.split("=") for pair in others)
            put(line, kind, number, state, centre, CONFIRMED, **numbers)

    def write(self) -> str:
        """Write the dialogue as its file holds it."""
        parts = ["\n".join([f"# {self.title}", *(f"given: {one}" for one in self.given)])]
        parts += [f"> {key}\n{_unfold(page)}" for key, page in self.hops]
        parts += [f"sms: {one}" for one in self.texts]
        return "\n\n".join(parts) + "\n"


def read(file: Path) -> Dialogue:
    """Read a dialogue's file."""
    first, *blocks = file.read_text(encoding="utf-8").strip().split("\n\n")
    title, *given = first.split("\n")
    dialogue = Dialogue(
        title.removeprefix("# "), [one.removeprefix("given: ") for one in given]
    )
    for block in blocks:
        head, _, rest = block.partition("\n")
        if head.startswith("> "):
            dialogue.hops.append((head.removeprefix("> "), _fold(rest)))
        else:
            dialogue.texts.append(head.removeprefix("sms: "))
    assert dialogue.hops[0][0] == "*1919#", f"{file.name} does not begin with a dial"
    return dialogue


def _fold(shown: str) -> str:
    """Give a shown page as the gateway gets it."""
    return (
        f"END {shown.removesuffix('(end)').rstrip()}"
        if shown.endswith("(end)")
        else f"CON {shown}"
    )


def _unfold(page: str) -> str:
    return f"{page[4:]}\n(end)" if page.startswith("END ") else page[4:]
