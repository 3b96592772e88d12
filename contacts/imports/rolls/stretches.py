"""A text file cut at ends of lines, so that several lanes read it side by side.

A cut inside quotes, where a line does not end a row, leaves both stretches with a quote that is never closed:
whoever reads them as rows is told. A line or a row without end is told before: PostgreSQL would hold it in
memory whole.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import IO, NamedTuple

from contacts.imports.reading import LINE_LIMIT

WORTH_CUTTING = 4 * 1024 * 1024  # bytes; a smaller file is read before a second lane has begun
BLOCK = 1024 * 1024


class Endless(Exception):
    """A line goes on for megabytes, or a row over lines: PostgreSQL might not come to its end."""


class Stretch(NamedTuple):
    """Bytes `first_byte` to `last_byte - 1` of a file: `lines` lines, the first of them `first_line`."""

    number: int
    first_byte: int
    last_byte: int
    first_line: int
    lines: int


def cut(path: Path, *, most: int) -> list[Stretch]:
    """Return the stretches of a file, `most` of them if it is worth it, about as long as each other.

    Raises Endless.
    """
    size = path.stat().st_size
    count = max(1, min(most, size // WORTH_CUTTING))
    stretches: list[Stretch] = []
    with path.open("rb", buffering=0) as file:
        edges = [0, *(_end_of_line(file, size * number // count) for number in range(1, count)), size]
        first_line = 1
        for first, last in pairwise(edges):
            if last > first or not stretches:
                lines = _count_lines(file, first, last)
                stretches.append(Stretch(len(stretches), first, last, first_line, lines))
                first_line += lines
    return stretches


def _end_of_line(file: IO[bytes], position: int) -> int:
    """Position after the first line break at `position` or later; the end of the file when there is none."""
    file.seek(position)
    while block := file.read(BLOCK):
        found = block.find(b"\n")
        if found >= 0:
            return position + found + 1
        position += len(block)
    return position


def _count_lines(file: IO[bytes], first: int, last: int) -> int:
    """Lines in a stretch; the last of a file may lack its break."""
    file.seek(first)
    count, left, ending = 0, last - first, b"\n"
    without_end, quotes = 0, 0
    while left and (block := file.read(min(BLOCK, left))):
        lines, end = block.count(b"\n"), block.rfind(b"\n") + 1
        quotes += block.count(b'"', 0, end)
        without_end = 0 if lines else without_end + len(block)
        if without_end > LINE_LIMIT or (lines and len(block) == BLOCK and quotes % 2):
            raise Endless  # the last line break of the block stands inside quotes: it ends no row
        quotes += block.count(b'"', end)
        count += lines
        ending = block[-1:]
        left -= len(block)
    return count + (ending != b"\n")
