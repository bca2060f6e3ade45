"""The parts of an Excel file: XML, read as it streams, in memory that does not grow with it.

What is not needed is dropped as it passes. There is no document type in such a file, so one
is refused, and with it every entity.
"""

import re
from array import array
from xml.parsers import expat

CELL = 1_000
"""Letters of a cell at most; one more is kept, so that a longer one shows as such."""

TEXTS = 4_000_000
"""Different texts in a file at most."""

TEXT_OCTETS = 96 * 1024 * 1024
"""Octets of these together at most."""

_DEPTH = 64
_TOKEN = 4 * 1024 * 1024
_STYLES = 70_000

DATE = -1
"""A style by which a number is a day; one above 0 says how many digits are shown at least."""

_DATES = frozenset((*range(14, 18), 22, *range(27, 37), *range(50, 59)))
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_PADDED = re.compile("0{2,15}")


class BadPart(ValueError):
    """A part is not what it should be; the text says how."""


class Part:
    """A part under examination; others say what each of its elements is for."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._finish
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._fed = 0
        self._depth = 0

    def feed(self, octets: bytes) -> None:
        """Read on; no octets are the end.

        Raises:
            BadPart, xml.parsers.expat.ExpatError: it cannot be read.
        """
        self._fed += len(octets)
        self._parser.Parse(octets, not octets)
        if self._fed - self._parser.CurrentByteIndex > _TOKEN:
            raise BadPart("something endless in it")

    def _start(self, name: str, given: dict[str, str]) -> None:
        """Take notice of an element that begins."""

    def _end(self, name: str) -> None:
        """Take notice of an element that ends."""

    def _begin(self, name: str, given: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            raise BadPart("nested too deeply")
        self._start(name[name.rfind(" ") + 1 :], given)

    def _finish(self, name: str) -> None:
        self._depth -= 1
        self._end(name[name.rfind(" ") + 1 :])

    def _refuse(self, *_: object) -> None:
        raise BadPart("a document type in it")


class Relations(Part):
    """Where the parts that a part refers to are: by id, and by the last word of their type."""

    def __init__(self) -> None:
        super().__init__()
        self.by_id: dict[str, str] = {}
        self.by_type: dict[str, str] = {}

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name == "Relationship" and given.get("TargetMode") != "External":
            target = given.get("Target", "")
            self.by_id[given.get("Id", "")] = target
            self.by_type.setdefault(given.get("Type", "").rpartition("/")[2], target)


class Contents(Part):
    """A workbook's sheets that are to be seen, by the ids of their relations."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[str] = []
        self.since_1904 = False

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name == "sheet" and given.get("state", "visible") == "visible":
            self.sheets += [value for key, value in given.items() if key.endswith(" id")]
        elif name == "workbookPr":
            self.since_1904 = given.get("date1904") in ("1", "true")


class Styles(Part):
    """How the cells of each style are shown: DATE, digits at least, or 0."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = array("b")
        self._formats: dict[str, int] = {str(one): DATE for one in _DATES}
        self._of_cells = False

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name == "numFmt" and len(self._formats) < _STYLES:
            self._formats[given.get("numFmtId", "")] = _shown(given.get("formatCode", ""))
        elif name == "cellXfs":
            self._of_cells = True
        elif name == "xf" and self._of_cells:
            if len(self.shown) > _STYLES:
                raise BadPart("too many styles")
            self.shown.append(self._formats.get(given.get("numFmtId", ""), 0))

    def _end(self, name: str) -> None:
        if name == "cellXfs":
            self._of_cells = False


class Texts(Part):
    """A part with texts in it: each is kept to CELL letters and one more."""

    def __init__(self) -> None:
        super().__init__()
        self._parser.CharacterDataHandler = self._add
        self._pieces: list[str] = []
        self._letters = 0
        self._taking = False

    def _add(self, text: str) -> None:
        if self._taking and self._letters <= CELL:
            self._pieces.append(text)
            self._letters += len(text)

    def _taken(self) -> str:
        text = "".join(self._pieces)[: CELL + 1] if self._pieces else ""
        self._pieces.clear()
        self._letters = 0
        return text


class SharedTexts(Texts):
    """The texts that cells refer to by number, one behind the other."""

    def __init__(self) -> None:
        super().__init__()
        self._octets = bytearray()
        self._ends = array("I", [0])
        self._spoken = False

    def __getitem__(self, place: int) -> str:
        if not 0 <= place < len(self._ends) - 1:
            raise BadPart("a text that is not there")
        return self._octets[self._ends[place] : self._ends[place + 1]].decode()

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name == "rPh":
            self._spoken = True
        self._taking = name == "t" and not self._spoken

    def _end(self, name: str) -> None:
        self._taking = False
        if name == "rPh":
            self._spoken = False
        elif name == "si":
            self._octets += self._taken().encode()
            self._ends.append(len(self._octets))
            if len(self._ends) > TEXTS or len(self._octets) > TEXT_OCTETS:
                raise BadPart("too many texts")


def _shown(code: str) -> int:
    """Say how a format shows a number: DATE, digits at least, or 0."""
    bare = _QUOTED.sub("", code).partition(";")[0].casefold()
    if _PADDED.fullmatch(bare):
        return len(bare)
    return DATE if "general" not in bare and re.search("[dy]", bare) else 0
