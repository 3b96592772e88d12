"""Address books in vCard 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350), card after card, in bounded memory.

vobject reads each line (names, parameters, values between separators); what a whole card means is ours: one
broken picture must not lose an address book. Pictures, sounds, keys, notes and employers are not taken: the
product has no use for them.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _
from vobject.base import ParseError, parseLine
from vobject.vcard import splitFields

from contacts.folding import fold
from contacts.imports.encodings import detect
from contacts.imports.errors import NoRows, UnreadableFile
from contacts.imports.formats import limits
from contacts.imports.formats.tables import Table
from contacts.imports.labels import is_not_spoken, is_of_work
from contacts.imports.people.names import split_name
from contacts.imports.reading import Row, text_blocks

# Each is a name that `columns/people_names.py` knows.
HEADER = (
    "Name Prefix|First Name|Middle Name|Last Name|Birthday|Gender|Language|E-mail|Phone"
    "|Address 1 - Street|Address 1 - Extended Address|Address 1 - City|Address 1 - Postal Code"
    "|Address 1 - Country|Address 2 - Street|Address 2 - Extended Address|Address 2 - City"
    "|Address 2 - Postal Code|Address 2 - Country|Categories"
).split("|")
BETWEEN = " ::: "
ADDRESSES = 2
NO_YEAR = "1604"  # Apple's year of birthdays without one
NO_PERSON = {"org", "group", "location", "application", "device"}

_TAKEN = frozenset(
    "N FN TEL EMAIL ADR BDAY GENDER LANG CATEGORIES KIND ORG X-ABSHOWAS X-ABLABEL"
    " X-ADDRESSBOOKSERVER-KIND".split()
)
_LINES = re.compile(r"\r\n|\n|\r")
_NAME = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)[;:]")
_YEAR_AND_MONTH = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")  # RFC 6350, 4.3.1: a date cut short
_COMPACT_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T.*)?")


@dataclass
class _Property:
    """One line of a card. `words` are its types and other parameters, in capitals.

    Lines of one `group` say something of each other: Apple writes "item1.TEL" and "item1.X-ABLabel".
    """

    name: str
    value: str
    words: set[str]
    rank: int
    group: str = ""


@dataclass
class _Card:
    """The lines of a card that are taken, unfolded."""

    line: int
    lines: list[str] = field(default_factory=list)
    characters: int = 0


def vcard_table(path: Path) -> Table:
    """Return the people of an address book; raises UnreadableFile."""
    notes: list[str] = []
    rows = _rows(path, notes)
    first = next(rows, None)
    if first is None:
        raise NoRows(_("The address book holds no person."))

    def all_rows() -> Iterator[tuple[int, Row]]:
        yield first
        yield from rows

    return Table(header=list(HEADER), rows=all_rows(), notes=notes)


def _rows(path: Path, notes: list[str]) -> Iterator[tuple[int, Row]]:
    organisations = 0
    line = 1
    for card in _cards(path):
        row = _row(card)
        if row is None:
            organisations += 1
            notes[:] = [f"organisations:{organisations}"]
            continue
        line += 1
        yield line, row


def _cards(path: Path) -> Iterator[_Card]:
    """Yield the cards of a file; a card inside a card (an assistant's) belongs to nobody."""
    depth, card = 0, _Card(0)
    for number, line in _unfolded(path):
        mark = line.strip().upper()
        if mark == "BEGIN:VCARD":
            depth += 1
            if depth == 1:
                card = _Card(number)
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


def _property(line: str) -> _Property | None:
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
    return _Property(name.upper(), value.strip(), words, rank, group or "")


def _decoded(data: bytes, charset: str) -> str:
    for name in (charset, "utf-8", "cp1252"):
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _row(card: _Card) -> Row | None:
    """The row of a card; None when it is no person's."""
    found: dict[str, list[_Property]] = {}
    for line in card.lines:
        one = _property(line)
        if one is not None and one.value:
            found.setdefault(one.name, []).append(one)
    for several in found.values():
        several.sort(key=lambda one: one.rank)
    _add_labels(found)

    def first(name: str) -> str:
        return found[name][0].value if name in found else ""

    last, given, more, prefix = (*(_plain(part) for part in splitFields(first("N"))), "", "", "", "")[:4]
    full = _plain(first("FN"))
    employer = _plain(splitFields(first("ORG"))[0]) if "ORG" in found else ""
    kind = first("KIND") or first("X-ADDRESSBOOKSERVER-KIND")  # the second is Apple's, in vCard 3.0
    is_organisation = kind.lower() in NO_PERSON or first("X-ABSHOWAS").upper() == "COMPANY"
    if is_organisation or (not last and not given and employer and fold(employer) == fold(full)):
        return None
    if not last and not given:
        given, last = split_name(full)
    phones = [_number(one.value) for one in found.get("TEL", ()) if not is_not_spoken(" ".join(one.words))]
    emails = [_plain(one.value.removeprefix("mailto:")) for one in found.get("EMAIL", ())]
    return [
        prefix, given, more, last, _birthday(first("BDAY")), _gender(first("GENDER")), first("LANG"),
        BETWEEN.join(emails), BETWEEN.join(phones), *_addresses(found.get("ADR", [])),
        BETWEEN.join(tag for one in found.get("CATEGORIES", ()) for tag in _tags(one.value)),
    ]  # fmt: skip


def _plain(value: str | list[str]) -> str:
    """A value without escapes, on one line."""
    text = " ".join(value) if isinstance(value, list) else value
    text = re.sub(r"\\[nN]", " ", text)
    return " ".join(re.sub(r"\\(.)", r"\1", text).split())


def _number(value: str) -> str:
    """A number as it is dialled: `tel:+33-6-39-98-12-34;ext=5` is +33-6-39-98-12-34."""
    return _plain(value.removeprefix("tel:").partition(";")[0])


def _birthday(value: str) -> str:
    """Day, month and year, or what is known of them beside the year; nothing where that is not known."""
    found = _COMPACT_DAY.fullmatch(value.strip()) or _YEAR_AND_MONTH.fullmatch(value.strip())
    if found is None or found[1] == NO_YEAR:
        return ""
    year, *rest = (part for part in found.groups() if part)
    return "/".join([*reversed(rest), year])


def _gender(value: str) -> str:
    return value[:1].upper() if value[:1].upper() in ("F", "M") else ""


def _add_labels(found: dict[str, list[_Property]]) -> None:
    """Add the words of labels that stand on lines of their own: "item1.X-ABLabel:_$!<WorkFAX>!$_"."""
    labels = {one.group: one.value.upper() for one in found.get("X-ABLABEL", ()) if one.group}
    for one in (*found.get("TEL", ()), *found.get("ADR", ())):
        if label := labels.get(one.group):
            one.words |= set(fold(label).upper().split())


def _addresses(found: list[_Property]) -> Row:
    """Two addresses: homes first, then those that say neither; one of work is nobody's home."""
    cells: Row = []
    homes = [one for one in found if not is_of_work(" ".join(one.words))]
    for one in sorted(homes, key=lambda one: ("HOME" not in one.words, one.rank))[:ADDRESSES]:
        parts = [_plain(part) for part in splitFields(one.value)]
        _box, extended, street, city, _region, code, country = (*parts, *[""] * 7)[:7]
        cells += [street, extended, city, code, country]
    return cells + [""] * (5 * ADDRESSES - len(cells))


def _tags(value: str) -> Iterator[str]:
    for part in re.split(r"(?<!\\),", value):
        if tag := re.sub(r"[;,|]", " ", _plain(part)):
            yield tag
