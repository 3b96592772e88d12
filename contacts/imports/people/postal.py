"""Postal addresses of one row: columns of their parts, or a whole address in one cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from contacts.folding import fold
from contacts.imports.fields import ADDRESSES
from contacts.imports.labels import is_of_work
from contacts.imports.people.numbers import whole_digits
from contacts.imports.reading import Row

LINE_LIMIT, PLACE_LIMIT, POSTCODE_LIMIT, COUNTRY_LIMIT = 200, 100, 16, 60
_LIMITS = {"line1": LINE_LIMIT, "line2": LINE_LIMIT, "postcode": POSTCODE_LIMIT, "country": COUNTRY_LIMIT}

Columns = Mapping[str, Sequence[int]]
"""{field: its columns}."""
Address = dict[str, str]
"""line1, line2, locality, postcode, city, country, insee."""

# "12 rue des Lilas, 60000 Beauvais, France"
_WHOLE = re.compile(
    r"^(?P<street>.*?)[\s,]*\b(?P<postcode>[0-9]{5})\s+(?P<city>[^,]+?)(?:,\s*(?P<country>.+))?$", re.S
)
# Mailchimp puts two spaces between the parts: "12 rue des Lilas  Bât. A  Beauvais  Oise  60000  FR".
_BETWEEN_PARTS = re.compile(r"[ \u00a0]{2,}")
_POSTCODE = re.compile(r"[0-9]{5}")
_FOREIGN_POSTCODE = re.compile(r"(?=.*[0-9])[A-Za-z0-9 -]{3,10}")
_COUNTRY_CODE = re.compile(r"[A-Z]{2}")
# A number, then a word: what a street looks like among the lines of an address. "3e étage" is a floor.
_STREET = re.compile(r"[0-9]{1,4}(?: ?(?:bis|ter|quater|[a-d])\b)?[ ,]+[^\W\d_]{2}", re.I)
# What begins so belongs to the street, and is no city.
_COMPLEMENT = re.compile(
    r"[0-9].*|(?:bat|batiment|bt|res|residence|app|appt|apt|appart|appartement|etage|escalier|esc|porte|entree"
    r"|immeuble|imm|lieu dit|hameau|lot|lotissement|villa|quartier|domaine|chez|c o|bp|cs|boite|suite|floor"
    r"|flat|unit)\b.*"
)


def read_addresses(columns: Columns, row: Row) -> list[Address]:
    """The addresses that a row gives, but for those of which a label says that they are of work."""
    homes = (n for n in ADDRESSES if not is_of_work(_joined(columns, row, f"kind_{n}")))
    return [found for n in homes if (found := _address(columns, row, n))]


def _address(columns: Columns, row: Row, number: int) -> Address:
    def text(name: str) -> str:
        return _joined(columns, row, f"{name}_{number}")

    line1, line2 = _lines(columns, row, number)
    found = {
        "line1": line1,
        "line2": line2,
        "locality": text("locality"),
        "postcode": whole_digits(text("postcode")),
        "city": text("city"),
        "country": text("country"),
        "insee": text("insee_code"),
    }
    if not (found["line1"] or found["city"] or found["postcode"]):
        found |= whole_address("\n".join(row[at] for at in columns.get(f"full_address_{number}", ())))
    if not (found["line1"] or found["locality"] or found["city"] or found["postcode"]):
        return {}
    return {name: value[: _LIMITS.get(name, PLACE_LIMIT)] for name, value in found.items()}


def _lines(columns: Columns, row: Row, number: int) -> tuple[str, str]:
    """The street and the rest: suppliers write the street on any of "adresse 1" to "adresse 4"."""
    parts = (_joined(columns, row, f"{name}_{number}") for name in ("street_number", "street"))
    street = " ".join(part for part in parts if part)
    cells = (" ".join(row[at].split()) for at in columns.get(f"complement_{number}", ()))
    others = [cell for cell in cells if cell]
    if _STREET.match(street):
        return street, " ".join(others)
    first = next((cell for cell in others if _STREET.match(cell)), street or "".join(others[:1]))
    if first in others:
        others.remove(first)
    rest = [street, *others] if first != street else others
    return first, " ".join(part for part in rest if part)


def whole_address(text: str) -> Address:
    """The parts of an address in one cell, of one line or several; empty when it is none."""
    if parts := _parted(text):
        return parts
    lines = (" ".join(line.split()) for line in text.splitlines())
    whole = _WHOLE.match(", ".join(line for line in lines if line))
    if whole is None:
        return {}
    return {
        "line1": whole["street"].strip(" ,"),
        "postcode": whole["postcode"],
        "city": whole["city"].strip(),
        "country": (whole["country"] or "").strip(),
    }


def _parted(text: str) -> Address:
    """Street, complement, city, region, postcode and country, between two spaces each; any may lack.

    Of what stands between street and postcode, the first part that is no complement is the city: a region
    comes after it.
    """
    parts = [part for raw in _BETWEEN_PARTS.split(text.strip()) if (part := raw.strip(" ,\n"))]
    at = _place_of_postcode(parts)
    if at < 1 or len(parts) - at > 2:
        return {}
    street, *between = parts[:at]
    if not between and not any(letter.isdigit() for letter in street):
        street, between = "", [street]
    complements = []
    while len(between) > 1 and _COMPLEMENT.fullmatch(fold(between[0])):
        complements.append(between.pop(0))
    return {
        "line1": street,
        "line2": " ".join(complements),
        "postcode": parts[at],
        "city": between[0] if between else "",
        "country": parts[at + 1] if len(parts) > at + 1 else "",
    }


def _place_of_postcode(parts: list[str]) -> int:
    """Where the postcode stands, or -1; another country's is known by the code of the country after it."""
    for at in range(len(parts) - 1, -1, -1):
        if _POSTCODE.fullmatch(parts[at]):
            return at
    if len(parts) > 1 and _COUNTRY_CODE.fullmatch(parts[-1]) and _FOREIGN_POSTCODE.fullmatch(parts[-2]):
        return len(parts) - 2
    return -1


def _joined(columns: Columns, row: Row, key: str) -> str:
    return " ".join(text for at in columns.get(key, ()) if (text := " ".join(row[at].split())))
