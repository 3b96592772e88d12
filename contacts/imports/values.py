"""What one cell looks like: an e-mail address, a number, a postcode, a date, a title, yes or no.

Reading a value (`read_date`, `read_gender`…) and recognising a kind of value use the same rules, so that a
column which recognises itself can also be read.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from contacts.folding import fold

FIRST_YEAR = 1880

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
PHONE = re.compile(r"(?:\+|00)?[0-9(][0-9 .()/-]{7,18}[0-9]")
# 06 39 98 12 34, +33…, (0)6…, 6.39.98.12.34, or a mobile with the code of France and no sign before it: bare
# digits may as well be the number of a member.
PHONE_AS_WRITTEN = re.compile(r"[+0(].*|[0-9]+(?:[ ()/.\-]+[0-9]+){2,}|33[67][0-9]{8}")
DIGEST = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
MD5, SHA1, SHA256 = (re.compile(f"[0-9a-fA-F]{{{digits}}}") for digits in (32, 40, 64))
POSTCODE = re.compile(r"(?:[Ff]-?)?[0-9]{5}")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ]([0-9]{4})(?:[ T].*)?")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})(?:[ T].*)?")

CIVILITIES = {
    "m": ("M", "M"),
    "mr": ("M", "M"),
    "monsieur": ("M", "M"),
    "mister": ("M", "M"),
    "mme": ("Mme", "F"),
    "madame": ("Mme", "F"),
    "mrs": ("Mme", "F"),
    "ms": ("Mme", "F"),
    "miss": ("Mme", "F"),
    "mlle": ("Mme", "F"),
    "mademoiselle": ("Mme", "F"),
}
GENDERS = {
    "f": "F",
    "femme": "F",
    "feminin": "F",
    "female": "F",
    "woman": "F",
    "m": "M",
    "h": "M",
    "homme": "M",
    "masculin": "M",
    "male": "M",
    "man": "M",
}
YES = frozenset({"1", "oui", "o", "yes", "y", "true", "vrai", "x", "ok", "optin", "opt in"})
NO = frozenset({"0", "non", "n", "no", "false", "faux", "optout", "opt out"})


def looks_like_data(row: list[str]) -> bool:
    """True when a row holds an address, a number, a postcode, a date or a hash: it is no header."""
    return any(
        EMAIL.fullmatch(text) or PHONE.fullmatch(text) or DIGEST.fullmatch(text) or read_date(text)
        for text in (cell.strip() for cell in row)
    )


@lru_cache(maxsize=65_536)
def read_date(text: str, month_first: bool = False) -> date | None:
    """Read 31/12/1980, 31-12-1980, 31.12.1980, 1980-12-31 or 19801231.

    None for what is no day ("00/00/1953"). `month_first` reads the American order where both are possible.
    """
    cleaned = text.strip()
    found = _YEAR_LAST.fullmatch(cleaned)
    if found:
        first, second, year = (int(part) for part in found.groups())
        month, day = (first, second) if month_first and first <= 12 else (second, first)
    else:
        found = _YEAR_FIRST.fullmatch(cleaned)
        if not found:
            return None
        year, month, day = (int(part) for part in found.groups())
    if year < FIRST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def month_comes_first(texts: list[str]) -> bool:
    """True when dates written with slashes can only be American: some middle part is above twelve."""
    parts = [found for text in texts if (found := _YEAR_LAST.fullmatch(text.strip()))]
    return any(int(found[2]) > 12 for found in parts) and not any(int(found[1]) > 12 for found in parts)


def doubtful_day(texts: list[str]) -> str:
    """A date that could be read in two orders ("5/7/1980"), unless another decides; else empty."""
    parts = [found for text in texts if (found := _YEAR_LAST.fullmatch(text.strip()))]
    if any(int(found[1]) > 12 or int(found[2]) > 12 for found in parts):
        return ""
    return next((found[0] for found in parts if found[1] != found[2]), "")


def read_civility(text: str) -> tuple[str, str]:
    """Return (title, gender) of "Monsieur", "Mme." or "M"; empty texts when it is none."""
    return CIVILITIES.get(fold(text), ("", ""))


def read_gender(text: str) -> str:
    """Return "F", "M" or ""."""
    return GENDERS.get(fold(text), "")


def read_yes_no(text: str) -> bool | None:
    """Return what a box says, or None when it says nothing."""
    folded = fold(text)
    return True if folded in YES else False if folded in NO else None
