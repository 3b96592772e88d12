"""Invented people with addresses and numbers, some of them electors of an invented roll."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from contacts.folding import fold
from contacts.invented.rolls import COLUMNS, roll_lines

DOMAINS = ("example.org", "example.com", "example.net")


@dataclass(frozen=True)
class Person:
    """One person as an address book could know them; `born` is dd/mm/yyyy."""

    civility: str
    first_name: str
    last_name: str
    born: str
    birth_place: str
    email: str
    mobile: str
    street: str
    postcode: str
    city: str

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def people(rows: int, *, seed: int, departments: Iterable[str] = ()) -> Iterator[Person]:
    """Yield people who are electors of the roll of the same seed and departments: every third line of it.

    Odd lines (no forename, no real date) are left out.
    """
    rng = random.Random(f"people{seed}")  # noqa: S311 - invented people, nothing to protect
    lines = roll_lines(rows=rows * 3, seed=seed, departments=departments)
    reader = csv.DictReader(lines, fieldnames=COLUMNS, delimiter=";")
    for number, row in enumerate(islice(reader, 0, None, 3)):
        if row["prénoms"] and row["date de naissance"][:2] != "00" and "/" in row["date de naissance"]:
            yield _person(rng, number, row)


def _person(rng: random.Random, number: int, row: dict[str, str]) -> Person:
    first = row["prénoms"].split(" ")[0]
    last = row["nom d'usage"] or row["nom de naissance"]
    name = f"{fold(first)}.{fold(last)}".replace(" ", "-")
    return Person(
        civility="Mme" if row["sexe"] == "F" else "M.",
        first_name=first,
        last_name=last.title(),
        born=row["date de naissance"],
        birth_place=row["libellé commune de naissance"],
        email=f"{name}{number}@{rng.choice(DOMAINS)}",
        mobile=f"06 39 98 {number // 100 % 100:02d} {number % 100:02d}",
        street=f"{row['numéro de voie']} {row['libellé de voie']}",
        postcode=row["code postal"],
        city=row["commune"],
    )


def without(person: Person, *fields: str) -> Person:
    """The same person with some facts unknown."""
    return replace(person, **dict.fromkeys(fields, ""))
