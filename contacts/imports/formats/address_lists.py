"""Lists of addresses or numbers as people paste them: several a line, or with a name before each.

"a@example.org; b@example.org" is two people, not one with two addresses. A list that has one bare address a
line is a table of one column, and left to the reader of tables.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _

from contacts.imports.encodings import detect_encoding
from contacts.imports.errors import NoRows
from contacts.imports.formats.tables import Table
from contacts.imports.mailboxes import read_mailbox
from contacts.imports.reading import Row, text_blocks
from contacts.imports.values import PHONE, PHONE_AS_WRITTEN, read_date

HEAD_BYTES = 64 * 1024
LEAST_SHARE = 0.8  # of the entries that are addresses; others stand alone on their line, and are refused
# Each is a name that `columns/people_names.py` knows.
MAILBOX_HEADER, PHONE_HEADER = ["Name", "E-mail"], ["Phone"]
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# A comma inside quotes or angle brackets separates nothing.
_PIECE = re.compile(r'(?:"[^"]*"|<[^>]*>|[^",;|\t<])+')
_LINES = re.compile(r"\r\n|\n|\r")


class _Shape(NamedTuple):
    """What a list holds, and how many lines stand above it."""

    header: Row
    title_lines: int


def is_address_list(start: bytes) -> bool:
    """True when the first bytes of a file are of such a list."""
    if b"@" not in start and start.strip(b'\xef\xbb\xbf\xff\xfe\0 \r\n"')[:1] not in b"+0123456789(":
        return False
    return _shape(_text(start), is_cut=len(start) >= HEAD_BYTES) is not None


def address_list_table(path: Path) -> Table:
    """Return the table of a list: an address and its name a row, or a number a row."""
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    shape = _shape(_text(start), is_cut=len(start) >= HEAD_BYTES)
    if shape is None:
        raise NoRows(_("The file is empty."))
    return Table(header=list(shape.header), rows=_rows(path, shape))


def _rows(path: Path, shape: _Shape) -> Iterator[tuple[int, Row]]:
    """Rows by their place in the list: several stand on one line. What is no address is refused later."""
    number = 1
    for at, line in enumerate(_lines(path)):
        for entry in _entries(line) if at >= shape.title_lines else ():
            number += 1
            if shape.header == PHONE_HEADER:
                yield number, [entry]
            else:
                found = read_mailbox(entry)
                yield number, list(found) if found else ["", entry]


def _lines(path: Path) -> Iterator[str]:
    for block in text_blocks(path, detect_encoding(path)):
        yield from _LINES.split(block.removeprefix("\ufeff").removesuffix("\n").removesuffix("\r"))


def _shape(text: str, *, is_cut: bool) -> _Shape | None:
    """Say what the list at the beginning of a file is, or None when there is none."""
    lines = _LINES.split(text)
    if is_cut:
        lines = lines[:-1] or [text[: max(text.rfind(";"), text.rfind(","))]]
    rows = [list(_entries(line)) for line in lines]
    title_lines = 1 if len(rows) > 1 and len(rows[0]) < 2 and not any(map(_is_point, rows[0])) else 0
    rows = [row for row in rows[title_lines:] if row]
    entries = [entry for row in rows for entry in row]
    if not entries:
        return None
    are_several = any(len(row) > 1 for row in rows)
    mailboxes = [found for entry in entries if (found := read_mailbox(entry))]
    strays = [row for row in rows if any(read_mailbox(entry) is None for entry in row)]
    are_addresses = len(mailboxes) >= LEAST_SHARE * len(entries) and all(len(row) == 1 for row in strays)
    if are_addresses and (are_several or any("<" in entry for entry in entries)):
        return _Shape(MAILBOX_HEADER, title_lines)
    return _Shape(PHONE_HEADER, title_lines) if are_several and all(map(_is_phone, entries)) else None


def _entries(line: str) -> Iterator[str]:
    """What stands between separators; "Martin, Léa <lea@example.org>" without quotes is one entry."""
    held: list[str] = []
    for piece in (found.strip() for found in _PIECE.findall(line)):
        if not piece:
            continue
        if "<" in piece:
            yield ", ".join([*held, piece])
            held = []
        elif "@" in piece or any(letter.isdigit() for letter in piece):
            yield from held
            held = []
            yield piece
        else:
            held.append(piece)
    yield from held


def _is_point(entry: str) -> bool:
    return read_mailbox(entry) is not None or _is_phone(entry)


def _is_phone(entry: str) -> bool:
    return bool(PHONE.fullmatch(entry) and PHONE_AS_WRITTEN.fullmatch(entry)) and not read_date(entry)


def _text(start: bytes) -> str:
    """The text for what matters here: separators and addresses, of the same bytes in most encodings."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return start[len(mark) :].decode(encoding, errors="ignore")
    return start.replace(b"\0", b"").decode("latin-1")
