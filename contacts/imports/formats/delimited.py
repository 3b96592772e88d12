"""Delimited text as one of several files: its separator, encoding and header, then its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from contacts.imports.encodings import HEAD_BYTES, detect_whole
from contacts.imports.file_rows import FileRows
from contacts.imports.formats.tables import DOUBTED, Table
from contacts.imports.reading import Row, WrongEncoding, text_blocks
from contacts.imports.sketch import Layout, sketch_file


def text_table(path: Path, *, is_whole: bool = True) -> Table:
    """Return the table of a file; raises UnreadableFile, `NoRows` when it has none.

    `is_whole`: false when the path holds only the beginning of the file.
    """
    layout = sketch_file(path).layout
    if is_whole and path.stat().st_size > HEAD_BYTES and not layout.is_damaged and not _reads(path, layout):
        layout = layout.with_encoding(*detect_whole(path))
    notes = [f"{DOUBTED}:{layout.doubted}"] if layout.doubted else []
    return Table(
        header=layout.header, rows=_rows(path, layout, notes), has_header=layout.has_header, notes=notes
    )


def _rows(path: Path, layout: Layout, notes: list[str]) -> Iterator[tuple[int, Row]]:
    """The rows, those of doubtful letters as they came; in the end a note says how many were filled up."""
    file = FileRows(path, layout)
    yield from file.as_they_came()
    if padded := file.told().get("padded"):
        notes.append(f"padded:{padded}")


def _reads(path: Path, layout: Layout) -> bool:
    """True when a file goes on as it began."""
    try:
        for _block in text_blocks(path, layout.encoding):
            pass
    except WrongEncoding:
        return False
    return True
