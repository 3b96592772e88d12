"""From the bytes of a file to the rows of a table, streamed: memory does not grow with the file."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from contacts.imports.encodings import ESCAPED, legible
from contacts.imports.errors import UnreadableFile
from contacts.imports.values import EMAIL, PHONE

BLOCK_BYTES = 1024 * 1024
LINE_LIMIT = 4 * 1024 * 1024  # characters between two line breaks: a picture in a vCard may be that long
ROW_LIMIT = 1024 * 1024  # characters of a row: no person has that many, a binary or a wrong quote does
FIELD_LIMIT = 256 * 1024
COLUMNS_LIMIT = 16_384  # as many as the widest spreadsheet has
RAGGED_SHARE = 0.1  # above this share of rows with another number of columns, the file is no table
RAGGED_LEAST = 5
SUSPECT_BLOCKS = 4  # how long a byte of no letter is looked for: a row may lie in two blocks, and two wait

Row = list[str]


class UnsureRow(list[str]):
    """A row with bytes that the file's encoding does not have, its cells as Windows would show them.

    Nobody knows what these letters are: the row is told back, to be corrected, and not imported.
    """

    def __init__(self, as_it_came: Row) -> None:
        super().__init__(map(legible, as_it_came))
        self.as_it_came = as_it_came


def text_blocks(path: Path, encoding: str, *, is_damaged: bool = False) -> Iterator[str]:
    """Yield the text in pieces that end at a line's end; raises UnreadableFile.

    Line breaks stay as they are: inside quotes they belong to the value. `is_damaged`: bytes that the
    encoding does not have become `encodings.ESCAPED`, instead of a refusal of the file.
    """
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape" if is_damaged else "strict")
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


class ShortRows(UnreadableFile):
    """`count` rows, more than a few, lack their last cells: somebody must say that these are empty."""

    def __init__(self, message: str, *, count: int) -> None:
        super().__init__(message)
        self.count = count


class _EndlessRow(Exception):
    """A row goes on for more characters than any row has."""


class _Lines:
    """The lines of a text, the last block of them, and the characters since the last row; `suspect` while a
    row at hand may hold bytes of no letter.

    A row may have many lines, each short and each of its quotes closed: only their sum tells that it has no
    end. Apart from the reader, which would otherwise hold itself, and with it a block of each file that was
    read.
    """

    def __init__(self, path: Path, encoding: str, is_damaged: bool) -> None:
        self._texts = text_blocks(path, encoding, is_damaged=is_damaged)
        self._is_damaged = is_damaged
        self.last = ""
        self.held = 0
        self.suspect = 0

    def __iter__(self) -> Iterator[str]:
        for block in self._texts:
            self.last = block
            if self._is_damaged and not block.isascii() and ESCAPED.search(block):
                self.suspect = SUSPECT_BLOCKS
            self.suspect = max(0, self.suspect - 1)
            for line in io.StringIO(block, newline=""):
                self.held += len(line)
                if self.held > ROW_LIMIT:
                    raise _EndlessRow
                yield line


class TableReader:
    """Rows of a delimited file, one pass. `line` is the number of the last line that was read.

    `padded` rows lacked their last cells, `ragged` ones have another width and are left to the caller
    (`halves` among them: two next to each other have the cells of one row that a line break cut),
    `unsure` ones hold bytes of no letter (only where the file `is_damaged`). `may_pad`: however many rows
    lack cells, these are empty, somebody said so.
    """

    def __init__(
        self, path: Path, *, encoding: str, delimiter: str, is_damaged: bool = False, may_pad: bool = False
    ) -> None:
        self._lines = _Lines(path, encoding, is_damaged)
        self._may_pad = may_pad
        csv.field_size_limit(FIELD_LIMIT)
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        self.ragged = self.padded = self.halves = self.unsure = self.rows = 0
        self.first_ragged = self.first_padded = self.first_unsure = 0

    @property
    def line(self) -> int:
        return self._reader.line_num

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        """Yield (line, values) of each row that is not blank; raises UnreadableFile."""
        reader, lines = self._reader, self._lines
        start = 0
        try:
            for row in reader:
                lines.held = 0
                if len(row) > COLUMNS_LIMIT:
                    raise _too_wide(start + 1)
                start = reader.line_num
                if row:
                    yield start, row
        except _EndlessRow as error:
            raise _endless(start + 1) from error
        except csv.Error as error:
            raise _not_well_formed(start + 1, error) from error

    def table_rows(self, header: Row) -> Iterator[tuple[int, Row]]:
        """Yield the rows below a header, each as wide as the header where that loses nothing.

        Rows without a filled cell are left out. A row of another width is yielded as it is: the caller
        rejects it, and an `UnsureRow` too. Raises UnreadableFile when those of another width are many, when
        the last row is cut short, or when the header comes again; ShortRows when many lack cells and nobody
        said why.
        """
        width = len(header)
        last_width, line = width, 0
        before: Row = []  # a row too short just before the one that is held
        held: tuple[int, Row] | None = None  # a row too short, of which the next one may be the rest
        for line, row in self:
            last_width = len(row)
            if not any(row):
                continue
            self.rows += 1
            if held is not None:
                yield self._short(*held, width, before, row)
                before, held = held[1], None
            if last_width < width:
                held = line, row
                continue
            before = []
            if last_width == width and row == header:
                raise _second_header(line)
            yield self._of_its_width(line, row, width)
        if held is not None:
            yield self._short(*held, width, before, [])
        self._check_end(last_width, width, line)

    def _short(self, line: int, row: Row, width: int, before: Row, after: Row) -> tuple[int, Row]:
        """Fill a row that lacks its last cells, as Excel leaves them out where nothing is in them."""
        around = [other for other in (before, after) if other and len(other) < width]
        if _is_rest(row) or any(map(_is_rest, around)):
            return self._of_its_width(line, row, width)
        halves = [other for other in around if len(other) + len(row) == width + 1]
        if halves:
            self.halves += 1
            if not self._may_pad or any(len(other) != len(row) for other in halves):
                return self._of_its_width(line, row, width)
        self.padded += 1
        self.first_padded = self.first_padded or line
        return self._of_its_width(line, row + [""] * (width - len(row)), width)

    def _of_its_width(self, line: int, row: Row, width: int) -> tuple[int, Row]:
        if len(row) > width and not any(row[width:]):
            row = row[:width]
        if len(row) != width:
            self.ragged += 1
            self.first_ragged = self.first_ragged or line
        if self._lines.suspect and any(map(ESCAPED.search, row)):
            self.unsure += 1
            self.first_unsure = self.first_unsure or line
            row = UnsureRow(row)
        return line, row

    def _check_end(self, last_width: int, width: int, line: int) -> None:
        if last_width < width and not self._lines.last.endswith(("\n", "\r")):
            raise UnreadableFile(
                _(
                    "The file is cut short: its last line (%(line)s) has %(found)s columns of %(wanted)s. "
                    "Download or copy it again."
                )
                % {"line": line, "found": last_width, "wanted": width}
            )
        most = max(RAGGED_LEAST, self.rows * RAGGED_SHARE)
        lacking = self.padded + self.halves
        if not self._may_pad and lacking > most and self.ragged - self.halves <= most:
            raise ShortRows(
                _(
                    "%(count)s lines have fewer cells than the %(wanted)s columns of the header (the first "
                    "is line %(line)s). If a spreadsheet left out the empty cells at their end, take them as "
                    "empty (“Take the missing cells as empty”, or --fill-short-rows); else the file holds "
                    "two different tables."
                )
                % {"count": lacking, "wanted": width, "line": self.first_padded or self.first_ragged},
                count=lacking,
            )
        if self.ragged > most:
            raise UnreadableFile(
                _(
                    "%(count)s lines do not have the %(wanted)s columns of the header (the first is line "
                    "%(line)s): the file holds two different tables, or its separator is not the one chosen."
                )
                % {"count": self.ragged, "wanted": width, "line": self.first_ragged}
            )


def _is_rest(row: Row) -> bool:
    """True for a single cell that is nobody's address or number: what stood between two line breaks."""
    return len(row) == 1 and not (EMAIL.fullmatch(row[0].strip()) or PHONE.fullmatch(row[0].strip()))


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


def _endless(line: int) -> UnreadableFile:
    return UnreadableFile(
        _(
            "The row that begins on line %(line)s is longer than a megabyte: a quotation mark is missing "
            "there, or the file is not a table."
        )
        % {"line": line}
    )


def _too_wide(line: int) -> UnreadableFile:
    return UnreadableFile(
        _("The row that begins on line %(line)s has more than %(limit)s columns: the file is not a table.")
        % {"line": line, "limit": COLUMNS_LIMIT}
    )


def _second_header(line: int) -> UnreadableFile:
    return UnreadableFile(
        _("Line %(line)s is the header again: the file holds several tables. Import them one by one.")
        % {"line": line}
    )
