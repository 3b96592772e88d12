"""Address books in vCard 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350), card after card, in bounded memory.

`vcard_lines` reads the lines; what a whole card means is here. Pictures, sounds, keys, notes and employers
are not taken: the product has no use for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _
from vobject.vcard import splitFields

from contacts.folding import fold
from contacts.imports.errors import NoRows
from contacts.imports.formats.tables import Table
from contacts.imports.formats.vcard_lines import Card, Property, cards_of, read_line
from contacts.imports.labels import is_not_spoken, is_of_work
from contacts.imports.people.names import split_name
from contacts.imports.reading import Row

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

_YEAR_AND_MONTH = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")  # RFC 6350, 4.3.1: a date cut short
_COMPACT_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T.*)?")


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
    for card in cards_of(path):
        row = _row(card)
        if row is None:
            organisations += 1
            notes[:] = [f"organisations:{organisations}"]
            continue
        line += 1
        yield line, row


def _row(card: Card) -> Row | None:
    """The row of a card; None when it is no person's."""
    found: dict[str, list[Property]] = {}
    for line in card.lines:
        one = read_line(line)
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


def _add_labels(found: dict[str, list[Property]]) -> None:
    """Add the words of labels that stand on lines of their own: "item1.X-ABLabel:_$!<WorkFAX>!$_"."""
    labels = {one.group: one.value.upper() for one in found.get("X-ABLABEL", ()) if one.group}
    for one in (*found.get("TEL", ()), *found.get("ADR", ())):
        if label := labels.get(one.group):
            one.words |= set(fold(label).upper().split())


def _addresses(found: list[Property]) -> Row:
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
