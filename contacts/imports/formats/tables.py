"""What a reader gives, and the one file that the engines read: UTF-8, semicolons, a line a row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from contacts.imports.reading import Row
from contacts.imports.values import EMAIL, PHONE

ENCODING, DELIMITER = "utf-8", ";"
WRITE_ROWS = 5_000
LACKS = "lacks"
"""Note of a field that some of several files have, and others lack."""
DOUBTED = "doubted"
"""Note of an encoding that is only a guess; with the name of the file where it is one of several."""


@dataclass
class Table:
    """Rows of one file. `rows` yields (line in the file, values); `header` stands on `header_line`.

    Without `has_header` the names are ours. A row of another width than the header is left to the engine,
    which refuses it. `notes` are codes with a detail, such as "left_out:letter.pdf", for the screen.
    """

    header: Row
    rows: Iterator[tuple[int, Sequence[str]]]
    has_header: bool = True
    header_line: int = 1
    notes: list[str] = field(default_factory=list)


def write_table(path: Path, table: Table, *, most: int | None = None) -> int:
    """Write a table to a file that must not exist, at most `most` rows of it; returns how many.

    A row keeps its line: what the file has between rows (titles, blank rows) becomes blank lines.
    """
    # What a damaged text has of other encodings goes through as it is: the engine refuses the rows with it.
    with path.open("x", encoding=ENCODING, errors="surrogateescape", newline="") as file:
        path.chmod(0o600)
        writer = csv.writer(file, delimiter=DELIMITER, lineterminator="\n")
        line = written = 0
        if table.has_header:
            file.write("\n" * (table.header_line - 1))
            writer.writerow(table.header)
            line = table.header_line
        rows = islice(table.rows, most)
        while batch := list(islice(rows, WRITE_ROWS)):
            written += len(batch)
            if batch[-1][0] == line + len(batch):
                writer.writerows([row for _line, row in batch])
            else:
                for at, row in batch:
                    file.write("\n" * (at - line - 1))
                    writer.writerow(row)
                    line = at
            line = batch[-1][0]
    return written


def one_line(text: str) -> str:
    """Put a cell of several lines on one; addresses and numbers below each other become a list."""
    parts = [part for line in text.splitlines() if (part := line.strip())]
    if parts and all(EMAIL.fullmatch(part) or PHONE.fullmatch(part) for part in parts):
        return "; ".join(parts)
    return " ".join(parts)
