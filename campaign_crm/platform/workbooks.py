"""Writing a small spreadsheet (.xlsx): one sheet of texts, numbers and dates (ECMA-376, inline strings)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from campaign_crm.platform.spreadsheets import neutralised

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
FIRST_DAY = date(1899, 12, 30)  # day 0 of spreadsheets
PLAIN, DAY, MONEY = 0, 1, 2  # styles of `_STYLES`, in order
# What XML 1.0 cannot hold, were it escaped.
_CONTROLS = {code: None for code in range(32) if code not in (9, 10, 13)}


def workbook(*, title: str, rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook of one sheet: numbers and dates as such, so that totals can be made of them."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _PARTS.items():
            archive.writestr(name, XML + content)
        archive.writestr("xl/workbook.xml", XML + _workbook(title))
        archive.writestr("xl/worksheets/sheet1.xml", XML + _sheet(rows))
    return written.getvalue()


def _workbook(title: str) -> str:
    name = "".join(letter for letter in title if letter not in "[]:*?/\\")[:31] or "1"
    return (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        f'<sheet name="{escape(name, {chr(34): "&quot;"})}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


def _sheet(rows: Iterable[Sequence[Any]]) -> str:
    lines = ("<row>" + "".join(map(_cell, row)) + "</row>" for row in rows)
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(value: Any) -> str:
    if isinstance(value, date):
        return f'<c s="{DAY}"><v>{(value - FIRST_DAY).days}</v></c>'
    if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        return f'<c s="{MONEY if isinstance(value, Decimal) else PLAIN}"><v>{value}</v></c>'
    text = escape(neutralised(value).translate(_CONTROLS))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="4" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{WORKBOOK_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{WORKBOOK_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{WORKBOOK_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": _STYLES,
}
