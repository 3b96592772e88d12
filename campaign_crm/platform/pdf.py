"""Small documents as PDF: a title, sentences, and tables of facts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

MARGIN = 20 * mm
NAME_WIDTH, VALUE_WIDTH = 60 * mm, 110 * mm
LINES = TableStyle(
    [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey)]
)


def facts_pdf(
    *, title: str, sentences: Sequence[str], facts: Sequence[tuple[str, str]], author: str = ""
) -> bytes:
    """One document: the title, sentences, then a table of names and values, however long these are."""
    styles = getSampleStyleSheet()
    story: list[Flowable] = [Paragraph(escape(title), styles["Title"])]
    story += [Paragraph(escape(sentence), styles["BodyText"]) for sentence in sentences]
    rows = [
        [Paragraph(escape(name), styles["BodyText"]), Paragraph(escape(value), styles["BodyText"])]
        for name, value in facts
    ]
    if rows:
        story += [Spacer(1, 6 * mm), Table(rows, colWidths=[NAME_WIDTH, VALUE_WIDTH], style=LINES)]
    written = io.BytesIO()
    SimpleDocTemplate(
        written,
        pagesize=A4,
        title=title,
        author=author,
        **{f"{side}Margin": MARGIN for side in ("left", "right", "top", "bottom")},
    ).build(story)
    return written.getvalue()
