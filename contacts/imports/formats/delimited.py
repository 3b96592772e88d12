"""Delimited text as one of several files: its separator, encoding and header, then its rows."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from contacts.imports.encodings import FALLBACK, HEAD_BYTES
from contacts.imports.formats.tables import Table
from contacts.imports.reading import BLOCK_BYTES, Row, TableReader
from contacts.imports.sketch import Layout, sketch_file


def text_table(path: Path, *, is_whole: bool = True) -> Table:
    """Return the table of a file; raises UnreadableFile, `NoRows` when it has none.

    `is_whole`: false when the path holds only the beginning of the file.
    """
    layout = sketch_file(path).layout
    if is_whole and layout.encoding == "utf-8" and not _is_utf_8(path):
        layout = replace(layout, encoding=FALLBACK)
    return Table(header=layout.header, rows=_rows(path, layout), has_header=layout.has_header)


def _rows(path: Path, layout: Layout) -> Iterator[tuple[int, Row]]:
    reader = TableReader(path, encoding=layout.encoding, delimiter=layout.delimiter)
    rows = iter(reader)
    for _before in range(layout.skipped_lines + layout.has_header):
        next(rows, None)
    yield from reader.table_rows(layout.header)


def _is_utf_8(path: Path) -> bool:
    """True when the whole of a file that begins like UTF-8 is."""
    if path.stat().st_size <= HEAD_BYTES:
        return True
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as file:
        try:
            for block in iter(lambda: file.read(BLOCK_BYTES), b""):
                decoder.decode(block)
        except UnicodeDecodeError:
            return False
    return True
