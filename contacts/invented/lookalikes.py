"""Rows of a file about people who share an address or a whole name with somebody, and are somebody else.

Harder than the hard sets of `pairs`, and drawn apart from them, so that those stay what they were:

compound_father_son  "Jean" and "Jean-Pierre" of one last name and home, a generation apart, with one e-mail
                     address or one mobile number
compound_siblings    the same of two children of one family: "Marie" and "Marie-Claire"
homonyms_of_commune  one name, birth date and commune; everything else is another
couples_of_one_mail  two at one e-mail address: the other one of the couple, or both in one row
members              two rows of the file alike in everything but the sex, or the number of the member

What is known of somebody in the base may lack the fact that is shared here; the row has it always.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from contacts.invented.corruption import FILE, SEED, Entry, Writer, later
from contacts.invented.households import MEMBERS_AT_MOST, Human, commune_in, email_of, forenames_of, mobile_of
from contacts.invented.pairs import Labelled, known_member, whole_households

SETS = ("compound_father_son", "compound_siblings", "homonyms_of_commune", "couples_of_one_mail", "members")
SHARE = 0.01  # of the rows of the file they are added to, for each set
OTHERS = 60_000_000  # numbers of these people: apart from those of `pairs`
SECONDS = {"F": "Claire Anne Hélène Laure Pierre Odile".split(), "M": "Pierre Luc Marc Paul Yves".split()}
EITHER_SEX = ("Dominique", "Camille", "Claude", "Maxime", "Sacha")


def lookalikes(
    size: int, *, base_size: int, seed: int = SEED, departments: tuple[str, ...] = ()
) -> Iterator[Labelled]:
    """Yield the rows of each set that go with a file of `size` rows about a base of `base_size` people."""
    drawn = _Lookalikes(seed, departments, whole_households(base_size, seed, departments))
    for _number in range(round(size * SHARE)):
        for name in SETS:
            yield from drawn.of(name)


class _Lookalikes:
    def __init__(self, seed: int, departments: tuple[str, ...], households: int) -> None:
        self._rng = random.Random(f"lookalikes{seed}")  # noqa: S311 - invented people, nothing to protect
        self._seed = seed
        self._departments = departments
        self._households = households
        self._writer = Writer(self._rng, FILE, departments)
        self._others = OTHERS

    def of(self, name: str) -> list[Labelled]:
        """The rows about one more somebody: one, or two that are alike."""
        known, _family = known_member(
            self._rng, self._households, seed=self._seed, departments=self._departments, in_base=True
        )
        self._others += MEMBERS_AT_MOST
        entries: list[Entry] = getattr(self, f"_{name}")(known)
        return [Labelled(self._others + place, entry, name) for place, entry in enumerate(entries)]

    def _compound_father_son(self, known: Human) -> list[Entry]:
        years = self._rng.randint(21, 36)
        born = later(known.born, years if known.born.year < 1970 else -years, self._rng)
        return [self._compound(self._somebody(known, born=born), known)]

    def _compound_siblings(self, known: Human) -> list[Entry]:
        born = later(known.born, self._rng.choice((-6, -4, -2, 1, 3, 5)), self._rng)
        return [self._compound(self._somebody(known, born=born), known)]

    def _compound(self, other: Human, known: Human) -> Entry:
        """Their forename has a word more than the known one's, or less; they share a point."""
        first, hyphen, _second = known.forenames[0].partition("-")
        forename = first if hyphen else f"{first}-{self._rng.choice(SECONDS[known.sex])}"
        if self._rng.random() < 0.5:
            email, mobile = known.email, other.mobile
        else:
            email, mobile = other.email, known.mobile
        forename = forename.replace("-", " ") if self._rng.random() < FILE.hyphen_lost else forename
        return replace(self._at_home(other, known), first_name=forename, email=email, mobile=mobile)

    def _homonyms_of_commune(self, known: Human) -> list[Entry]:
        birth_place = known.birth_place
        while birth_place == known.birth_place:
            birth_place = commune_in(self._rng, ())
        other = self._somebody(known, birth_place=birth_place, landline="")
        entry = self._at_home(other, known)
        street = f"{self._rng.randint(200, 400)} rue neuve"
        return [replace(entry, birth_date=known.born, first_name=known.forenames[0], street=street)]

    def _couples_of_one_mail(self, known: Human) -> list[Entry]:
        sex = "FM"["MF".index(known.sex)]
        forename = forenames_of(self._rng, sex, known.born)[0]
        born = later(known.born, self._rng.randint(-8, 8), self._rng)
        other = self._somebody(known, sex=sex, born=born, forenames=(forename,))
        entry = replace(self._at_home(other, known), email=known.email, mobile=other.mobile)
        if self._rng.random() < 0.5:
            both = f"{known.forenames[0]} et {forename}"
            return [replace(entry, first_name=both, birth_date=None, birth_place_code="", civility="")]
        return [entry]

    def _members(self, known: Human) -> list[Entry]:
        """Two who are in the file only, each row whole: what differs is their sex, or their number."""
        other = self._somebody(known, forenames=(self._rng.choice(EITHER_SEX),))
        entry = replace(self._at_home(other, known), birth_date=None, birth_place_code="", mobile="")
        entry = replace(
            entry, first_name=other.forenames[0], last_name=f"{known.birth_name}-Lebel", birth_name=""
        )
        entry = replace(entry, email=other.email, landline="")
        number = self._others - OTHERS
        if self._rng.random() < 0.5:
            return [replace(entry, civility=civility, member="") for civility in ("M.", "Mme")]
        return [replace(entry, member=f"A{number + place}") for place in (0, 1)]

    def _at_home(self, other: Human, known: Human) -> Entry:
        """A row about somebody who lives where the known one does."""
        home = known.home
        entry = self._writer.entry(other)
        return replace(entry, street=home.street, postcode=home.postcode, city=home.city, code=home.code)

    def _somebody(self, known: Human, **differing: object) -> Human:
        """Another person of the family, with a number and an address of their own."""
        number = self._others
        other = replace(known, **{"number": number, "mobile": mobile_of(number), **differing})  # type: ignore[arg-type]
        email = email_of(self._rng, number, other.forenames[0], other.last_name)
        return replace(other, email=email)
