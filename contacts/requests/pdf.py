"""The answer to a request as a PDF: facts under headings, readable by anybody."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from contacts.requests.facts import Row, Section

FONT, BOLD = "Vera", "VeraBd"  # with the library: Latin alphabets, accents and French signs
MARGIN = 18 * mm
LABEL_WIDTH = 48 * mm
LONGEST = 4000  # characters of one value: a cell must fit a page
_GREY, _LINE = colors.HexColor("#5b6470"), colors.HexColor("#d9dee5")


def make_pdf(*, title: str, introduction: Sequence[str], sections: Sequence[Section]) -> bytes:
    """The whole document."""
    _register_fonts()
    styles = _styles()
    story: list[Any] = [Paragraph(_safe(title), styles["title"])]
    story += [Paragraph(_safe(text), styles["body"]) for text in introduction]
    for section in sections:
        story.append(Paragraph(_safe(section.title), styles["heading"]))
        for row in section.rows:
            story += [_table(row, styles), Spacer(1, 2 * mm)]
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        title=title,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
    )
    document.build(story, onFirstPage=_number_page, onLaterPages=_number_page)
    return out.getvalue()


def _table(row: Row, styles: dict[str, ParagraphStyle]) -> Table:
    lines = [
        [Paragraph(_safe(label), styles["label"]), Paragraph(_safe(shown(value)), styles["body"])]
        for label, value in row.items()
    ]
    table = Table(lines, colWidths=[LABEL_WIDTH, A4[0] - 2 * MARGIN - LABEL_WIDTH])
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, -1), (-1, -1), 0.5, _LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ]
        )
    )
    return table


def shown(value: Any) -> str:
    """A value as people read it, in the language of the moment."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _safe(text: str) -> str:
    """Nothing that people typed is read as a tag; the font lacks the narrow space."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return escape(cut.replace("\u202f", "\u00a0")).replace("\n", "<br/>")


def _styles() -> dict[str, ParagraphStyle]:
    body = ParagraphStyle("body", fontName=FONT, fontSize=8.5, leading=12, spaceAfter=2)
    return {
        "body": body,
        "label": ParagraphStyle("label", parent=body, textColor=_GREY),
        "title": ParagraphStyle("title", parent=body, fontName=BOLD, fontSize=16, leading=20, spaceAfter=8),
        "heading": ParagraphStyle(
            "heading", parent=body, fontName=BOLD, fontSize=11, leading=14, spaceBefore=10, spaceAfter=4
        ),
    }


def _number_page(canvas: Any, document: Any) -> None:
    canvas.setFont(FONT, 7.5)
    canvas.setFillColor(_GREY)
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, str(document.page))


def _register_fonts() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in (FONT, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
