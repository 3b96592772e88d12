"""The rows below the header of a file, read as its layout says, and what had to be mended on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from contacts.imports.reading import Row, TableReader, UnsureRow
from contacts.imports.reasons import reason
from contacts.imports.sketch import Layout


class FileRows:
    """Rows of one file, one pass. Its reader knows afterwards what was mended (`told`)."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path, self.layout = path, layout
        self.width = len(layout.header)
        self._reader = TableReader(
            path,
            encoding=layout.encoding,
            delimiter=layout.delimiter,
            # A table of ours has the bytes of a damaged file that it was made of.
            is_damaged=layout.is_damaged or layout.is_ours,
            may_pad=layout.may_pad,
        )

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        """Yield (line, values); raises UnreadableFile. `refusal` says which rows are not to be taken."""
        rows = iter(self._reader)
        for _before in range(self.layout.skipped_lines + self.layout.has_header):
            next(rows, None)
        return self._reader.table_rows(self.layout.header)

    def as_they_came(self) -> Iterator[tuple[int, Row]]:
        """Yield the same rows, with their bytes of no letter, for a table of ours that keeps them."""
        for line, row in self:
            yield line, row.as_it_came if isinstance(row, UnsureRow) else row

    def refusal(self, row: Row) -> list[str]:
        """Why a row is not taken as it is: its width, or letters that nobody knows."""
        if len(row) != self.width:
            return [reason("width", f"{len(row)}/{self.width}")]
        return [reason("bad_bytes")] if isinstance(row, UnsureRow) else []

    def told(self) -> dict[str, int]:
        """Counts of the preview, and the first line of each; nothing where nothing was mended."""
        reader = self._reader
        counts = {
            "padded": reader.padded + sum(map(int, self.layout.noted("padded"))),
            "padded_line": reader.first_padded,
            "unsure": reader.unsure,
            "unsure_line": reader.first_unsure,
        }
        return {name: number for name, number in counts.items() if number}
