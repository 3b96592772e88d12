"""What stands above the header of a table: empty rows, and titles narrower than the table below them."""

from __future__ import annotations

from collections.abc import Sequence

from contacts.imports.values import EMAIL, PHONE

ROWS_LOOKED_AT = 50
TITLES_MOST = 20  # rows above the header
TITLE_SHARE = 1 / 3  # of the table's width: a row with no more filled cells, above all others, is a title


def titles_above(rows: Sequence[Sequence[str]]) -> int:
    """Return how many of a table's first rows stand above its header; `rows` may begin with empty ones.

    A row with an address or a number is somebody: it is never a title.
    """
    filled = [_filled(row) for row in rows[:ROWS_LOOKED_AT]]
    width = max(filled, default=0)
    few = width * TITLE_SHARE if width > 2 else 0
    count = next(
        (number for number, cells in enumerate(filled) if cells > few or _is_somebody(rows[number])), 0
    )
    return count if count <= TITLES_MOST else next(number for number, cells in enumerate(filled) if cells)


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _is_somebody(row: Sequence[str]) -> bool:
    texts = (cell.strip() for cell in row)
    return any(EMAIL.fullmatch(text) or PHONE.fullmatch(text) for text in texts)
