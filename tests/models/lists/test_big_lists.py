"""Facts about large lists and bombs: they are read, or refused, in memory that does not grow.

Each is read in a process of its own, whose memory at its fullest is counted.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.models.lists.read import GOOD, HEADER
from tests.models.lists.workbooks import CELLS, NAMES, SHEET, inline, pack_stream

READ = """
import re, sys
from pathlib import Path
from tests.models.lists.read import TODAY, centres, words, NO_FILL
from models.country import kenya
from models.lists.columns import columns_of
from models.lists.reading import Reading, Refusal
from models.lists.table import BadFile, CentreFile

good = bad = 0
try:
    with CentreFile(Path(sys.argv[1]), words()) as opened:
        rows = opened.rows()
        line, header = next(rows)
        columns, faults = columns_of(header, NO_FILL, words(), line)
        reading = Reading(columns, NO_FILL, kenya(), centres(), TODAY, words())
        for line, cells in rows:
            if isinstance(reading.row(line, cells), Refusal):
                bad += 1
            else:
                good += 1
    said = f"{good} {bad}"
except BadFile as error:
    said = str(error)
status = Path("/proc/self/status").read_text()
print(int(re.search("VmHWM:\\s+([0-9]+)", status)[1]) // 1024, said)
"""
MOST = 100
"""MiB of memory at most."""


def read_apart(file: Path) -> tuple[int, str]:
    """Give the MiB that reading a file takes, and what came of it."""
    done = subprocess.run(
        [sys.executable, "-c", READ, file], capture_output=True, text=True, check=True
    )
    memory, _, said = done.stdout.strip().partition(" ")
    print(f"{file.name} {file.stat().st_size // 2**20} MiB: {memory} MiB, {said}")
    return int(memory), said


def write(file: Path, start: bytes, piece: bytes, octets: int) -> int:
    """Write a piece as often as it takes; give how often."""
    times = octets // len(piece)
    with file.open("wb") as opened:
        opened.write(start)
        for _ in range(times // 1_000):
            opened.write(piece * 1_000)
    return times // 1_000 * 1_000


def test_a_list_of_some_megabytes_is_read_in_little_memory(tmp_path: Path) -> None:
    rows = write(tmp_path / "list.csv", HEADER.encode(), GOOD.encode(), 6_000_000)
    memory, said = read_apart(tmp_path / "list.csv")

    assert said == f"{rows} 0"
    assert memory < MOST


@pytest.mark.long
def test_a_list_of_200_megabytes_is_read_in_little_memory(tmp_path: Path) -> None:
    rows = write(tmp_path / "list.csv", HEADER.encode(), GOOD.encode(), 200 * 2**20)
    memory, said = read_apart(tmp_path / "list.csv")

    assert said == f"{rows} 0"
    assert memory < MOST


@pytest.mark.long
@pytest.mark.parametrize("start", [b"", b'"'], ids=["a line", "a quote"])
def test_a_line_of_200_megabytes_is_refused_in_little_memory(
    start: bytes, tmp_path: Path
) -> None:
    write(tmp_path / "line.csv", HEADER.encode() + start, b"20123456", 200 * 2**20)
    memory, said = read_apart(tmp_path / "line.csv")

    assert said == "line 2: file: a row of more than 65536 letters"
    assert memory < MOST


@pytest.mark.long
def test_a_sheet_of_a_million_rows_is_read_in_little_memory(tmp_path: Path) -> None:
    header = inline(NAMES).encode()
    row = inline(["ID", *CELLS[1:3], "Tayari", "5/9/2026", "0711000111"]).encode()
    start = b"<worksheet><sheetData>" + header
    pack_stream(tmp_path / "list.xlsx", SHEET, start, row * 1_000, 900, level=1, end=True)
    memory, said = read_apart(tmp_path / "list.xlsx")

    assert said == "900000 0"
    assert memory < MOST


@pytest.mark.long
@pytest.mark.parametrize(
    ("part", "start", "piece"),
    [
        ("xl/sharedStrings.xml", b"<sst>", b"<si/>"),
        ("xl/sharedStrings.xml", b"<sst>", b"<si><t>" + b"2" * 990 + b"</t></si>"),
        ("xl/styles.xml", b"<styleSheet><cellXfs>", b"<xf/>"),
        (SHEET, b"<worksheet><sheetData>", b"<row><c/><c/><c/></row>"),
        (SHEET, b"<worksheet><sheetData><row>", b"<c><v>20123456</v></c>"),
        (SHEET, b"<worksheet><sheetData><row><c><v>", b"20123456"),
        (SHEET, b"<worksheet>", b"<a>"),
    ],
)
def test_a_bomb_is_refused_in_little_memory(
    part: str, start: bytes, piece: bytes, tmp_path: Path
) -> None:
    block = piece * (2**20 // len(piece))
    times = 7 if "styles" in part else 280
    pack_stream(tmp_path / "bomb.xlsx", part, start, block, times, level=0)
    memory, said = read_apart(tmp_path / "bomb.xlsx")

    assert said.startswith("file: the Excel file is broken")
    assert memory < 2 * MOST
