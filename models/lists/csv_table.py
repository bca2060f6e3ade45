"""A list as a CSV file, however it is encoded and parted, read row by row."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from models.lists.header import FIRST, best
from models.lists.refusal import BadFile
from models.lists.vocabulary import Vocabulary

LINE = 64 * 1024
"""Letters of a row at most, with all its line ends in quotes."""

_CHUNK = 1024 * 1024
_BUFFER = 64 * 1024
_BAD = "\udfff"
"""What stands for octets that are no letters: nothing that a list can hold."""

_SEPARATORS = ",;\t|"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_UTF_8 = ("utf-8", "UTF-8")
_WINDOWS = ("cp1252", "Windows-1252")
_TWO_OCTETS = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xf4][\x80-\xbf][\x80-\xbf]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _marked(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return _BAD, error.end
    raise error


_MARKING = "models.lists.marking"
codecs.register_error(_MARKING, _marked)


class CsvTable:
    """One file, for one pass.

    The encoding is UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252. A file that
    is UTF-8 in places and in others not is one that broke, and refused where it did.

    Attributes:
        encoding: that it was read in, by its usual name.
        size: its octets.
    """

    pads = False
    """Whether rows leave out empty cells at their end."""

    def __init__(self, file: io.FileIO, words: Vocabulary) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        self._codec, self.encoding = found = _encoding(file)
        other = "UTF-8 or " if found == _WINDOWS else ""
        self._odd = f"not {other}{self.encoding} from here on"
        self._separator = _separator(self._head(), words)
        self._since = 0
        self._opened: io.TextIOWrapper | None = None

    def close(self) -> None:
        """Close the file."""
        if self._opened:
            self._opened.close()
        self._file.close()

    @property
    def position(self) -> int:
        """How many octets were read."""
        return self._file.tell()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Give each row that is not blank, with the line on which it begins.

        Raises:
            BadFile: from some line on it cannot be read.
        """
        reader = csv.reader(
            self._lines(), delimiter=self._separator, strict=True, skipinitialspace=True
        )
        line = 1
        try:
            for cells in reader:
                if cells and (cells[0].strip() or "".join(cells).strip()):
                    yield line, cells
                line = reader.line_num + 1
                self._since = 0
        except csv.Error:
            raise BadFile("quotes or separators are broken from here on", line) from None
        except _Unread as unread:
            raise BadFile(str(unread), line) from None

    def _head(self) -> str:
        """Give the first letters, and leave the file open."""
        octets = io.BufferedReader(self._file, _BUFFER)
        text = self._text(octets)
        head = text.read(LINE)
        text.detach()
        octets.detach()
        return head

    def _text(self, octets: "io.BufferedReader[io.FileIO]") -> io.TextIOWrapper:
        octets.seek(0)
        return io.TextIOWrapper(octets, encoding=self._codec, errors=_MARKING, newline="")

    def _lines(self) -> Iterator[str]:
        """Give each line, until one is endless or no text."""
        self._opened = self._text(io.BufferedReader(self._file, _BUFFER))
        read = self._opened.readline
        while line := read(LINE):
            self._since += len(line)
            if self._since >= LINE:
                raise _Unread(f"a row of more than {LINE} letters")
            if "\0" in line:
                raise _Unread("octets of zero: no text")
            if not line.isascii() and _SURROGATE.search(line):
                raise _Unread(self._odd)
            yield line


class _Unread(Exception):
    """A line cannot be read; the text says why."""


def _encoding(file: io.FileIO) -> tuple[str, str]:
    """Find a file's encoding: the codec, and what people call it."""
    file.seek(0)
    start = file.read(4)
    for mark, codec, name in _MARKS:
        if start.startswith(mark):
            return codec, name
    file.seek(0)
    decode = codecs.getincrementaldecoder("utf-8")().decode
    two_octets = broken = False
    last = b""
    while chunk := file.read(_CHUNK):
        two_octets = two_octets or (
            not chunk.isascii() and bool(_TWO_OCTETS.search(last + chunk))
        )
        last = chunk[-2:]
        try:
            if not broken:
                decode(chunk)
        except UnicodeDecodeError:
            broken = True
    try:
        decode(b"", final=True)
    except UnicodeDecodeError:
        broken = True
    return _WINDOWS if broken and not two_octets else _UTF_8


def _separator(head: str, words: Vocabulary) -> str:
    """Choose the separator with which the first rows name the most columns."""
    return max(_SEPARATORS, key=lambda separator: best(_tried(head, separator), words)[1])


def _tried(head: str, separator: str) -> list[list[str]]:
    lines = io.StringIO(head, newline="")
    rows = (cells for cells in csv.reader(lines, delimiter=separator) if any(cells))
    try:
        return list(islice(rows, FIRST))
    except csv.Error:
        return []
