"""Spreadsheets for tests, written by hand: just enough of .xlsx, .ods and .xls for a reader to open them.

A cell is a str, an int, a float, a bool, a date or None. A workbook is {sheet name: rows}.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

Cell = str | int | float | bool | date | None
Rows = Iterable[Sequence[Cell]]
EPOCH = date(1899, 12, 30)
DATE_STYLE = 1  # of `_STYLES`

_XMLNS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STYLES = (
    f'<styleSheet {_XMLNS}><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


def write_xlsx(
    path: Path, sheets: Mapping[str, Rows], *, hidden: Sequence[str] = (), shared: bool = False
) -> Path:
    """Write a workbook; `shared` keeps texts in the table of shared strings, as Excel does."""
    texts: dict[str, int] = {}
    names = list(sheets)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, rows in enumerate(sheets.values(), 1):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as file:
                file.write(f"<worksheet {_XMLNS}><sheetData>".encode())
                for place, row in enumerate(rows, 1):
                    file.write(_xlsx_row(place, row, texts if shared else None).encode())
                file.write(b"</sheetData></worksheet>")
        archive.writestr("xl/styles.xml", _STYLES)
        strings = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
        archive.writestr("xl/sharedStrings.xml", f"<sst {_XMLNS}>{strings}</sst>")
        archive.writestr("xl/workbook.xml", _workbook(names, hidden))
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(len(names)))
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
    return path


def _xlsx_row(place: int, row: Sequence[Cell], texts: dict[str, int] | None) -> str:
    cells = []
    for column, cell in enumerate(row):
        where = f'r="{_letters(column)}{place}"'
        if isinstance(cell, bool):
            cells.append(f'<c {where} t="b"><v>{int(cell)}</v></c>')
        elif isinstance(cell, date):
            cells.append(f'<c {where} s="{DATE_STYLE}"><v>{(cell - EPOCH).days}</v></c>')
        elif isinstance(cell, int | float):
            cells.append(f"<c {where}><v>{cell}</v></c>")
        elif cell and texts is not None:
            cells.append(f'<c {where} t="s"><v>{texts.setdefault(cell, len(texts))}</v></c>')
        elif cell:
            cells.append(f'<c {where} t="inlineStr"><is><t>{escape(cell)}</t></is></c>')
    return f'<row r="{place}">{"".join(cells)}</row>'


def _letters(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        text = chr(65 + letter) + text
    return text


def _workbook(names: Sequence[str], hidden: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}" state="{state}"/>'
        for number, name in enumerate(names, 1)
        for state in ("hidden" if name in hidden else "visible",)
    )
    return f'<workbook {_XMLNS} xmlns:r="{_RELATED}"><sheets>{sheets}</sheets></workbook>'


def _relations(count: int) -> str:
    kinds = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, count + 1)]
    kinds += [("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
    inside = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATED}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(kinds, 1)
    )
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{inside}</Relationships>"
    )


def write_ods(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """Write an OpenDocument spreadsheet."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{''.join(map(_ods_row, rows))}</table:table>"
        for name, rows in sheets.items()
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED
        )
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content {spaces} office:version="1.2"><office:body><office:spreadsheet>'
            f"{tables}</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def _ods_row(row: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    kind, value, shown = "string", "", str(cell)
    if isinstance(cell, bool):
        kind, value = "boolean", f' office:boolean-value="{str(cell).lower()}"'
    elif isinstance(cell, date):
        kind, value = "date", f' office:date-value="{cell.isoformat()}"'
    elif isinstance(cell, int | float):
        kind, value = "float", f' office:value="{cell}"'
    return (
        f'<table:table-cell office:value-type="{kind}"{value}><text:p>{escape(shown)}</text:p>'
        "</table:table-cell>"
    )


def write_xls(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """Write an Excel 97 workbook (BIFF8 in an OLE2 container; [MS-XLS], [MS-CFB])."""
    streams = [_record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0x6)) + _xls_cells(rows)
               for rows in sheets.values()]  # fmt: skip
    start = _record(0x809, struct.pack("<HHHHII", 0x600, 0x5, 0, 0, 0, 0x6))
    start += _xf(0) + _xf(14)
    bounds = [_text16(name) for name in sheets]
    position = len(start) + sum(4 + 6 + len(name) - 1 for name in bounds) + 4
    for name, stream in zip(bounds, streams, strict=True):
        start += _record(0x85, struct.pack("<IH", position, 0) + name[:1] + name[2:])
        position += len(stream)
    path.write_bytes(_compound(start + _record(0x0A, b"") + b"".join(streams)))
    return path


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _xf(number_format: int) -> bytes:
    return _record(0xE0, struct.pack("<HHH", 0, number_format, 0) + bytes(14))


def _text16(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def _xls_cells(rows: Rows) -> bytes:
    cells = list(_xls_records(rows))
    return b"".join(cells) + _record(0x0A, b"")


def _xls_records(rows: Rows) -> Iterator[bytes]:
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            where = struct.pack("<HH", place, column)
            if isinstance(cell, bool):
                yield _record(0x205, where + struct.pack("<HBB", 0, cell, 0))
            elif isinstance(cell, date):
                yield _record(0x203, where + struct.pack("<Hd", DATE_STYLE, (cell - EPOCH).days))
            elif isinstance(cell, int | float):
                yield _record(0x203, where + struct.pack("<Hd", 0, cell))
            elif cell:
                yield _record(0x204, where + struct.pack("<H", 0) + _text16(cell))


def _compound(stream: bytes) -> bytes:
    """Put one stream, "Workbook", into an OLE2 file of 512-byte sectors."""
    size = max(len(stream), 4096)  # shorter streams would live elsewhere in the file
    stream = stream.ljust(-(-size // 512) * 512, b"\0")
    sectors = len(stream) // 512
    tables = -(-(sectors + 1) // 127)
    chain = [*range(tables + 2, tables + 1 + sectors), 0xFFFFFFFE]  # of the stream's sectors
    fat = [0xFFFFFFFD] * tables + [0xFFFFFFFE] + chain
    fat += [0xFFFFFFFF] * (tables * 128 - len(fat))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    head += struct.pack("<IIIIIIII", tables, tables, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", *range(tables), *[0xFFFFFFFF] * (109 - tables))
    folder = _entry("Root Entry", 5, child=1) + _entry("Workbook", 2, first=tables + 1, size=size)
    return head + struct.pack(f"<{len(fat)}I", *fat) + folder.ljust(512, b"\0") + stream


def _entry(name: str, kind: int, *, child: int = -1, first: int = 0, size: int = 0) -> bytes:
    spelled = (name + "\0").encode("utf-16-le")
    return (
        spelled.ljust(64, b"\0")
        + struct.pack("<HBBiii", len(spelled), kind, 1, -1, -1, child)
        + bytes(36)
        + struct.pack("<IQ", first, size)
    )
