"""Cells of files that people open in a spreadsheet."""

from __future__ import annotations

# A spreadsheet takes a cell that begins so for a formula, and runs it (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutralised(value: object) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what would begin a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


_NEUTRALISED = tuple(f"'{start}" for start in FORMULA_STARTS)


def plain(text: str) -> str:
    """A cell as it was before `neutralised`: nobody writes an apostrophe before such a sign."""
    return text[1:] if text.startswith(_NEUTRALISED) else text
