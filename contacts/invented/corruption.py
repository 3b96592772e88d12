"""How address books spoil what is true of people: rates of each fault, and the faults themselves.

The rates and the seed were fixed before the matcher was written; `FILE` is a list that volunteers typed or a
broker sold, `BASE` what earlier and better files left behind. Rates are shares of the rows to which the fault
can happen, drawn independently.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from contacts.folding import fold
from contacts.invented.households import Home, Human, email_of, home_in

SEED = 2026

SHORT_FORMS = {
    "Catherine": "Cathy Kathy Cath", "Stéphanie": "Steph Fanny", "Christine": "Kiki Chris",
    "Nathalie": "Nath", "Sandrine": "Sandy", "Véronique": "Véro", "Patricia": "Pat Patou",
    "Isabelle": "Isa Zaza", "Brigitte": "Bri",
    "Jacqueline": "Jackie", "Françoise": "Fanfan", "Valérie": "Val", "Virginie": "Virg", "Delphine": "Del",
    "Monique": "Momo", "Josette": "Jo", "Danielle": "Dany", "Claudine": "Claudie", "Émilie": "Mimi Milie",
    "Aurélie": "Lily Aurel", "Élodie": "Elo", "Mélanie": "Mel", "Charlotte": "Cha Charlie", "Camille": "Cam",
    "Mathilde": "Mathou", "Juliette": "Juju", "Gwenaëlle": "Gwen", "Madeleine": "Mado", "Suzanne": "Suzie",
    "Marie-Christine": "Marie-Chris Marie", "Jean-Pierre": "JP Jean", "Jean-Claude": "JC Jean",
    "Jean-Luc": "JL Jean", "Philippe": "Phil", "Patrick": "Pat", "Alain": "Al", "Michel": "Mimi Mich",
    "Bernard": "Nanard", "Gérard": "Gégé", "Daniel": "Dany", "Christophe": "Chris Tof", "Stéphane": "Steph",
    "Frédéric": "Fred", "Sébastien": "Seb", "Nicolas": "Nico", "Cédric": "Ced", "Guillaume": "Guigui",
    "Alexandre": "Alex", "Maxime": "Max", "Jérémy": "Jerem", "Benjamin": "Ben", "Mathieu": "Math",
    "Florian": "Flo", "Mohamed": "Momo", "Anthony": "Antho", "Valentin": "Val", "Raphaël": "Raph",
    "Zacharie": "Zac", "Laurent": "Lolo", "Dominique": "Dom", "François": "Fanch", "Thierry": "Titi",
}  # fmt: skip
NEIGHBOURS = {
    "a": "zqe", "b": "vgn", "c": "xdv", "d": "sfe", "e": "zrd", "f": "dgr", "g": "fht", "h": "gjy",
    "i": "uok", "j": "hku", "k": "jli", "l": "kmo", "m": "lp", "n": "bh", "o": "ipl", "p": "om", "q": "asw",
    "r": "etf", "s": "qdz", "t": "ryg", "u": "yij", "v": "cbf", "w": "xs", "x": "wcs", "y": "tuh", "z": "aes",
}  # fmt: skip
PARTICLES = ("de la ", "de ", "du ", "d'", "le ", "da ", "ben ")


@dataclass(frozen=True)
class Rates:
    """Shares, 0 to 1. `…_missing` is what a row does not say; the rest is what it says wrong or otherwise."""

    first_name_typo: float
    last_name_typo: float
    swapped_names: float
    short_form: float  # of the forenames that have one
    initial_only: float  # "J." for Julie
    first_name_missing: float
    several_forenames: float  # of those who have several
    hyphen_lost: float  # of compounds: "Jean Pierre"
    particle_changed: float  # of names with one: "Delatour", "Tour"
    birth_name_instead: float  # of the women who use a spouse's name
    both_names: float  # of the same: "Martin-Dubois"
    birth_name_told: float  # of the same, in a column of its own
    capitals: float
    no_accents: float
    civility_missing: float
    birth_date_missing: float
    birth_date_wrong: float  # day and month swapped, one digit, the year before or after
    birth_place_missing: float
    email_missing: float
    email_changed: float
    email_typo: float
    email_of_family: float  # the couple's common address, or that of the other
    mobile_missing: float
    mobile_changed: float
    mobile_typo: float
    landline_missing: float
    address_missing: float
    street_missing: float  # of the rows that have an address: postcode and city only
    moved: float
    street_typo: float


FILE = Rates(
    first_name_typo=0.04, last_name_typo=0.05, swapped_names=0.03, short_form=0.06, initial_only=0.01,
    first_name_missing=0.01, several_forenames=0.06, hyphen_lost=0.3, particle_changed=0.3,
    birth_name_instead=0.2, both_names=0.06, birth_name_told=0.15, capitals=0.35, no_accents=0.3,
    civility_missing=0.3, birth_date_missing=0.5, birth_date_wrong=0.03, birth_place_missing=0.9,
    email_missing=0.1, email_changed=0.1, email_typo=0.02, email_of_family=0.04, mobile_missing=0.25,
    mobile_changed=0.08, mobile_typo=0.01, landline_missing=0.8, address_missing=0.15, street_missing=0.18,
    moved=0.12, street_typo=0.1,
)  # fmt: skip
BASE = Rates(
    first_name_typo=0.01, last_name_typo=0.01, swapped_names=0.005, short_form=0.01, initial_only=0.002,
    first_name_missing=0.002, several_forenames=0.04, hyphen_lost=0.1, particle_changed=0.1,
    birth_name_instead=0.15, both_names=0.03, birth_name_told=0.3, capitals=0.2, no_accents=0.15,
    civility_missing=0.15, birth_date_missing=0.4, birth_date_wrong=0.01, birth_place_missing=0.7,
    email_missing=0.1, email_changed=0.0, email_typo=0.005, email_of_family=0.03, mobile_missing=0.25,
    mobile_changed=0.0, mobile_typo=0.003, landline_missing=0.8, address_missing=0.1, street_missing=0.1,
    moved=0.0, street_typo=0.03,
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What a file or a base says of a person; "" and None are unknown. `faults` says what is wrong."""

    civility: str = ""
    first_name: str = ""
    last_name: str = ""
    birth_name: str = ""
    birth_date: date | None = None
    birth_place_code: str = ""
    email: str = ""
    mobile: str = ""
    landline: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    code: str = ""
    member: str = ""  # number of a member
    faults: tuple[str, ...] = ()

    @property
    def gender(self) -> str:
        return {"Mme": "F", "M.": "M"}.get(self.civility, "")


class Writer:
    """Writes people down with some rates; `family` gives the other members of a household."""

    def __init__(self, rng: random.Random, rates: Rates, departments: tuple[str, ...] = ()) -> None:
        self._rng = rng
        self._rates = rates
        self._departments = departments
        self._faults: list[str] = []

    def entry(self, human: Human, family: list[Human] | None = None) -> Entry:
        """One row about a person."""
        self._faults = []
        first, last, birth_name = self._names(human)
        home = self._home(human)
        found = Entry(
            civility="" if self._happens("civility_missing") else "Mme" if human.sex == "F" else "M.",
            first_name=first,
            last_name=last,
            birth_name=birth_name,
            birth_date=self._birth_date(human.born),
            birth_place_code="" if self._happens("birth_place_missing") else human.birth_place.code,
            email=self._email(human, family or []),
            mobile=self._mobile(human),
            landline="" if self._happens("landline_missing") else human.landline,
            street=home.street,
            postcode=home.postcode,
            city=home.city,
            code=home.code,
        )
        return replace(found, faults=tuple(sorted(set(self._faults))))

    def _happens(self, fault: str) -> bool:
        happens = self._rng.random() < getattr(self._rates, fault)
        if happens:
            self._faults.append(fault)
        return happens

    def _names(self, human: Human) -> tuple[str, str, str]:
        last, birth_name = human.last_name, ""
        if human.used_name and self._happens("birth_name_instead"):
            last = human.birth_name
        elif human.used_name and self._happens("both_names"):
            last = f"{human.birth_name}-{human.used_name}"
        elif human.used_name and self._happens("birth_name_told"):
            birth_name = human.birth_name
        first = self._first_name(human.forenames)
        if fold(last).startswith(tuple(fold(one) for one in PARTICLES)) and self._happens("particle_changed"):
            last = self._other_particle(last)
        if self._happens("last_name_typo"):
            last = typo(self._rng, last)
        if first and self._happens("swapped_names"):
            first, last = last, first
        return self._dressed(first), self._dressed(last), self._dressed(birth_name)

    def _first_name(self, forenames: tuple[str, ...]) -> str:
        first = forenames[0]
        if self._happens("first_name_missing"):
            return ""
        if first in SHORT_FORMS and self._happens("short_form"):
            return self._rng.choice(SHORT_FORMS[first].split())
        if self._happens("initial_only"):
            return f"{first[0]}."
        if len(forenames) > 1 and self._happens("several_forenames"):
            first = " ".join(forenames)
        if "-" in first and self._happens("hyphen_lost"):
            first = first.replace("-", " ")
        return typo(self._rng, first) if self._happens("first_name_typo") else first

    def _other_particle(self, last: str) -> str:
        words = last.replace("'", " ").split()
        return self._rng.choice(("".join(words).title(), words[-1], last.lower()))

    def _dressed(self, name: str) -> str:
        if self._rng.random() < self._rates.no_accents:
            name = _unaccented(name)
        return name.upper() if self._rng.random() < self._rates.capitals else name

    def _birth_date(self, born: date) -> date | None:
        if self._happens("birth_date_missing"):
            return None
        if not self._happens("birth_date_wrong"):
            return born
        if born.day <= 12 and born.day != born.month and self._rng.random() < 0.5:
            return born.replace(day=born.month, month=born.day)
        if self._rng.random() < 0.5:
            leap_day = (born.month, born.day) == (2, 29)
            year = born.year + self._rng.choice((-1, 1, -10, 10))
            return born.replace(year=year, day=28 if leap_day else born.day)
        return born.replace(day=born.day % 28 + 1)

    def _email(self, human: Human, family: list[Human]) -> str:
        if self._happens("email_missing"):
            return ""
        if self._happens("email_of_family"):
            others = [one.email for one in family if one.number != human.number]
            return self._rng.choice([human.family_email, *others])
        if self._happens("email_changed"):
            return email_of(self._rng, human.number + 500_000_000, human.forenames[0], human.last_name)
        if self._happens("email_typo"):
            local, _at, domain = human.email.partition("@")
            if self._rng.random() < 0.5:
                return f"{typo(self._rng, local)}@{domain}"
            return f"{local}@{typo(self._rng, domain.partition('.')[0])}.example"
        return human.email

    def _mobile(self, human: Human) -> str:
        if self._happens("mobile_missing"):
            return ""
        if self._happens("mobile_changed"):
            return f"07{self._rng.randint(30_000_000, 99_999_999)}"
        if self._happens("mobile_typo"):
            place = self._rng.randint(3, 9)
            digit = str((int(human.mobile[place]) + self._rng.randint(1, 9)) % 10)
            return human.mobile[:place] + digit + human.mobile[place + 1 :]
        return human.mobile

    def _home(self, human: Human) -> Home:
        if self._happens("address_missing"):
            return Home("", "", "", "")
        home = home_in(self._rng, self._departments) if self._happens("moved") else human.home
        if self._happens("street_missing"):
            return replace(home, street="")
        return replace(home, street=typo(self._rng, home.street)) if self._happens("street_typo") else home


def typo(rng: random.Random, text: str) -> str:
    """One slip of the fingers after the first letter: a letter dropped, doubled, swapped or its neighbour."""
    places = [place for place in range(1, len(text)) if text[place].isalpha()]
    if not places:
        return text
    place = rng.choice(places)
    letter = text[place]
    match rng.randrange(4):
        case 0:
            return text[:place] + text[place + 1 :]
        case 1:
            return text[:place] + letter + text[place:]
        case 2 if place + 1 < len(text) and text[place + 1] != letter:
            return text[:place] + text[place + 1] + letter + text[place + 2 :]
        case _:
            near = rng.choice(NEIGHBOURS.get(fold(letter), "e"))
            return text[:place] + near + text[place + 1 :]


def later(born: date, years: int, rng: random.Random) -> date:
    """Some years later, another day."""
    return born + timedelta(days=years * 365 + rng.randint(0, 360))


_ACCENTS = str.maketrans("éèêëïîôöûüùâàäçÉÈÊËÏÎÔÖÛÜÙÂÀÄÇ", "eeeeiioouuuaaacEEEEIIOOUUUAAAC")


def _unaccented(name: str) -> str:
    return name.translate(_ACCENTS)
