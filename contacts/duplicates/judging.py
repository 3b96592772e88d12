"""How probable it is that two people are one, and the evidence for and against it.

Fellegi and Sunter's way (A Theory for Record Linkage, 1969): each fact that agrees or differs weighs the
logarithm, to base 2, of how much more often it does so for one person than for two strangers. The weights are
rounded orders of magnitude for a base of a million people, not fitted to a sample: an address that strangers
share once in a million weighs 20 bits, a day of birth 14, a commune 5. How rare a name is, is counted in the
base. Facts that people of one family share say little about which of them is meant, and never outweigh
another forename.
"""

from __future__ import annotations

import math
from datetime import date
from typing import NamedTuple

from rapidfuzz.distance import OSA

from contacts.duplicates.facts import Facts
from contacts.duplicates.names import Names, are_one_slip_apart, are_two_forenames, compare_names

Evidence = dict[str, str]
SAME, ALIKE, DIFFERS = "same", "alike", "differs"
GENERATION = "generation"  # birth dates a generation apart: a parent and a child

MILLION = 1_000_000  # the base that the weights are for; a smaller one is judged as this
PRIOR = -21.0  # half of the people asked for are in it
NAMES = {
    Names.SAME: 19.5,  # less the logarithm of how many have it
    Names.SHORT_FORM: 14.0,
    Names.ALIKE: 14.0,
    Names.PART: 3.0,
    Names.LAST_DIFFERS: 1.0,
    Names.FIRST_DIFFERS: 2.0,
    Names.DIFFER: -8.0,
}
WEIGHTS = {
    ("email", SAME): 20.0, ("email", ALIKE): 8.0, ("email", DIFFERS): -1.5,
    ("mobile", SAME): 19.0, ("mobile", ALIKE): 8.0, ("mobile", DIFFERS): -2.5,
    ("phone", SAME): 12.0,
    ("birth_date", SAME): 14.0, ("birth_date", ALIKE): 6.0, ("birth_date", DIFFERS): -5.0,
    ("birth_date", GENERATION): -12.0,
    ("birth_year", SAME): 5.0, ("birth_year", DIFFERS): -4.0, ("birth_year", GENERATION): -12.0,
    ("address", SAME): 11.0, ("commune", SAME): 5.0, ("commune", DIFFERS): -2.5,
    ("gender", SAME): 1.0, ("gender", DIFFERS): -7.0,
    ("birthplace", SAME): 6.0, ("birthplace", DIFFERS): -6.0,
}  # fmt: skip
LEAST_SCORE = 0.12
GENERATION_YEARS = 15
MOST_BITS = 40.0


class Judgement(NamedTuple):
    """A pair worth a look: its probability, and which facts agree or not."""

    score: float
    evidence: Evidence


def judge(one: Facts, other: Facts, namesakes: int = 1, people: int = MILLION) -> Judgement | None:
    """Judge a pair; None when it is not worth anybody's time.

    `namesakes` have the name of the first, of the `people` of the base: the more there are, the likelier is
    somebody who agrees by chance, and the rarer is a name that so few of them have.
    """
    names = compare_names(one.name, other.name)
    if names is Names.DIFFER:
        return None
    evidence = compare_facts(one, other)
    evidence["names"] = names.value
    if _is_ruled_out(names, evidence, one, other):
        return None
    larger = math.log2(max(people / MILLION, 1))
    bits = PRIOR - larger + NAMES[names]
    if names is Names.SAME:
        bits += larger - math.log2(max(namesakes, 1))
    bits += sum(WEIGHTS.get((fact, says), 0.0) for fact, says in evidence.items())
    score = 1 / (1 + 2 ** -max(-MOST_BITS, min(MOST_BITS, bits)))
    return Judgement(round(score, 4), evidence) if score >= LEAST_SCORE else None


def compare_facts(one: Facts, other: Facts) -> Evidence:
    """What two people have in common and in what they differ; what one of them does not say is left out."""
    evidence: Evidence = {}
    if one.emails and other.emails:
        evidence["email"] = _emails(one.emails, other.emails)
    if one.mobiles and other.mobiles:
        evidence["mobile"] = _numbers(one.mobiles, other.mobiles)
    if one.others and other.others and not set(one.others).isdisjoint(other.others):
        evidence["phone"] = SAME
    if one.born is not None and other.born is not None:
        evidence["birth_date"] = _dates(one.born, other.born)
    elif one.year is not None and other.year is not None:
        evidence["birth_year"] = _years(one.year, other.year)
    if one.homes and other.homes and _share_a_home(one.homes, other.homes):
        evidence["address"] = SAME
    elif one.commune is not None and other.commune is not None:
        evidence["commune"] = SAME if one.commune == other.commune else DIFFERS
    if one.gender and other.gender:
        evidence["gender"] = SAME if one.gender == other.gender else DIFFERS
    if one.birthplace is not None and other.birthplace is not None:
        evidence["birthplace"] = SAME if one.birthplace == other.birthplace else DIFFERS
    return evidence


def _is_ruled_out(names: Names, evidence: Evidence, one: Facts, other: Facts) -> bool:
    """Couples, twins, a parent and a child of one name, homonyms: alike, and certainly or probably two."""
    personal = [evidence.get("email") == SAME, evidence.get("mobile") == SAME]
    if names is Names.FIRST_DIFFERS:
        if evidence.get("gender") == DIFFERS:
            return True
        if are_two_forenames(one.name, other.name):
            return not (all(personal) and are_one_slip_apart(one.name, other.name))
        return not (all(personal) or (any(personal) and evidence.get("birth_date") == SAME))
    if names is Names.LAST_DIFFERS:
        return "M" in (one.gender, other.gender) and not all(personal)
    if GENERATION in (evidence.get("birth_date"), evidence.get("birth_year")):
        return not all(personal)
    return evidence.get("birthplace") == DIFFERS and not any(personal)


def _emails(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    if not set(one).isdisjoint(other):
        return SAME
    return ALIKE if any(_is_slip(mine, theirs) for mine in one for theirs in other) else DIFFERS


def _is_slip(one: str, other: str) -> bool:
    """The same before the @, with figures that a namesake would not have chosen, or one letter apart."""
    if abs(len(one) - len(other)) <= 1 and OSA.distance(one, other, score_cutoff=1) <= 1:
        return True
    local, _at, _domain = one.partition("@")
    return other.startswith(f"{local}@") and any(character.isdigit() for character in local)


def _numbers(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    if not set(one).isdisjoint(other):
        return SAME
    return (
        ALIKE
        if any(OSA.distance(mine, theirs, score_cutoff=1) <= 1 for mine in one for theirs in other)
        else DIFFERS
    )


def _dates(one: date, other: date) -> str:
    """Alike: day and month swapped, or one of day, month and year differs by a slip."""
    if one == other:
        return SAME
    if one.year == other.year and (one.day, one.month) == (other.month, other.day):
        return ALIKE
    same = (one.day == other.day) + (one.month == other.month) + (one.year == other.year)
    if same == 2 and (one.year == other.year or abs(one.year - other.year) in (1, 10)):
        return ALIKE
    return _years(one.year, other.year) if one.year != other.year else DIFFERS


def _years(one: int, other: int) -> str:
    """Of years alone; a slip of one is no other person, but nothing in common either."""
    if one == other:
        return SAME
    return GENERATION if abs(one - other) >= GENERATION_YEARS else DIFFERS


def _share_a_home(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if not set(one).isdisjoint(other):
        return True
    return any(
        mine[-12:] == theirs[-12:]
        and mine.split(" ", 1)[0] == theirs.split(" ", 1)[0]
        and OSA.distance(mine, theirs, score_cutoff=2) <= 2
        for mine in one
        for theirs in other
    )
