"""Cells of a report that are too small to be shown by themselves (law: under 10 recipients)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

SMALLEST_CELL = 10
"""Recipients; smaller cells are shown together: nobody can be found in them."""

Cell = TypeVar("Cell", str, int)


def large_cells(sizes: Mapping[Cell, int], known: Collection[Cell]) -> set[Cell]:
    """Cells that are shown by themselves; the others, and those not `known`, go together.

    If those together are fewer than `SMALLEST_CELL` still, the smallest large one joins them: they could be
    worked out from the total otherwise.
    """
    large = {cell for cell in known if sizes.get(cell, 0) >= SMALLEST_CELL}
    together = sum(number for cell, number in sizes.items() if cell not in large)
    if large and 0 < together < SMALLEST_CELL:
        large.remove(min(large, key=lambda cell: (sizes[cell], cell)))
    return large
