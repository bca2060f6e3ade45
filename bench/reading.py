"""Reading centres' lists: microseconds a row of the file, of its cells, and of an Excel sheet.

Processor time, so that a busy machine changes it little. The rows are those that imports are
measured with: half the phones among them are written as people write them.
"""

import csv
import tempfile
import time
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from bench import lists
from bench.stores import SMALL, tell
from models.country import kenya
from models.lists.columns import columns_of
from models.lists.reading import Reading
from models.lists.table import CentreFile, Fill
from models.lists.vocabulary import Vocabulary
from models.matching import Row
from models.reference_data import KENYA

ROWS = 2_000 if SMALL else lists.PUBLISHED
TODAY = date(2026, 9, 30)

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def main() -> None:
    """Measure, and print a figure a line."""
    with tempfile.TemporaryDirectory() as folder:
        plain = lists.write(Path(folder) / "list.csv", ROWS)
        excel = _as_excel(plain)
        tell("reading: rows", ROWS)
        tell("reading: the file, µs a row", _file(plain))
        tell("reading: the cells of a row, µs", _cells(plain))
        tell("reading: an Excel file, µs a row", _file(excel))


def _file(file: Path) -> float:
    """Measure a file, its cells not looked at."""
    began = time.process_time()
    with CentreFile(file, Vocabulary.read()) as opened:
        count = sum(1 for _ in opened.rows())
    return (time.process_time() - began) / count * 1e6


def _cells(file: Path) -> float:
    """Measure what the cells of rows come to, the file read beforehand."""
    words, fill = Vocabulary.read(), Fill()
    with CentreFile(file, words) as opened:
        (line, header), *rows = opened.rows()
    columns, _ = columns_of(header, fill, words, line)
    reading = Reading(columns, fill, kenya(), _centres(), TODAY, words)
    began = time.process_time()
    good = sum(isinstance(reading.row(line, cells), Row) for line, cells in rows)
    took = time.process_time() - began
    assert good == len(rows)
    return took / good * 1e6


def _centres() -> dict[str, str]:
    with (KENYA / "centres.csv").open(encoding="utf-8", newline="") as opened:
        return {one["code"]: one["code"] for one in csv.DictReader(opened)}


def _as_excel(file: Path) -> Path:
    """Write a CSV file as an Excel one."""
    made = file.with_suffix(".xlsx")
    with ZipFile(made, "w", ZIP_DEFLATED) as packed:
        packed.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r"'
            f' Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        packed.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
            '<sheet name="List" sheetId="1" r:id="r"/></sheets></workbook>',
        )
        packed.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r"'
            f' Type="{_RELATIONS}/worksheet" Target="sheet.xml"/></Relationships>',
        )
        with (
            packed.open("xl/sheet.xml", "w") as sheet,
            file.open(encoding="utf-8", newline="") as opened,
        ):
            sheet.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for row in csv.reader(opened):
                cells = "".join(
                    f'<c t="inlineStr"><is><t>{escape(one)}</t></is></c>' for one in row
                )
                sheet.write(f"<row>{cells}</row>".encode())
            sheet.write(b"</sheetData></worksheet>")
    return made
