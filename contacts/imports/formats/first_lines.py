"""First lines that are known as headers: files of one delivery mostly begin alike, byte for byte."""

from __future__ import annotations

import codecs
import csv
from itertools import product

from contacts.imports.sketch import DELIMITERS

_ENCODINGS = ("utf-8-sig", "cp1252")
_NOTHING = b' \t\r\n;,|"\0'  # what a row without a filled cell is made of


class FirstLines:
    """Headers by the bytes of the line that they stand on."""

    BYTES = 8 * 1024  # a header of 27 columns has some 700, one of a broker 3,000

    def __init__(self) -> None:
        self._headers: dict[bytes, tuple[str, ...]] = {}

    def header_of(self, beginning: bytes) -> tuple[str, ...] | None:
        """Return the header of a file that begins so; None when it is unknown, or no row is seen below it."""
        line, _end, below = beginning.partition(b"\n")
        return self._headers.get(line) if below.strip(_NOTHING) else None

    def learn(self, beginning: bytes, header: tuple[str, ...]) -> None:
        """Keep the header that was found, if it is the first line: titles may stand above it."""
        line, end, _below = beginning.partition(b"\n")
        if end and len(header) > 1 and line not in self._headers and header in _readings(line):
            self._headers[line] = header


def _readings(line: bytes) -> list[tuple[str, ...]]:
    """What the cells of a line may be."""
    found = []
    for encoding, delimiter in product(_ENCODINGS, DELIMITERS):
        try:
            text = codecs.decode(line, encoding)
            found.append(tuple(next(csv.reader([text.removesuffix("\r")], delimiter=delimiter), [])))
        except (UnicodeError, csv.Error):
            continue
    return found
