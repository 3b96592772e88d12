"""From the bytes of a file to the rows of a table, streamed: memory does not grow with the file."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from django.utils.translation import gettext as _

from contacts.imports.errors import UnreadableFile

BLOCK_BYTES = 1024 * 1024
LINE_LIMIT = 4 * 1024 * 1024  # characters: no row of people is that long, a binary or an unclosed quote is
FIELD_LIMIT = 256 * 1024
RAGGED_SHARE = 0.1  # above this share of rows with another number of columns, the file is no table
RAGGED_LEAST = 5

Row = list[str]


def text_blocks(path: Path, encoding: str) -> Iterator[str]:
    """Yield the text in pieces that end at a line's end; raises UnreadableFile.

    Line breaks stay as they are: inside quotes they belong to the value.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    rest = ""
    with path.open("rb") as file:
        for data in iter(lambda: file.read(BLOCK_BYTES), b""):
            text = rest + _decoded(decoder, data, encoding)
            end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            if not end and len(text) > LINE_LIMIT:
                raise UnreadableFile(_("The file has a line of several megabytes: it is not a table."))
            rest = text[end:]
            if end:
                yield text[:end]
    rest += _decoded(decoder, b"", encoding, final=True)
    if rest:
        yield rest


def _decoded(decoder: codecs.IncrementalDecoder, data: bytes, encoding: str, *, final: bool = False) -> str:
    try:
        text = decoder.decode(data, final)
    except UnicodeError as error:
        raise WrongEncoding(
            _("The file is not in the encoding %(name)s. Choose another one, or save it as “CSV UTF-8”.")
            % {"name": encoding}
        ) from error
    if "\0" in text:
        raise UnreadableFile(
            _("The file holds zero bytes: it is a binary file, not a table. Save it as “CSV UTF-8”.")
        )
    return text


class WrongEncoding(UnreadableFile):
    """Bytes that the encoding does not have: another one may read the file."""


class _Blocks:
    """The blocks of a text, and the last one read.

    Apart from the reader, which would otherwise hold itself, and with it a block of each file that was read.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._texts = text_blocks(path, encoding)
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        for block in self._texts:
            self.last = block
            yield block


class TableReader:
    """Rows of a delimited file, one pass. `line` is the number of the last line that was read."""

    def __init__(self, path: Path, *, encoding: str, delimiter: str) -> None:
        self._blocks = _Blocks(path, encoding)
        lines = chain.from_iterable(io.StringIO(block, newline="") for block in self._blocks)
        csv.field_size_limit(FIELD_LIMIT)
        self._reader = csv.reader(lines, delimiter=delimiter, strict=True)
        self.ragged = 0
        self.rows = 0
        self.first_ragged = 0

    @property
    def line(self) -> int:
        return self._reader.line_num

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        """Yield (line, values) of each row that is not blank; raises UnreadableFile."""
        reader = self._reader
        start = 0
        try:
            for row in reader:
                start = reader.line_num
                if row:
                    yield start, row
        except csv.Error as error:
            raise _not_well_formed(start + 1, error) from error

    def table_rows(self, header: Row) -> Iterator[tuple[int, Row]]:
        """Yield the rows below a header, each as wide as the header where that loses nothing.

        A row of another width is yielded as it is: the caller rejects it. Raises UnreadableFile when they are
        many, when the last row is cut short, or when the header comes again.
        """
        width = len(header)
        last_width, line = width, 0
        for line, row in self:
            self.rows += 1
            if len(row) != width:
                last_width = len(row)
                row = self._fitted(line, row, width)
            else:
                last_width = width
                if row == header:
                    raise _second_header(line)
            yield line, row
        self._check_end(last_width, width, line)

    def _fitted(self, line: int, row: Row, width: int) -> Row:
        if len(row) > width and not any(row[width:]):
            return row[:width]
        self.ragged += 1
        self.first_ragged = self.first_ragged or line
        return row

    def _check_end(self, last_width: int, width: int, line: int) -> None:
        if last_width < width and not self._blocks.last.endswith(("\n", "\r")):
            raise UnreadableFile(
                _(
                    "The file is cut short: its last line (%(line)s) has %(found)s columns of %(wanted)s. "
                    "Download or copy it again."
                )
                % {"line": line, "found": last_width, "wanted": width}
            )
        if self.ragged > max(RAGGED_LEAST, self.rows * RAGGED_SHARE):
            raise UnreadableFile(
                _(
                    "%(count)s lines do not have the %(wanted)s columns of the header (the first is line "
                    "%(line)s): the file holds two different tables, or its separator is not the one chosen."
                )
                % {"count": self.ragged, "wanted": width, "line": self.first_ragged}
            )


def _not_well_formed(line: int, error: csv.Error) -> UnreadableFile:
    if "unexpected end of data" in str(error) or "field larger" in str(error):
        return UnreadableFile(
            _(
                "A quotation mark opened on line %(line)s or after is never closed: the file is cut short or "
                "damaged. Download or copy it again."
            )
            % {"line": line}
        )
    return UnreadableFile(
        _("Line %(line)s is not well formed: a quotation mark stands inside a quoted value. Correct it.")
        % {"line": line}
    )


def _second_header(line: int) -> UnreadableFile:
    return UnreadableFile(
        _("Line %(line)s is the header again: the file holds several tables. Import them one by one.")
        % {"line": line}
    )
