"""What a file is, by its first bytes: names and extensions lie."""

from __future__ import annotations

import codecs
from enum import StrEnum
from pathlib import Path

from contacts.imports.formats.address_lists import HEAD_BYTES as LIST_BYTES
from contacts.imports.formats.address_lists import is_address_list

HEAD_BYTES = 1024


class Form(StrEnum):
    """How a file is built. `TABLE` is read as it is, everything else is converted first."""

    TABLE = ""
    SPREADSHEET = "spreadsheet"
    VCARD = "vcard"
    ADDRESS_LIST = "address_list"
    ROLL_XML = "roll_xml"
    GZIP = "gzip"
    ZIP = "zip"
    FOLDER = "folder"


CONTAINERS = frozenset({Form.ZIP, Form.FOLDER})
ZIPPED = b"PK\x03\x04"  # a ZIP, or a spreadsheet: only its table of contents tells
EMPTY_ZIP = b"PK\x05\x06"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
GZIPPED = b"\x1f\x8b"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def form_of(path: Path) -> Form:
    """Return the form of a file or folder. A spreadsheet in a ZIP's clothes is a ZIP until it is opened."""
    if path.is_dir():
        return Form.FOLDER
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
        form = form_of_bytes(start)
        if form != Form.TABLE:
            return form
        start += file.read(LIST_BYTES - len(start))
    return Form.ADDRESS_LIST if is_address_list(start) else Form.TABLE


def form_of_bytes(start: bytes) -> Form:
    """Return the form of a file that begins with these bytes."""
    if start.startswith((ZIPPED, EMPTY_ZIP)):
        return Form.ZIP
    if start.startswith(OLE):
        return Form.SPREADSHEET
    if start.startswith(GZIPPED):
        return Form.GZIP
    text = _beginning(start)
    if text.startswith("begin:vcard"):
        return Form.VCARD
    if text.startswith("<") and "html" not in text:
        return Form.ROLL_XML
    return Form.TABLE


def _beginning(start: bytes) -> str:
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return start[len(mark) :].decode(encoding, errors="ignore").lstrip().lower()
    return start.replace(b"\0", b"").decode("latin-1").lstrip().lower()  # UTF-16 may lack its mark
