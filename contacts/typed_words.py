"""What somebody types into a search, as words; a phone number, however written, is one word."""

from __future__ import annotations

import re

from contacts.folding import fold

_NUMBER = re.compile(r"[\d\s.+()/-]{4,}")
_NUMBER_INSIDE = re.compile(r"(?<![\w.+])(?:\+|\()?\d[\d\s.()/-]{6,}\d(?!\w)")  # "Martin 06.39.98.00.01"
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")  # "+33 (0)6": dialled inside the country only
_ABROAD = re.compile(r"^\s*(?:\+|00)")
_FRENCH_WITH_ZERO = re.compile(r"^(33|262|508|590|594|596)0")  # "+33 06"

Alternatives = tuple[str, ...]


def search_terms(text: str) -> list[Alternatives]:
    """Each word typed, folded, with the other ways in which it may be kept.

    A number is kept in both forms, 33639980001 and 0639980001: "6 39 98" without its 0 may begin either.
    """
    text = text.replace("\x00", " ")
    if _NUMBER.fullmatch(text.strip()):
        number = _number(text)
        return [number] if number else []
    found = _NUMBER_INSIDE.search(text)
    if found is None:
        return [(word,) for word in fold(text).split()]
    rest = fold(f"{text[: found.start()]} {text[found.end() :]}")
    return [*((word,) for word in rest.split()), _number(found.group())]


def search_words(text: str) -> list[str]:
    """The first way of each word typed."""
    return [term[0] for term in search_terms(text)]


def _number(text: str) -> Alternatives:
    if _ABROAD.match(text):
        digits = re.sub(r"\D", "", _TRUNK_ZERO.sub("", text)).removeprefix("00")
        return (_FRENCH_WITH_ZERO.sub(r"\1", digits),) if digits else ()
    digits = re.sub(r"\D", "", text)
    if not digits:
        return ()
    return (digits,) if digits.startswith("0") else (digits, f"0{digits}")
