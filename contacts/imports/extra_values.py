"""A cell read as the kind of an extra field: a number, a day, one of its choices, yes or no.

Segments compare what is kept in `Contact.custom` by its JSON type: numbers are numbers, days ISO texts, yes
and no booleans. A text among numbers would be before or after all of them.
"""

from __future__ import annotations

import re
from typing import Any

from contacts.folding import fold
from contacts.imports.values import read_date, read_yes_no
from contacts.models import CustomField

Kind = CustomField.Kind
LARGEST = 1e12  # as far as a condition on a number goes
REASONS = {
    Kind.NUMBER: "extra_number",
    Kind.DATE: "extra_date",
    Kind.BOOLEAN: "extra_boolean",
    Kind.CHOICE: "extra_choice",
}
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_WITH_DOTS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")  # "1.234,50"


def read_extra(field: CustomField, text: str, *, month_first: bool = False) -> Any:
    """Return the value as it is kept, or None when the field cannot hold what the text says."""
    match field.kind:
        case Kind.NUMBER:
            return read_number(text)
        case Kind.DATE:
            day = read_date(text, month_first)
            return day.isoformat() if day else None
        case Kind.BOOLEAN:
            return read_yes_no(text)
        case Kind.CHOICE:
            wanted = fold(text)
            return next((choice for choice in field.choices if fold(choice) == wanted), None)
    return text.strip() or None


def read_number(text: str) -> int | float | None:
    """Read "12", "1 234,5" and "1.234,50"; None for what is no number."""
    written = _SPACES.sub("", text)
    if _WITH_DOTS.fullmatch(written):
        written = written.replace(".", "")
    if not _NUMBER.fullmatch(written):
        return None
    number = float(written.replace(",", "."))
    if abs(number) > LARGEST:
        return None
    return int(number) if number.is_integer() else number
