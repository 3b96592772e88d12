"""Invented people who live together: couples, their children, their common landline and e-mail address.

Each household is made of its number and the seed alone, so that a base of a million people and a file that
names some of them can be made apart and agree. Mobile numbers are unlike those of the other invented people:
the range kept for fiction holds ten thousand numbers and these are a million people. They are drawn at random
and stay in the database of a test or a benchmark.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate

from contacts.folding import fold
from contacts.invented import names
from contacts.invented.places import Commune, communes

MEMBERS_AT_MOST = 8  # numbers of people a household may use: its number times this, plus their place in it
COUPLES = 0.6  # of the households
SAME_SEX = 0.04  # of the couples
USES_SPOUSES_NAME = 0.5  # of the women who live with a man
GROWN_CHILDREN = 0.3  # of the couples
IN_BASE = 0.75  # of the members: the others may come with a file, and are then new
MAIL_DOMAINS = ("mail.example", "courriel.example", "poste.example", "boite.example")
FIRST_BIRTH, LAST_BIRTH = date(1935, 1, 1), date(1990, 12, 28)
MOBILES, LANDLINES = 70_000_000, 90_000_000


@dataclass(frozen=True)
class Home:
    """Where a household lives."""

    street: str
    postcode: str
    city: str
    code: str


@dataclass(frozen=True)
class Human:
    """All that is true of one person; an address book knows some of it. `used_name` is that of a spouse."""

    number: int
    sex: str
    forenames: tuple[str, ...]
    birth_name: str
    used_name: str
    born: date
    birth_place: Commune
    home: Home
    email: str
    family_email: str
    mobile: str
    landline: str
    in_base: bool

    @property
    def last_name(self) -> str:
        return self.used_name or self.birth_name


def household(number: int, *, seed: int, departments: tuple[str, ...] = ()) -> list[Human]:
    """The members of one household, the first adult first."""
    rng = random.Random(seed * 1_000_000_007 + number)  # noqa: S311 - invented people, nothing to protect
    home = home_in(rng, departments)
    landline = f"0{100_000_000 + (number * 48_271 + seed) % LANDLINES}"
    spare = LAST_BIRTH - FIRST_BIRTH
    born = FIRST_BIRTH + timedelta(days=rng.randrange(spare.days))
    sex = rng.choice("FM")
    family = surname(rng)
    people = [(sex, family, "", born)]
    if rng.random() < COUPLES:
        people += _family(rng, sex, family, born)
        people[0] = (sex, family, _spouse_name(rng, people[0], people[1]), born)
    shared = f"famille.{_word(family)}{number}@{rng.choice(MAIL_DOMAINS)}"
    return [
        _human(rng, number * MEMBERS_AT_MOST + place, one, home, shared, landline, departments)
        for place, one in enumerate(people)
    ]


_Member = tuple[str, str, str, date]  # sex, birth name, used name, birth date


def _family(rng: random.Random, sex: str, name: str, born: date) -> list[_Member]:
    """The other adult, and the children who are old enough to vote."""
    other_sex = sex if rng.random() < SAME_SEX else "FM"["MF".index(sex)]
    age = born + timedelta(days=rng.randint(-10 * 365, 10 * 365))
    spouse: _Member = (other_sex, surname(rng), "", age)
    spouse = (spouse[0], spouse[1], _spouse_name(rng, spouse, (sex, name, "", born)), age)
    found = [spouse]
    if born.year < 1980 and rng.random() < GROWN_CHILDREN:
        given = name if sex == "M" else spouse[1]
        youngest = max(born, age)
        for _child in range(rng.choice((1, 1, 2))):
            day = youngest + timedelta(days=rng.randint(22 * 365, 38 * 365))
            if day.year <= 2007:
                found.append((rng.choice("FM"), given, "", day))
    return found


def _spouse_name(rng: random.Random, one: _Member, other: _Member) -> str:
    if one[0] == "F" and other[0] == "M" and rng.random() < USES_SPOUSES_NAME:
        return other[1] if other[1] != one[1] else ""
    return ""


def _human(
    rng: random.Random,
    number: int,
    member: _Member,
    home: Home,
    family_email: str,
    landline: str,
    departments: tuple[str, ...],
) -> Human:
    sex, birth_name, used_name, born = member
    forenames = forenames_of(rng, sex, born)
    return Human(
        number=number,
        sex=sex,
        forenames=forenames,
        birth_name=birth_name,
        used_name=used_name,
        born=born,
        birth_place=commune_in(rng, departments if rng.random() < 0.7 else ()),
        home=home,
        email=email_of(rng, number, forenames[0], used_name or birth_name),
        family_email=family_email,
        mobile=mobile_of(number),
        landline=landline,
        in_base=rng.random() < IN_BASE,
    )


def email_of(rng: random.Random, number: int, forename: str, last_name: str) -> str:
    """An address that nobody else has: two people of one name chose different figures."""
    first, last = _word(forename), _word(last_name)
    local = rng.choice((f"{first}.{last}", f"{first[0]}.{last}", f"{first}{last}", f"{last}.{first}", first))
    return f"{local}{number}@{rng.choice(MAIL_DOMAINS)}"


def mobile_of(number: int) -> str:
    """A mobile number that nobody else has, among the 07 3… to 07 9…."""
    return f"0{730_000_000 + number * 48_271 % MOBILES}"


def surname(rng: random.Random) -> str:
    """A last name as people write it; half of the people have a frequent one."""
    everything, weights = _surnames()
    return str(rng.choices(everything, cum_weights=weights)[0])


def forenames_of(rng: random.Random, sex: str, born: date) -> tuple[str, ...]:
    """One to three forenames of the generation, the first of which is used."""
    generations = names.GENERATIONS
    place = max(i for i, one in enumerate(generations) if one[0] <= born.year)
    column = 1 if sex == "F" else 2
    first = rng.choice(str(generations[place][column]).split())
    older = str(generations[max(0, place - 2)][column]).split()
    return (first, *rng.sample([name for name in older if name != first], rng.choice((0, 1, 1, 2))))


def home_in(rng: random.Random, departments: tuple[str, ...] = ()) -> Home:
    commune = commune_in(rng, departments)
    street = f"{rng.randint(1, 150)} {rng.choice(names.STREET_KINDS)} {rng.choice(names.STREET_NAMES)}"
    return Home(street.lower(), commune.postcode, commune.name, commune.code)


def commune_in(rng: random.Random, departments: tuple[str, ...]) -> Commune:
    """A commune, the larger ones more often."""
    everything, weights = _weighted(departments)
    return rng.choices(everything, cum_weights=weights)[0]


def _word(name: str) -> str:
    return fold(name).replace(" ", "-")


@lru_cache(maxsize=8)
def _weighted(departments: tuple[str, ...]) -> tuple[Sequence[Commune], list[int]]:
    found = [one for one in communes() if not departments or one.department in departments]
    return found, list(accumulate(one.electors for one in found))


@lru_cache(maxsize=1)
def _surnames() -> tuple[list[str], list[float]]:
    frequent = [name.replace("_", " ").title() for name in names.SURNAMES]
    rare = [
        (start + middle + end).title()
        for start in names.SURNAME_STARTS
        for middle in names.SURNAME_MIDDLES
        for end in names.SURNAME_ENDS
    ]
    weights = [1 / (rank + 20) for rank in range(len(frequent))]
    scale = sum(weights) / len(rare)
    return frequent + rare, list(accumulate(weights + [scale] * len(rare)))
