"""A poster as PDF: a title, a sentence, a picture and an address, on one A4 page, in an embedded font.

Bitstream Vera comes with reportlab and may be embedded freely; it writes every letter of French and English.
"""

from __future__ import annotations

import io
from functools import lru_cache

from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

PLAIN, BOLD = "Vera", "VeraBd"
WIDTH, HEIGHT = A4
MARGIN, BAND = 20 * mm, 105 * mm
CODE = 95 * mm
TITLE_SIZES = (44, 38, 32, 28, 24, 20)
SENTENCE_SIZES = (18, 16, 14, 12)
MOST_TITLE_LINES, MOST_SENTENCE_LINES = 4, 4


def poster_pdf(*, title: str, sentence: str, picture: bytes, address: str, foot: str, colour: str) -> bytes:
    """One page; texts shrink until they fit, and are cut where the smallest size is still too large."""
    _register_fonts()
    written = io.BytesIO()
    page = Canvas(written, pagesize=A4)
    page.setTitle(title)
    page.setFillColor(HexColor(colour))
    page.rect(0, HEIGHT - BAND, WIDTH, BAND, stroke=0, fill=1)
    page.setFillColor(white if _is_dark(colour) else HexColor("#1a1f27"))
    top = _lines(page, title, BOLD, TITLE_SIZES, MOST_TITLE_LINES, HEIGHT - 34 * mm)
    _lines(page, sentence, PLAIN, SENTENCE_SIZES, MOST_SENTENCE_LINES, top - 4 * mm)
    page.setFillColor(HexColor("#1a1f27"))
    left, bottom = (WIDTH - CODE) / 2, HEIGHT - BAND - CODE - 22 * mm
    page.drawImage(ImageReader(io.BytesIO(picture)), left, bottom, CODE, CODE)
    size = next((size for size in (20, 17, 14, 11, 8) if _width(address, size) <= WIDTH - 2 * MARGIN), 7)
    page.setFont(BOLD, size)
    page.drawCentredString(WIDTH / 2, bottom - 14 * mm, address)
    page.setFont(PLAIN, 8)
    page.setFillColor(HexColor("#566071"))
    page.drawCentredString(WIDTH / 2, 12 * mm, foot[:140])
    page.showPage()
    page.save()
    return written.getvalue()


def _lines(page: Canvas, text: str, font: str, sizes: tuple[int, ...], most: int, top: float) -> float:
    """Draw a text from `top` down, in the largest size that fits; gives where it ended."""
    room = WIDTH - 2 * MARGIN
    for size in sizes:
        lines = simpleSplit(text, font, size, room)
        if len(lines) <= most:
            break
    page.setFont(font, size)
    for line in lines[:most]:
        page.drawString(MARGIN, top - size, line)
        top -= size * 1.25
    return top


def _width(text: str, size: int) -> float:
    return float(pdfmetrics.stringWidth(text, BOLD, size))


def _is_dark(colour: str) -> bool:
    """Whether white is read better on it (WCAG's relative luminance, to the percent)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] < 0.18


@lru_cache(maxsize=1)
def _register_fonts() -> None:
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
