"""A base of people and a file that names some of them again, with the truth beside each row.

Used to measure matching: `base(…)` yields what the base holds, `rows(…)` the rows of the file. Both carry the
number of the human being they speak of: the same number is the same person, another one is another person.
The same arguments give the same people, however many rows are asked for.

Hard rows are people whom facts nearly confuse with somebody of the base, and who are somebody else:

twins        same last name, birth date, birthplace and home; their own forename, mobile and mostly e-mail
father_son   same first and last name and home, a generation apart
homonyms     same first and last name and birth date, living and born elsewhere
couples      two who share an e-mail address or a mobile number, and a home

What no fact tells apart is in no set: a father and a son share no address of their own, so that a row without
a birth date still has a number or an e-mail that differs. People who do share one are in `lookalikes`.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from contacts.invented.corruption import BASE, FILE, SEED, Entry, Writer, later
from contacts.invented.households import (
    MEMBERS_AT_MOST,
    Human,
    commune_in,
    email_of,
    forenames_of,
    home_in,
    household,
    mobile_of,
)

KNOWN = 0.5  # of the rows name somebody of the base
RELATIVES = 0.04  # are people who live with somebody of the base, and are new
TWICE = 0.02  # name again the person of an earlier row
HARD = 0.01  # of each hard set
HARD_SETS = ("twins", "father_son", "homonyms", "couples")
TWINS_SHARE_EMAIL = 0.3
# Households of people who live with nobody of the base, and numbers of the people of hard sets: apart from
# those of a base of three million people, and few enough that no two have one mobile number.
STRANGERS, OTHERS = 3_000_000, 40_000_000

HEADER = (
    "Civilité;Prénom;Nom;Nom de naissance;Date de naissance;Code commune de naissance;Email;Mobile;"
    "Téléphone fixe;Adresse;Code postal;Ville;N° adhérent"
).split(";")


@dataclass(frozen=True)
class Labelled:
    """What is written about a person, and who it is. `hard` names the hard set, "" for an ordinary row."""

    human: int
    entry: Entry
    hard: str = ""


def base(size: int, *, seed: int = SEED, departments: tuple[str, ...] = ()) -> Iterator[Labelled]:
    """Yield `size` people as the base knows them."""
    left = size
    for number in count():
        family = household(number, seed=seed, departments=departments)
        for human in family:
            if human.in_base:
                if not left:
                    return
                left -= 1
                rng = random.Random(seed * 7 + human.number)  # noqa: S311 - invented people
                yield Labelled(human.number, Writer(rng, BASE, departments).entry(human, family))


def rows(
    size: int, *, base_size: int, seed: int = SEED, departments: tuple[str, ...] = ()
) -> Iterator[Labelled]:
    """Yield `size` rows of a file about a base of `base_size` people, in no order."""
    yield from _File(seed, departments, whole_households(base_size, seed, departments)).rows(size)


def write_file(path: Path, labelled: Iterable[Labelled]) -> list[Labelled]:
    """Write the rows as a CSV file with `HEADER`; returns them, the first being line 2 of the file."""
    kept = list(labelled)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(_cells(one.entry) for one in kept)
    return kept


def _cells(entry: Entry) -> list[str]:
    return [
        *[entry.civility, entry.first_name, entry.last_name, entry.birth_name],
        f"{entry.birth_date:%d/%m/%Y}" if entry.birth_date else "",
        *[entry.birth_place_code, entry.email, entry.mobile, entry.landline],
        *[entry.street, entry.postcode, entry.city, entry.member],
    ]


def whole_households(base_size: int, seed: int, departments: tuple[str, ...]) -> int:
    """How many households lie wholly in a base of that size: every one before the last that it cuts."""
    left = base_size
    for number in count():
        left -= sum(one.in_base for one in household(number, seed=seed, departments=departments))
        if left < 0:
            return number
    raise AssertionError("unreachable")


def known_member(
    rng: random.Random, households: int, *, seed: int, departments: tuple[str, ...], in_base: bool
) -> tuple[Human, list[Human]]:
    """Draw somebody of a household of which somebody is in the base; with the household."""
    while True:
        family = household(rng.randrange(households), seed=seed, departments=departments)
        chosen = [one for one in family if one.in_base == in_base]
        if chosen and any(one.in_base for one in family):
            return rng.choice(chosen), family


class _File:
    """Draws the rows of a file, one after the other."""

    def __init__(self, seed: int, departments: tuple[str, ...], households: int) -> None:
        self._rng = random.Random(f"file{seed}")  # noqa: S311 - invented people, nothing to protect
        self._seed = seed
        self._departments = departments
        self._households = households
        self._writer = Writer(self._rng, FILE, departments)
        self._strangers = STRANGERS
        self._others = OTHERS
        self._named: list[tuple[Human, list[Human]]] = []

    def rows(self, size: int) -> Iterator[Labelled]:
        for _row in range(size):
            yield self._row()

    def _row(self) -> Labelled:
        draw = self._rng.random()
        for hard in HARD_SETS:
            draw -= HARD
            if draw < 0:
                return self._hard(hard)
        draw -= TWICE
        if draw < 0 and self._named:
            return self._labelled(*self._rng.choice(self._named))
        draw -= RELATIVES
        if draw < 0:
            return self._remembered(*self._member(in_base=False))
        draw -= KNOWN
        if draw < 0:
            return self._remembered(*self._member(in_base=True))
        self._strangers += 1
        family = household(self._strangers, seed=self._seed, departments=self._departments)
        return self._remembered(family[0], family)

    def _member(self, *, in_base: bool) -> tuple[Human, list[Human]]:
        return known_member(
            self._rng, self._households, seed=self._seed, departments=self._departments, in_base=in_base
        )

    def _remembered(self, human: Human, family: list[Human]) -> Labelled:
        self._named.append((human, family))
        return self._labelled(human, family)

    def _labelled(self, human: Human, family: list[Human], hard: str = "") -> Labelled:
        return Labelled(human.number, self._writer.entry(human, family), hard)

    def _hard(self, hard: str) -> Labelled:
        known, _family = self._member(in_base=True)
        self._others += MEMBERS_AT_MOST
        other = getattr(self, f"_{hard}")(known, self._others)
        row = self._labelled(other, [], hard)
        entry = replace(row.entry, email=self._own_email(row.entry, other))
        if hard == "homonyms":
            entry = replace(entry, birth_date=other.born, first_name=known.forenames[0])
        if hard in ("twins", "father_son", "couples"):
            entry = replace(entry, street=known.home.street, postcode=known.home.postcode)
            entry = replace(entry, city=known.home.city, code=known.home.code)
        return replace(row, entry=entry)

    def _own_email(self, entry: Entry, other: Human) -> str:
        """An address lost among the faults stays lost; one that is the family's is the person's own."""
        return other.email if entry.email == other.family_email else entry.email

    def _twins(self, known: Human, number: int) -> Human:
        forenames = known.forenames
        while forenames[0] == known.forenames[0]:
            forenames = forenames_of(self._rng, known.sex, known.born)
        twin = self._somebody(known, number, forenames=forenames, used_name="")
        shares = self._rng.random() < TWINS_SHARE_EMAIL
        return replace(twin, email=known.email) if shares else twin

    def _father_son(self, known: Human, number: int) -> Human:
        years = self._rng.randint(21, 36)
        born = later(known.born, years if known.born.year < 1970 else -years, self._rng)
        return self._somebody(known, number, born=born)

    def _homonyms(self, known: Human, number: int) -> Human:
        other = self._somebody(known, number, landline=f"0{200_000_000 + number % 80_000_000}")
        home, birth_place = known.home, known.birth_place
        while home.code == known.home.code:
            home = home_in(self._rng, self._departments)
        while birth_place == known.birth_place:
            birth_place = commune_in(self._rng, self._departments)
        return replace(other, home=home, birth_place=birth_place)

    def _couples(self, known: Human, number: int) -> Human:
        sex = "FM"["MF".index(known.sex)]
        born = later(known.born, self._rng.randint(-8, 8), self._rng)
        forenames = forenames_of(self._rng, sex, born)
        spouse = self._somebody(known, number, sex=sex, born=born, forenames=forenames)
        if self._rng.random() < 0.6:
            return replace(spouse, email=known.email)
        return replace(spouse, mobile=known.mobile)

    def _somebody(self, known: Human, number: int, **differing: object) -> Human:
        """Another person who has all of a known one but what is personal."""
        other = replace(known, number=number, mobile=mobile_of(number), **differing)  # type: ignore[arg-type]
        return replace(other, email=email_of(self._rng, number, other.forenames[0], other.last_name))
