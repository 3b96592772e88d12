"""The lines of vCards 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350): unfolded, decoded, card after card.

vobject reads each line (names, parameters, values between separators). What cannot be read is left out: one
broken picture must not lose an address book.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _
from vobject.base import ParseError, parseLine

from contacts.imports.encodings import detect
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats import limits
from contacts.imports.reading import text_blocks

_TAKEN = frozenset(
    "N FN TEL EMAIL ADR BDAY GENDER LANG CATEGORIES KIND ORG X-ABSHOWAS X-ABLABEL"
    " X-ADDRESSBOOKSERVER-KIND".split()
)
_LINES = re.compile(r"\r\n|\n|\r")
_NAME = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)[;:]")


@dataclass
class Property:
    """One line of a card. `words` are its types and other parameters, in capitals.

    Lines of one `group` say something of each other: Apple writes "item1.TEL" and "item1.X-ABLabel".
    """

    name: str
    value: str
    words: set[str]
    rank: int
    group: str = ""


@dataclass
class Card:
    """The lines of a card that are taken, unfolded."""

    line: int
    lines: list[str] = field(default_factory=list)
    characters: int = 0


def cards_of(path: Path) -> Iterator[Card]:
    """Yield the cards of a file; a card inside a card (an assistant's) belongs to nobody."""
    depth, card = 0, Card(0)
    for number, line in _unfolded(path):
        mark = line.strip().upper()
        if mark == "BEGIN:VCARD":
            depth += 1
            if depth == 1:
                card = Card(number)
        elif mark == "END:VCARD":
            depth -= 1
            if depth == 0:
                yield card
        elif depth == 1:
            card.lines.append(line)
            card.characters += len(line)
            if card.characters > limits.CARD_CHARACTERS:
                raise UnreadableFile(
                    _("The card on line %(line)s is too long to be an address book's.") % {"line": card.line}
                )
    if depth > 0:
        raise UnreadableFile(
            _("The file is cut short: the card on line %(line)s does not end. Download or copy it again.")
            % {"line": card.line}
        )


def _unfolded(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of each logical line that is taken: folds and soft breaks are joined."""
    held, held_at, is_taken, is_soft = "", 0, False, False
    number = 0
    encoding, is_damaged = detect(path)
    for block in text_blocks(path, encoding, is_damaged=is_damaged):
        for line in _LINES.split(block.removeprefix("\ufeff").removesuffix("\n").removesuffix("\r")):
            number += 1
            if is_soft or line[:1] in (" ", "\t"):
                if is_taken:
                    held = held[:-1] + line.lstrip() if is_soft else held + line[1:]
            else:
                if held and is_taken:
                    yield held_at, held
                held, held_at, is_taken = line, number, _is_taken(line)
            is_soft = held.endswith("=") and is_taken and "QUOTED-PRINTABLE" in held.upper()
            if len(held) > limits.CARD_CHARACTERS:
                raise UnreadableFile(
                    _("The card on line %(line)s is too long to be an address book's.") % {"line": held_at}
                )
    if held and is_taken:
        yield held_at, held


def _is_taken(line: str) -> bool:
    found = _NAME.match(line)
    return found is not None and (found[1].upper() in _TAKEN or found[1].upper() in ("BEGIN", "END"))


def read_line(line: str) -> Property | None:
    """Read one line; None when it cannot be read."""
    try:
        name, parameters, value, group = parseLine(line)
    except ParseError:
        return None
    words: set[str] = set()
    known: dict[str, str] = {}
    for key, *values in parameters:
        if values:
            known[key.upper()] = values[0]
            words |= {word.strip().upper() for text in values for word in text.split(",")}
        else:
            words.add(key.upper())
    if "QUOTED-PRINTABLE" in words:
        value = _decoded(quopri.decodestring(value.encode("utf-8")), known.get("CHARSET", "utf-8"))
    ranked = known.get("PREF", "")
    rank = int(ranked) if ranked.isdecimal() else 0 if "PREF" in words else 100
    return Property(name.upper(), value.strip(), words, rank, group or "")


def _decoded(data: bytes, charset: str) -> str:
    for name in (charset, "utf-8", "cp1252"):
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")
