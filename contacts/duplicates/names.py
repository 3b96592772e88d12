"""Whether two names may be those of one person, and in what they differ."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from contacts.duplicates.forenames import FREQUENT, is_short_form

_PARTICLES = re.compile(
    r"^(?:(?:de la|de l|d|de|des|du|la|le|les|da|van der|van den|van|von|ben|el|al) )+(?=.)"
)
_SAINTS = re.compile(r"\b(st|ste)\b")
SHORTEST_WITH_A_SLIP = 4  # letters: "Rey" and "Roy" are two names
TWO_SLIPS_FROM = 9  # letters of the shorter name
PAIRS_REMEMBERED = 65_536


class Name(NamedTuple):
    """Folded parts of a name; `birth` is the birth name where it is another."""

    first: str
    last: str
    birth: str = ""


class Names(StrEnum):
    """How two names compare; the values are what `DuplicatePair.evidence["names"]` says."""

    SAME = "same"
    SHORT_FORM = "short_form"  # a short form, an initial, one of several forenames
    ALIKE = "alike"  # a slip of the fingers, or half of a double name
    PART = "part"  # one of them says less, and what it says agrees
    LAST_DIFFERS = "last_name_differs"  # marriage, or two people
    FIRST_DIFFERS = "first_name_differs"
    DIFFER = "differs"


_SAME, _SHORT, _ALIKE, _MISSING, _DIFFERS = range(5)
_LEVELS = {
    # (forename, last name)
    (_SAME, _SAME): Names.SAME,
    (_SHORT, _SAME): Names.SHORT_FORM,
    (_ALIKE, _SAME): Names.ALIKE,
    (_SAME, _ALIKE): Names.ALIKE,
    (_SHORT, _ALIKE): Names.ALIKE,
    (_ALIKE, _ALIKE): Names.ALIKE,
    (_MISSING, _SAME): Names.PART,
    (_MISSING, _ALIKE): Names.PART,
    (_SAME, _MISSING): Names.PART,
    (_SAME, _DIFFERS): Names.LAST_DIFFERS,
    (_SHORT, _DIFFERS): Names.LAST_DIFFERS,
    (_ALIKE, _DIFFERS): Names.LAST_DIFFERS,
    (_DIFFERS, _SAME): Names.FIRST_DIFFERS,
    (_DIFFERS, _ALIKE): Names.FIRST_DIFFERS,
}
_ORDER = list(Names)


def compare_names(one: Name, other: Name) -> Names:
    """Compare two names, whichever way round their columns are; the kinder answer of the two."""
    straight = _one_way(one, other)
    if straight in (Names.SAME, Names.SHORT_FORM, Names.ALIKE):
        return straight
    swapped = _one_way(Name(one.last, one.first, one.birth), other)
    return min(straight, swapped, key=_ORDER.index)


def are_two_forenames(one: Name, other: Name) -> bool:
    """True when both forenames are ones that people have, and different: no slip, no unknown short form."""
    return one.first in FREQUENT and other.first in FREQUENT and one.first != other.first


def are_one_slip_apart(one: Name, other: Name) -> bool:
    """True of "pascal" and "pascale": two forenames, or one with a letter too many."""
    return _slip(one.first, other.first)


def _one_way(one: Name, other: Name) -> Names:
    last = _last(one, other)
    first = _first(one.first, other.first)
    return _LEVELS.get((first, last), Names.DIFFER)


def _last(one: Name, other: Name) -> int:
    """Any of the names of one against any of the other's: marriage changes which is used."""
    if not one.last or not other.last:
        return _MISSING
    level = _surnames(one.last, other.last)
    if level == _DIFFERS and (one.birth or other.birth):
        others = [other.last, other.birth]
        level = min(_surnames(mine, theirs) for mine in (one.last, one.birth) for theirs in others)
    return level


@lru_cache(maxsize=PAIRS_REMEMBERED)
def _surnames(one: str, other: str) -> int:
    if not one or not other:
        return _DIFFERS
    if one == other or core(one) == core(other) or one.replace(" ", "") == other.replace(" ", ""):
        return _SAME
    if _slip(core(one), core(other)):
        return _ALIKE
    words, others = one.split(), other.split()
    if (set(words) < set(others) or set(others) < set(words)) and max(
        len(word) for word in min(words, others, key=len)
    ) >= SHORTEST_WITH_A_SLIP:
        return _ALIKE
    return _DIFFERS


@lru_cache(maxsize=PAIRS_REMEMBERED)
def _first(one: str, other: str) -> int:
    if not one or not other:
        return _MISSING
    if one == other or one.replace(" ", "") == other.replace(" ", ""):
        return _SAME
    if is_short_form(one, other):
        return _SHORT
    if one in FREQUENT and other in FREQUENT:
        return _DIFFERS
    if _slip(one, other):
        return _ALIKE
    first, second = one.split()[0], other.split()[0]
    if (first, second) != (one, other) and not (first in FREQUENT and second in FREQUENT):
        return _ALIKE if first == second or _slip(first, second) else _DIFFERS
    return _DIFFERS


@lru_cache(maxsize=PAIRS_REMEMBERED)
def core(last: str) -> str:
    """A folded last name without particles and spaces: "de la tour", "delatour" and "tour" give "tour".

    "st martin" is "saint martin", as `bare_name` in SQL has it.
    """
    if " " in last:
        last = _SAINTS.sub(lambda found: "sainte" if found[0] == "ste" else "saint", last)
        return _PARTICLES.sub("", last).replace(" ", "")
    return last[4:] if last.startswith("dela") and len(last) >= 8 else last


def _slip(one: str, other: str) -> bool:
    """True when a slip of the fingers makes one of the other: a letter more, less, other, or two swapped."""
    shorter = min(len(one), len(other))
    if shorter < SHORTEST_WITH_A_SLIP:
        return False
    allowed = 2 if shorter >= TWO_SLIPS_FROM else 1
    return bool(OSA.distance(one, other, score_cutoff=allowed) <= allowed)
