"""A first look at a file: encoding, separator, header, some rows; enough to recognise it and show samples."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from contacts.folding import fold
from contacts.imports import twice
from contacts.imports.encodings import (
    FALLBACK,
    MARKED,
    OLD,
    better_encoding,
    detect,
    exact_encoding,
    is_encoded_twice,
    legible,
)
from contacts.imports.errors import NoRows, UnreadableFile
from contacts.imports.reading import Row, TableReader, text_blocks
from contacts.imports.titles import titles_above
from contacts.imports.values import looks_like_data

DELIMITERS = (";", ",", "\t", "|")
HEAD_CHARACTERS = 64 * 1024
MARKUP_CHARACTERS = 256  # enough to tell HTML or JSON from a table
ROWS_COUNTED = 50
SAMPLE_ROWS = 200
SAMPLE_CHARACTERS = 1024 * 1024  # of the rows looked at: where they are large, fewer are enough
LEAST_SHARE = 0.5  # of the first lines that must have the same number of columns
SEPARATOR_LINE = "sep="  # Excel's own first line, "sep=;"

_MAGIC = (
    (b"PK\x03\x04", "ZIP, XLSX, ODS"),
    (b"\xd0\xcf\x11\xe0", "XLS"),
    (b"\x1f\x8b", "GZ"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"7z\xbc\xaf", "7Z"),
    (b"SQLite format 3", "SQLite"),
    (b"Rar!", "RAR"),
    (b"BZh", "BZ2"),
    (b"\xfd7zXZ", "XZ"),
    (b"\x7fELF", "ELF"),
    (b"PAR1", "Parquet"),
)
_MARKUP = (
    ("<?xml", "XML"),
    ("<!doctypehtml", "HTML"),
    ("<html", "HTML"),
    ("{\\rtf", "RTF"),
    ("{", "JSON"),
    ("[{", "JSON"),
    ("[[", "JSON"),
    ("begin:vcard", "vCard"),
)


@dataclass(frozen=True)
class Layout:
    """How to read a file; kept as JSON in `Import.layout`. Holds no value of a person.

    `chosen_encoding` is set when a person chose it: it is then never changed; `chosen_delimiter` and
    `chosen_sheet` say the same of theirs. `is_damaged`: some bytes are none of the encoding. `skipped_lines`
    are rows above the header. `may_pad`: rows that lack cells at their end have empty ones. `month_first`
    reads 12/31/1980. `warnings` are codes with a detail: "encoding:cp850" (the accents look better in it),
    "titles:2" (rows above the header), "padded:5" (rows filled up while the table was made),
    "files:300" of an archive, "left_out:" and "no_rows:" and "doubted:" with a file's name
    (and "left_out_more:12").
    A file of another `form` (see `formats/`) is read at `table`, which has every row if `is_whole`; `is_ours`
    says that we wrote its text, so that encoding and separator are no question. `sheet` is the one of
    `sheets` that was taken.
    """

    encoding: str
    delimiter: str
    header: list[str]
    has_header: bool = True
    skipped_lines: int = 0
    format: str = ""
    month_first: bool = False
    chosen_encoding: bool = False
    warnings: list[str] = field(default_factory=list)
    form: str = ""
    table: str = ""
    is_ours: bool = False
    is_whole: bool = True
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    is_damaged: bool = False
    chosen_delimiter: bool = False
    chosen_sheet: bool = False
    may_pad: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Layout:
        return cls(**value)

    def with_encoding(self, encoding: str, is_damaged: bool = False) -> Layout:
        return replace(self, encoding=encoding, is_damaged=is_damaged)

    @property
    def doubted(self) -> str:
        """Another encoding that may be the right one, or the one that was guessed; "" without a doubt."""
        return next(iter(self.noted("encoding")), "")

    def noted(self, code: str) -> list[str]:
        """Details of the warnings of one kind."""
        return [text.partition(":")[2] for text in self.warnings if text.startswith(f"{code}:")]


@dataclass(frozen=True)
class Sketch:
    """A layout and the first rows below the header."""

    layout: Layout
    rows: list[Row]


def sketch_file(path: Path, *, encoding: str = "", delimiter: str = "", is_ours: bool = False) -> Sketch:
    """Look at the head of a file. What is not given is found; raises UnreadableFile.

    `is_ours`: a table that we wrote, in the encoding and with the separator given, whatever its bytes.
    """
    _refuse_other_formats(path)
    chosen, chosen_delimiter = bool(encoding), bool(delimiter)
    if is_ours:
        is_damaged = True
    else:
        encoding, is_damaged = exact_encoding(path, encoding) if chosen else detect(path)
    head = _head(path, encoding, is_damaged)
    skipped, delimiter = _separator_line(head, delimiter)
    delimiter = delimiter or find_delimiter(head)
    reader = TableReader(path, encoding=encoding, delimiter=delimiter, is_damaged=is_damaged)
    rows = _first_rows(reader, skipped=skipped)
    titles = titles_above(rows)
    rows = [row for row in rows[titles:] if any(cell.strip() for cell in row)]
    if is_damaged:
        rows = [list(map(legible, row)) for row in rows]
    if not rows:
        raise _empty()
    has_header = not looks_like_data(rows[0])
    header = rows[0] if has_header else [_("Column %(n)s") % {"n": n + 1} for n in range(len(rows[0]))]
    below = rows[1:] if has_header else rows
    if not below:
        raise NoRows(_("The file has a header and no row below it: there is nothing to import."))
    if len(header) == 1 and _is_wrapped(rows):
        raise UnreadableFile(
            _(
                "Each line stands between quotation marks as a whole: the spreadsheet that saved the file "
                "took the table for one column. Send the file as it was before, or cut its column there "
                "(“Text to columns”) and save it as “CSV UTF-8”."
            )
        )
    if len(header) == 1 and has_header and not any(looks_like_data(row) for row in below):
        raise UnreadableFile(
            _("The file is not a table: no separator was found. Save it as “CSV UTF-8” from a spreadsheet.")
        )
    doubted = "" if chosen else _doubted(path, encoding)
    layout = Layout(
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        has_header=has_header,
        skipped_lines=skipped + titles,
        chosen_encoding=chosen,
        warnings=[
            *([f"encoding:{doubted}"] if doubted else []),
            *([f"titles:{titles}"] if titles else []),
        ],
        is_damaged=is_damaged and not is_ours,
        chosen_delimiter=chosen_delimiter,
    )
    return Sketch(layout, below)


def _is_wrapped(rows: list[Row]) -> bool:
    """True when every cell of the only column is a row of the same table, in quotes."""
    if any(len(row) != 1 for row in rows):
        return False
    return any(
        min(counts) > 1 and len(counts) == 1
        for delimiter in DELIMITERS
        if (counts := {cell.count(delimiter) for (cell,) in rows})
    )


def _doubted(path: Path, encoding: str) -> str:
    """The encoding that a file may be in: one by which it reads better, or an old one, only a guess."""
    if encoding in ("utf-8", MARKED):
        return twice.ENCODING if is_encoded_twice(path) else ""
    return encoding if encoding in OLD else better_encoding(path) if encoding == FALLBACK else ""


def _first_rows(reader: TableReader, *, skipped: int) -> list[Row]:
    """The header and the rows around it, without `skipped` ones at the top: always one more, if there is."""
    rows: list[Row] = []
    characters = 0
    for _line, row in islice(reader, skipped, SAMPLE_ROWS + 1 + skipped):
        rows.append(row)
        characters += sum(map(len, row)) + len(row)
        if characters > SAMPLE_CHARACTERS and len(rows) > 1:
            break
    return rows


def find_delimiter(head: str) -> str:
    """Return the separator that cuts the first lines into the same number of columns; quoted text is one."""
    scores = {delimiter: _columns(head, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    if scores[best][0] >= LEAST_SHARE:
        return best
    return next((delimiter for delimiter in DELIMITERS if delimiter not in head), DELIMITERS[1])


def _columns(head: str, delimiter: str) -> tuple[float, int]:
    """Share of lines that have the most frequent number of columns, and that number; zero for one column."""
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    try:
        widths = Counter(len(row) for row in islice(rows, ROWS_COUNTED) if row)
    except csv.Error:
        return 0.0, 0
    width, lines = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
    return (0.0, 0) if width < 2 else (round(lines / widths.total(), 1), width)


def _head(path: Path, encoding: str, is_damaged: bool) -> str:
    text = ""
    for block in text_blocks(path, encoding, is_damaged=is_damaged):
        text = (text + block).removeprefix("\ufeff").lstrip("\r\n")
        if len(text) > MARKUP_CHARACTERS:  # a block more may hold what a longer look finds to be no UTF-8
            break
    if not text.strip():
        raise _empty()
    _refuse_markup(text)
    cut = text[:HEAD_CHARACTERS]
    return cut[: cut.rfind("\n") + 1] if len(text) > HEAD_CHARACTERS and "\n" in cut else cut


def _separator_line(head: str, delimiter: str) -> tuple[int, str]:
    first = head.partition("\n")[0].strip().strip('"').lower()
    if first.startswith(SEPARATOR_LINE) and len(first) == len(SEPARATOR_LINE) + 1:
        return 1, delimiter or first[-1]
    return 0, delimiter


def _refuse_other_formats(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(64)
    for magic, name in _MAGIC:
        if start.startswith(magic):
            raise UnreadableFile(
                _("The file is not a table but another format (%(name)s). Save it as “CSV UTF-8”.")
                % {"name": name}
            )


def _refuse_markup(text: str) -> None:
    start = "".join(text[:HEAD_CHARACTERS].split())[:64].lower()
    for beginning, name in _MARKUP:
        if start.startswith(beginning):
            raise UnreadableFile(
                _("The file is not a table but another format (%(name)s). Save it as “CSV UTF-8”.")
                % {"name": name}
            )


def _empty() -> NoRows:
    return NoRows(_("The file is empty."))


def folded_header(header: Row) -> list[str]:
    """Names of columns as they are compared: no case, no accents, no punctuation."""
    return [fold(name.removeprefix("\ufeff")) for name in header]
