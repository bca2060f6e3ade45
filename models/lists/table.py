"""A list as a centre sent it, CSV or Excel, opened for one pass from row to row.

What it is, is found by its content and not by its name. It is never read whole into memory:
a row is 64 Ki letters at most, a file 512 MiB, and an Excel file's parts as
`models/lists/workbook.py` says.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from types import TracebackType

from models.lists.columns import Fill as Fill
from models.lists.csv_table import CsvTable
from models.lists.header import FIRST, best
from models.lists.refusal import BadFile as BadFile
from models.lists.vocabulary import Vocabulary
from models.lists.workbook import Workbook

LARGEST = 512 * 1024 * 1024
"""Octets of a file at most."""

_SAVE = "save the list as .xlsx or CSV"
_OTHERS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"an old .xls, or locked by a password: {_SAVE}"),
    (b"%PDF", f"a PDF: {_SAVE}"),
    (b"{\\rtf", f"a text document (RTF): {_SAVE}"),
    (b"\xff\xd8\xff", f"a picture: {_SAVE}"),
    (b"\x89PNG", f"a picture: {_SAVE}"),
    (b"GIF8", f"a picture: {_SAVE}"),
    (b"\x1f\x8b", "packed (gzip): unpack it first"),
    (b"Rar!", "packed (RAR): unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "packed (7z): unpack it first"),
    (b"SQLite format 3", f"a database: {_SAVE}"),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PAGE = f"a web page or XML under a spreadsheet's name: {_SAVE}"


class CentreFile:
    """One file, a context manager.

    Args:
        words: what its columns may be called; Kenya's unless given.

    Attributes:
        size: octets to read, for a progress bar; of an Excel file those of its sheet.
        encoding: what a CSV file was read in; empty for an Excel file.

    Raises:
        BadFile: it is no list, or cannot be read.
    """

    def __init__(self, path: Path, words: Vocabulary | None = None) -> None:
        self._words = Vocabulary.read() if words is None else words
        if path.stat().st_size > LARGEST:
            raise BadFile(f"larger than {LARGEST // 1024**2} MiB")
        self._file = path.open("rb", buffering=0)
        try:
            self._table = self._opened()
        except BaseException:
            self._file.close()
            raise
        self.size = self._table.size
        self.encoding = self._table.encoding

    def __enter__(self) -> "CentreFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._table.close()

    @property
    def position(self) -> int:
        """How many octets of `size` were read."""
        with suppress(ValueError):  # closed
            return min(self._table.position, self.size)
        return self.size

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Give the header and then each row: its line as a person sees it, and its cells.

        The header is the row, of the first ten, that names the most columns; of an empty
        file it is empty. What stands before it is left out, and so are rows that are blank
        and the header where it is repeated.

        Raises:
            BadFile: from some line on it cannot be read.
        """
        rows = self._table.rows()
        first = list(islice(rows, FIRST))
        place, _ = best([cells for _, cells in first], self._words)
        line, header = first[place] if first else (1, [])
        yield line, header
        pads, width = self._table.pads, len(header)
        for line, cells in chain(first[place + 1 :], rows):
            if pads and len(cells) < width:
                cells += [""] * (width - len(cells))
            if cells != header:
                yield line, cells

    def _opened(self) -> CsvTable | Workbook:
        start = self._file.read(1024)
        for mark, reason in _OTHERS:
            if start.startswith(mark):
                raise BadFile(reason)
        if start.startswith(_ZIP):
            return Workbook(self._file, self._words)
        if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            raise BadFile(_PAGE)
        return CsvTable(self._file, self._words)
