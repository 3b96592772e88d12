"""Geometry of the charts that the server draws as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640  # units of the SVG view box, whatever its size on screen
HEIGHT = 150
LABELS = 7  # at most so many labels under the columns


@dataclass(frozen=True)
class Column:
    """One column: its place and size in view-box units, and what it stands for."""

    label: str
    value: float
    x: float
    y: float
    width: float
    height: float
    shows_label: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


def columns_of(points: Sequence[tuple[str, float]]) -> list[Column]:
    """Place (label, value) pairs side by side; the highest value fills the height."""
    if not points:
        return []
    step = WIDTH / len(points)
    gap = min(step * 0.25, 6)
    top = max(max(value for _label, value in points), 1)
    every = -(-len(points) // LABELS)
    columns = []
    for index, (label, value) in enumerate(points):
        height = HEIGHT * max(value, 0) / top
        if value > 0:
            height = max(height, 2)  # something is seen where something happened
        columns.append(
            Column(
                label=str(label),
                value=value,
                x=round(index * step + gap / 2, 2),
                y=round(HEIGHT - height, 2),
                width=round(step - gap, 2),
                height=round(height, 2),
                shows_label=(len(points) - 1 - index) % every == 0,
            )
        )
    return columns
