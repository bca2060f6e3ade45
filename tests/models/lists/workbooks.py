"""Excel files and others that are no text, made for the corpus: each function writes one."""

import gzip
import random
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl

from tests.models.lists.read import GOOD, HEADER

NAMES = HEADER.strip().split(",")
CELLS = GOOD.strip().split(",")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET = "xl/worksheets/sheet1.xml"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

Maker = Callable[[Path], None]
MADE: dict[str, Maker] = {}
"""What makes each file, by the file's name."""


def made(name: str) -> Callable[[Maker], Maker]:
    def keep(maker: Maker) -> Maker:
        MADE[name] = maker
        return maker

    return keep


def save(file: Path, *sheets: Sequence[Sequence[object]], hidden: int = 0) -> None:
    """Write sheets as openpyxl does; the first ones may be hidden."""
    book = openpyxl.Workbook()
    for nth, rows in enumerate(sheets):
        sheet = book.active if nth == 0 else book.create_sheet()
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if nth < hidden else "visible"
    book.active = len(sheets) - 1
    book.save(file)


def good(**cells: object) -> list[object]:
    return list({**dict(zip(NAMES, CELLS, strict=True)), **cells}.values())


def parts(rows: str, texts: str = "", styles: str = "", prefix: str = "") -> dict[str, str]:
    """Give the parts of a small Excel file, written by hand."""
    colon = f"{prefix}:" if prefix else ""
    space = f'xmlns{":" + prefix if prefix else ""}="{MAIN}"'
    kinds = ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
    related = "".join(
        f'<Relationship Id="r{nth}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for nth, (kind, target) in enumerate((*kinds, ("styles", "styles.xml")))
    )
    return {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r"'
        f' Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="List" sheetId="1" r:id="r0"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{related}'
        "</Relationships>",
        SHEET: f"<{colon}worksheet {space}><{colon}sheetData>{rows}"
        f"</{colon}sheetData></{colon}worksheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
    }


def inline(*rows: Sequence[str], prefix: str = "") -> str:
    """Write rows whose texts stand in their cells."""
    colon = f"{prefix}:" if prefix else ""
    return "".join(
        f"<{colon}row>"
        + "".join(
            f'<{colon}c t="inlineStr"><{colon}is><{colon}t>{cell}'
            f"</{colon}t></{colon}is></{colon}c>"
            for cell in row
        )
        + f"</{colon}row>"
        for row in rows
    )


def pack(file: Path, contents: dict[str, str], compression: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(file, "w", compression) as packed:
        for name, text in contents.items():
            packed.writestr(name, text)


def pack_stream(
    file: Path,
    name: str,
    start: bytes,
    piece: bytes,
    times: int,
    level: int = 9,
    end: bool = False,
) -> None:
    """Pack an Excel file with one part that is a piece many times over.

    Args:
        end: the part is a sheet, and whole.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        for other, text in parts("").items():
            if other != name:
                packed.writestr(other, text)
        with packed.open(name, "w") as part:
            part.write(start)
            for _ in range(times):
                part.write(piece)
            if end:
                part.write(b"</sheetData></worksheet>")


# Good ones


@made("plain.xlsx")
def plain(file: Path) -> None:
    save(file, [NAMES, good()])


@made("named_as_csv.csv")
def named_as_csv(file: Path) -> None:
    plain(file.with_suffix(".xlsx"))
    file.with_suffix(".xlsx").rename(file)


@made("numbers_and_days.xlsx")
def numbers_and_days(file: Path) -> None:
    save(
        file,
        [
            NAMES,
            good(number=20123456, received_on=date(2026, 9, 5), phone=711000111),
            good(number=20123457.0, received_on=datetime(2026, 9, 5, 23, 59), phone=None),
            good(number=30123456789012, received_on=46270, phone=254711000111.0),
            good(kind="DL", number="20 123 458", received_on="5/9/26", phone="0711000111"),
        ],
    )


@made("shown_with_noughts.xlsx")
def shown_with_noughts(file: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append([*NAMES, "waiting card"])
    book.active.append([*good(), 12345678])
    book.active.cell(2, 7).number_format = "000000000"
    book.save(file)


@made("days_as_numbers.xlsx")
def days_as_numbers(file: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(NAMES)
    for code in ("dd/mm/yyyy", "d-mmm-yy", '[$-809]d" ya "mmmm;@', "yyyy\\-mm\\-dd hh:mm", "0"):
        book.active.append(good(received_on=46270))
        book.active.cell(book.active.max_row, 5).number_format = code
    book.active.append(good(number=20123456))
    book.active.cell(book.active.max_row, 2).number_format = "yyyy-mm-dd"
    book.save(file)


@made("since_1904.xlsx")
def since_1904(file: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(NAMES)
    book.active.append(good(received_on=date(2026, 9, 5)))
    book.save(file)


@made("title_over_all.xlsx")
def title_over_all(file: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "HUDUMA CENTRE THIKA: UNCOLLECTED DOCUMENTS"
    sheet.merge_cells("A1:F1")
    sheet["A2"] = "Kufikia"
    sheet["B2"] = date(2026, 9, 30)
    for place, name in enumerate(NAMES):
        sheet.cell(4, 2 + place, name)
        sheet.cell(6, 2 + place, CELLS[place])
    sheet["B9"] = "passport"
    book.save(file)


@made("hidden_sheet_first.xlsx")
def hidden_sheet_first(file: Path) -> None:
    save(file, [NAMES, good(number="99999999")], [NAMES, good()], hidden=1)


@made("list_on_second_sheet.xlsx")
def list_on_second_sheet(file: Path) -> None:
    save(file, [["Report of September"], ["Centre", "Thika"]], [NAMES, good()])


@made("texts_in_cells.xlsx")
def texts_in_cells(file: Path) -> None:
    pack(file, parts(inline(NAMES, CELLS)), zipfile.ZIP_STORED)


@made("other_prefix.xlsx")
def other_prefix(file: Path) -> None:
    pack(file, parts(inline(NAMES, CELLS, prefix="x"), prefix="x"))


@made("spoken_texts.xlsx")
def spoken_texts(file: Path) -> None:
    texts = "".join(f"<si><r><t>{one[:2]}</t></r><r><t>{one[2:]}</t></r></si>" for one in NAMES)
    texts += "<si><t>id_card</t><rPh><t>kitambulisho</t></rPh></si>"
    header = "".join(f'<c t="s"><v>{nth}</v></c>' for nth in range(6))
    row = '<c t="s"><v>6</v></c>' + inline(CELLS[1:]).removeprefix("<row>")
    pack(file, parts(f"<row>{header}</row><row>{row}", texts))


@made("far_row.xlsx")
def far_row(file: Path) -> None:
    far = inline(good(state="lost")).replace("<row>", '<row r="1048576">')  # type: ignore[arg-type]
    pack(file, parts(inline(NAMES, CELLS) + far))


@made("large_numbers_of_java.xlsx")
def large_numbers_of_java(file: Path) -> None:
    row = inline(CELLS).replace(
        '<c t="inlineStr"><is><t>20123456</t></is></c>', "<c><v>2.0123456E7</v></c>"
    )
    pack(file, parts(inline(NAMES) + row))


# Good files with bad rows


@made("formulas.xlsx")
def formulas(file: Path) -> None:
    save(
        file,
        [
            NAMES,
            good(number="=20123400+56"),
            good(number='="20123456"'),
            good(state='=IF(TRUE,"ready","coming")'),
            good(phone='=HYPERLINK("http://example.invalid")'),
            good(received_on="=TODAY()"),
        ],
    )


@made("errors_in_cells.xlsx")
def errors_in_cells(file: Path) -> None:
    save(file, [NAMES, good(number="#N/A"), good(state=True), good(phone="#REF!")])


@made("days_out_of_the_calendar.xlsx")
def days_out_of_the_calendar(file: Path) -> None:
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    rows = [
        inline(CELLS).replace(
            '<c t="inlineStr"><is><t>2026-09-29</t></is></c>', f'<c s="1"><v>{value}</v></c>'
        )
        for value in ("99999999", "-5", "1E300", "46270.5", "nan")
    ]
    pack(file, parts(inline(NAMES) + "".join(rows), styles=styles))


@made("long_text.xlsx")
def long_text(file: Path) -> None:
    save(file, [NAMES, good(number="2" * 30_000), good()])


@made("more_cells_than_names.xlsx")
def more_cells_than_names(file: Path) -> None:
    save(file, [NAMES, [*good(), "Wanjiku"], good()])


# Files that cannot be read


@made("two_lists.xlsx")
def two_lists(file: Path) -> None:
    save(file, [NAMES, good()], [NAMES, good(number="20123457")])


@made("no_list.xlsx")
def no_list(file: Path) -> None:
    save(file, [["Budget", 2026], ["Rent", 100]])


@made("empty.xlsx")
def empty(file: Path) -> None:
    save(file, [])


@made("all_hidden.xlsx")
def all_hidden(file: Path) -> None:
    contents = parts(inline(NAMES, CELLS))
    contents["xl/workbook.xml"] = contents["xl/workbook.xml"].replace(
        "<sheet ", '<sheet state="veryHidden" '
    )
    pack(file, contents)


@made("cut.xlsx")
def cut(file: Path) -> None:
    plain(file)
    file.write_bytes(file.read_bytes()[:-600])


@made("cut_sheet.xlsx")
def cut_sheet(file: Path) -> None:
    contents = parts(inline(NAMES, CELLS, CELLS))
    pack(file, {**contents, SHEET: contents[SHEET][:-160]})


@made("overwritten.xlsx")
def overwritten(file: Path) -> None:
    pack(file, parts(inline(NAMES, *[CELLS] * 50)), zipfile.ZIP_STORED)
    octets = file.read_bytes()
    place = octets.rindex(b"20123456")
    file.write_bytes(octets[:place] + b"20123457" + octets[place + 8 :])


@made("bomb_of_rows.xlsx")
def bomb_of_rows(file: Path) -> None:
    pack_stream(file, SHEET, b"<worksheet><sheetData>", b"<row/>" * 170_000, 20)


@made("bomb_of_texts.xlsx")
def bomb_of_texts(file: Path) -> None:
    pack_stream(file, "xl/sharedStrings.xml", b"<sst>", b"<si/>" * 200_000, 20)


@made("bomb_beside_a_good_sheet.xlsx")
def bomb_beside_a_good_sheet(file: Path) -> None:
    plain(file)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/image1.png", bytes(20_000_000))


@made("more_rows_than_a_sheet_has.xlsx")
def more_rows_than_a_sheet_has(file: Path) -> None:
    pack(file, parts(inline(NAMES, CELLS).replace("<row>", '<row r="1048577">')))


@made("bomb_of_styles.xlsx")
def bomb_of_styles(file: Path) -> None:
    styles = f"<cellXfs>{'<xf/>' * 80_000}</cellXfs>"
    pack(file, parts(inline(NAMES, CELLS), styles=styles))


@made("bomb_of_many_parts.xlsx")
def bomb_of_many_parts(file: Path) -> None:
    pack(file, {**parts(inline(NAMES)), **{f"xl/media/{nth}": "" for nth in range(2_100)}})


@made("bomb_of_a_directory.xlsx")
def bomb_of_a_directory(file: Path) -> None:
    names = {f"xl/{nth:05}{'x' * 900}": "" for nth in range(1_300)}
    pack(file, {**names, **parts(inline(NAMES))}, zipfile.ZIP_STORED)


@made("bomb_of_entities.xlsx")
def bomb_of_entities(file: Path) -> None:
    contents = parts(inline(NAMES, good(number="&c;")))  # type: ignore[arg-type]
    kinds = '<!ENTITY a "2012345620123456"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">'
    pack(file, {**contents, SHEET: f"<!DOCTYPE worksheet [{kinds}]>{contents[SHEET]}"})


@made("entity_of_a_file.xlsx")
def entity_of_a_file(file: Path) -> None:
    contents = parts(inline(NAMES, CELLS))
    kind = '<!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    pack(file, {**contents, "xl/sharedStrings.xml": f"{kind}<sst><si><t>&x;</t></si></sst>"})


@made("nested_without_end.xlsx")
def nested_without_end(file: Path) -> None:
    pack(file, parts("<a>" * 5_000))


@made("endless_name.xlsx")
def endless_name(file: Path) -> None:
    chance = random.Random(1919)
    pack_stream(file, SHEET, b"<worksheet x='", chance.randbytes(2**20).hex().encode(), 6)


@made("too_many_columns.xlsx")
def too_many_columns(file: Path) -> None:
    save(file, [NAMES, [*good(), *["x"] * 100]])


@made("texts_that_are_not_there.xlsx")
def texts_that_are_not_there(file: Path) -> None:
    pack(file, parts(inline(NAMES) + '<row><c t="s"><v>7</v></c></row>'))


@made("locked_part.xlsx")
def locked_part(file: Path) -> None:
    pack(file, parts(inline(NAMES, CELLS)), zipfile.ZIP_STORED)
    octets = bytearray(file.read_bytes())
    place = octets.index(b"PK\x01\x02")
    octets[place + 8] |= 1
    file.write_bytes(octets)


@made("packed_otherwise.xlsx")
def packed_otherwise(file: Path) -> None:
    pack(file, parts(inline(NAMES, CELLS)), zipfile.ZIP_BZIP2)


@made("calc.ods")
def calc(file: Path) -> None:
    pack(
        file, {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": ""}
    )


@made("letter.docx")
def letter(file: Path) -> None:
    pack(file, {"word/document.xml": "<w/>"})


@made("binary.xlsb")
def binary(file: Path) -> None:
    contents = parts("")
    contents["xl/workbook.bin"] = "\x83\x01"
    relations = contents["_rels/.rels"]
    pack(file, {**contents, "_rels/.rels": relations.replace("workbook.xml", "workbook.bin")})


@made("nothing.zip")
def nothing(file: Path) -> None:
    pack(file, {})


@made("old.xls")
def old(file: Path) -> None:
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))


@made("scan.pdf")
def scan(file: Path) -> None:
    file.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")


@made("photo.csv")
def photo(file: Path) -> None:
    file.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)))


@made("list.csv.gz")
def packed(file: Path) -> None:
    file.write_bytes(gzip.compress((HEADER + GOOD).encode(), mtime=0))


@made("random.csv")
def random_octets(file: Path) -> None:
    file.write_bytes(bytes((nth * nth * 31 + nth) % 256 for nth in range(5_000)))


@made("endless_line.csv")
def endless_line(file: Path) -> None:
    file.write_bytes((HEADER + GOOD).encode() + b"2" * 3_000_000)


@made("endless_row_of_many_lines.csv")
def endless_row_of_many_lines(file: Path) -> None:
    file.write_bytes((HEADER + GOOD).encode() + b'"\n",' * 500_000)


@made("endless_quote.csv")
def endless_quote(file: Path) -> None:
    file.write_bytes((HEADER + GOOD).encode() + b'"' + GOOD.encode() * 50_000)
