"""Phone numbers and e-mail addresses of a file: the common French shapes at once, the rest by the library."""

from __future__ import annotations

import re
from functools import lru_cache

from contacts.imports.values import EMAIL, PHONE
from contacts.models.contact_points import PhoneLine
from contacts.services.addresses import InvalidAddress, Phone, normalise_email, normalise_phone

# Several values in one cell: Google joins them with " ::: ", people with semicolons, commas or line breaks.
_BETWEEN = re.compile(r"\s*(?::::|[;,|\n])\s*")
_OR = re.compile(r"\s+(?:/|ou|et|or|and)\s+", re.IGNORECASE)
_NOISE = re.compile(r"[\s.\-\u00a0\u202f()]+")
_PREFIX = re.compile(r"^(?:\+33|0033)0?")
# Nine digits after the 0 that the numbering plan gives to mainland France, and to nobody overseas; 6 39 98
# is the range kept for fiction.
_MOBILE = re.compile(r"(?:6(?:[0-24-8][0-9]|3[0-8])|7[3-9][0-9])[0-9]{6}|63998[0-9]{4}")
_FIXED = re.compile(r"(?:[13][0-9]|2[0-57-9]|4[1-9]|5[0-8])[0-9]{7}")
# What a spreadsheet makes of a column of digits: "639981234.0", "6,39981234E+08" where it kept every digit.
_DECIMAL = re.compile(r"(\+?[1-9][0-9]{3,14})[.,]0")
_POWER = re.compile(r"([0-9])[.,]([0-9]+)[eE]\+?([0-9]{1,2})")
CACHED = 65_536


def values_of(cell: str) -> list[str]:
    """Return the values of a cell, in order, without empty ones."""
    return [value for value in _BETWEEN.split(cell.strip()) if value]


def whole_digits(text: str) -> str:
    """Digits that a spreadsheet took for a number, without what it added; any other text as it is."""
    if found := _DECIMAL.fullmatch(text):
        return found[1]
    found = _POWER.fullmatch(text)
    return found[1] + found[2] if found and len(found[2]) == int(found[3]) else text


def points_of(cell: str) -> list[str]:
    """Return the numbers or addresses of a cell: people write "06 … / 03 …" and "06 … ou 03 …" too."""
    return [point for value in values_of(whole_digits(cell.strip())) for point in _points(value)]


def _points(value: str) -> list[str]:
    parts = _OR.split(value)
    return parts if all(EMAIL.fullmatch(part) or PHONE.fullmatch(part) for part in parts) else [value]


@lru_cache(maxsize=CACHED)
def read_phone(text: str) -> Phone | None:
    """Return the number in E.164 form and its kind of line, or None when it is none."""
    text = whole_digits(text)
    digits = _NOISE.sub("", text)
    national = _PREFIX.sub("0", digits)
    if len(national) == 10 and national[0] == "0" and national.isascii() and national.isdecimal():
        if _MOBILE.fullmatch(national, 1):
            return Phone(f"+33{national[1:]}", PhoneLine.MOBILE)
        if _FIXED.fullmatch(national, 1):
            return Phone(f"+33{national[1:]}", PhoneLine.FIXED)
    if len(digits) == 9 and digits.isascii() and digits.isdecimal() and digits[0] in "67":
        text = f"0{digits}"  # a spreadsheet took the 0 away
    try:
        return normalise_phone(text)
    except InvalidAddress:
        return None


@lru_cache(maxsize=CACHED)
def read_email(text: str) -> str | None:
    """Return the address as it is compared, or None when it is none."""
    try:
        return normalise_email(text)
    except InvalidAddress:
        return None
