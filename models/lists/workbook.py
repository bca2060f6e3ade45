"""A list as an Excel file (.xlsx), read row by row from its one sheet that is a list.

Such a file is a zip of parts. What it would unpack to is checked against its directory, which
Python's zipfile holds parts to, before anything is unpacked: 300 MiB in all, 200 times a
part's packed size, 8 MiB for the parts that are not rows or texts. Parts are then unpacked a
piece at a time.
"""

import io
import posixpath
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar
from xml.parsers.expat import ExpatError
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from models.lists.header import FIRST, best
from models.lists.parts import BadPart, Contents, Part, Relations, SharedTexts, Styles
from models.lists.refusal import BadFile
from models.lists.sheet import Sheet
from models.lists.vocabulary import Vocabulary

UNPACKED = 300 * 1024 * 1024
"""Octets of all parts together at most, unpacked."""

RATIO = 200
"""How many times its packed size a part may be at most, where it is over SMALL."""

SMALL = 8 * 1024 * 1024
"""Octets of a part at most that is neither a sheet nor its texts."""

_PARTS = 2_000
_SHEETS = 50
_DIRECTORY = 1024 * 1024
_CHUNK = 64 * 1024
_SURE = 4
"""How well a header is known at least, where more than one sheet has one: two columns."""

_SAVE = "save the list as .xlsx or CSV"
_BOMB = "it would unpack to more than a list can be"
_BROKEN = "the Excel file is broken"

AnyPart = TypeVar("AnyPart", bound=Part)


class Workbook:
    """One file, for one pass. Sheets that are hidden are not looked at.

    Attributes:
        encoding: none.
        size: octets of its sheet.
        position: how many of them were read.
    """

    pads = True
    encoding = ""

    def __init__(self, file: io.FileIO, words: Vocabulary) -> None:
        self._octets = _Careful(file)
        with _readable():
            self._zip = ZipFile(self._octets)
            _check(self._zip)
            self._open()
            self._sheet = self._chosen(words)
            self.size = self._zip.getinfo(self._sheet).file_size
        self.position = 0

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._octets.close()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Give each row that is not blank, with its number.

        Raises:
            BadFile: the sheet cannot be read.
        """
        with _readable():
            for fed, rows in self._pieces(self._sheet):
                self.position = fed
                for line, cells in rows:
                    if "".join(cells).strip():
                        yield line, cells

    def _open(self) -> None:
        """Read what stands beside the sheets."""
        main = self._part(Relations(), "_rels/.rels").by_type.get("officeDocument", "")
        main = _within("", main or "xl/workbook.xml")
        if main not in self._zip.namelist():
            raise BadFile(f"no Excel file: {_SAVE}")
        if main.endswith(".bin"):
            raise BadFile(f"an .xlsb: {_SAVE}")
        folder, name = posixpath.split(main)
        relations = self._part(Relations(), f"{folder}/_rels/{name}.rels")
        contents = self._part(Contents(), main)
        self._since_1904 = contents.since_1904
        sheets = (relations.by_id.get(one, "") for one in contents.sheets[:_SHEETS])
        held = set(self._zip.namelist())
        self._sheets = [
            name for name in (_within(folder, one) for one in sheets if one) if name in held
        ]
        texts = _within(folder, relations.by_type.get("sharedStrings", ""))
        self._texts = self._part(SharedTexts(), texts, UNPACKED)
        styles = _within(folder, relations.by_type.get("styles", ""))
        self._shown: array[int] = self._part(Styles(), styles).shown

    def _part(self, part: AnyPart, name: str, most: int = SMALL) -> AnyPart:
        """Read a part; one that is not there is empty."""
        if name not in self._zip.namelist():
            return part
        if self._zip.getinfo(name).file_size > most:
            raise BadFile(_BOMB)
        with self._zip.open(name) as opened:
            while octets := opened.read(_CHUNK):
                part.feed(octets)
            part.feed(b"")
        return part

    def _pieces(self, name: str) -> Iterator[tuple[int, list[tuple[int, list[str]]]]]:
        """Give a sheet's rows piece by piece, with how many octets were read."""
        sheet = Sheet(self._texts, self._shown, self._since_1904)
        fed = 0
        with self._zip.open(name) as opened:
            while True:
                octets = opened.read(_CHUNK)
                sheet.feed(octets)
                fed += len(octets)
                rows, sheet.rows = sheet.rows, []
                yield fed, rows
                if not octets:
                    return

    def _chosen(self, words: Vocabulary) -> str:
        """Give the one sheet that is a list; the first, where none looks like one."""
        if not self._sheets:
            raise BadFile("no sheet to be seen in it")
        known = {name: best(self._first(name), words)[1] for name in self._sheets}
        lists = [name for name in known if known[name] >= _SURE]
        if len(lists) > 1:
            raise BadFile(f"{len(lists)} sheets with a list: save each as a file of its own")
        return max(known, key=lambda name: known[name])

    def _first(self, name: str) -> list[list[str]]:
        rows = (cells for _, some in self._pieces(name) for _, cells in some if any(cells))
        return list(islice(rows, FIRST))


class _Careful(io.BufferedReader):
    """A file of which only so much is read at once: a directory can claim any size."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and 0 <= size <= _DIRECTORY:
            return super().read(size)
        octets = super().read(_DIRECTORY + 1)
        if len(octets) > _DIRECTORY:
            raise BadZipFile
        return octets


@contextmanager
def _readable() -> Iterator[None]:
    """Say of whatever a file that is no whole Excel file makes of zipfile and expat."""
    try:
        yield
    except BadPart as bad:
        raise BadFile(f"{_BROKEN}: {bad}") from None
    except (
        BadZipFile,
        ExpatError,
        zlib.error,
        EOFError,
        LookupError,
        NotImplementedError,
        OSError,
        OverflowError,
        RuntimeError,
        ValueError,
    ):
        raise BadFile(_BROKEN) from None


def _check(file: ZipFile) -> None:
    """Refuse a zip that is another kind of file, a bomb, or locked."""
    parts = file.infolist()
    if "mimetype" in file.namelist():
        raise BadFile(f"an OpenDocument file (.ods): {_SAVE}")
    if not any(part.filename.startswith("xl/") for part in parts):
        raise BadFile(f"a zip of something else than a list: {_SAVE}")
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _PARTS or unpacked > UNPACKED or any(map(_blown, parts)):
        raise BadFile(_BOMB)
    if any(part.flag_bits & 1 for part in parts):
        raise BadFile("locked by a password")
    if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
        raise BadFile("packed in a way that Excel does not use")


def _blown(part: ZipInfo) -> bool:
    return part.file_size > SMALL and part.file_size > RATIO * part.compress_size


def _within(folder: str, target: str) -> str:
    """Give a part's name in the zip, as another part in `folder` refers to it."""
    if not target:
        return ""
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
