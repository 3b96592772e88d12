"""Where people live: the communes of France by their population, and those whose roll the campaign has."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import NamedTuple

from django.db import connection

from campaign_crm.shell.demo.plan import Plan
from contacts.errors import ContactsError

ROLL_DEPARTMENT = "60"
REGISTERED_SHARE = 0.72  # of the population is on the roll
ROLL_SHARE = 0.4  # electors for each person of the base
ROLL_PEOPLE_SHARE = 0.06  # of the base lives where the rolls are: the campaign is at home there
ROLL_AT_LEAST, ROLL_COMMUNES = 40, 12

_ARRONDISSEMENT = re.compile(r" \d+(er|e) Arrondissement$")
_PLACES = """
SELECT place.id, place.code, place.name, place.postcodes, place.population, department.code
FROM contacts_territory AS place
JOIN contacts_territoryancestor AS link ON link.descendant_id = place.id
JOIN contacts_territory AS department ON department.id = link.ancestor_id AND department.kind = 'department'
WHERE place.kind IN ('commune', 'municipal_arrondissement') AND place.replaced_by_id IS NULL
  AND place.population > 0 AND place.postcodes <> '{}'
  AND NOT EXISTS (SELECT FROM contacts_territory AS part
                  WHERE part.parent_id = place.id AND part.kind = 'municipal_arrondissement')
ORDER BY place.code
"""


class Place(NamedTuple):
    """A commune or municipal arrondissement of today. `code` is INSEE's."""

    id: int
    code: str
    name: str
    postcodes: list[str]
    population: int
    department: str

    @property
    def town(self) -> str:
        """The town as addresses write it: "Paris", not its arrondissement."""
        return _ARRONDISSEMENT.sub("", self.name)

    @property
    def electors(self) -> int:
        return max(8, int(self.population * REGISTERED_SHARE))


class Places:
    """Homes to draw from, and the communes of the rolls."""

    def __init__(self, plan: Plan) -> None:
        self.all = _read()
        self.of_rolls = roll_communes(self.all, int(plan.contacts * ROLL_SHARE))
        chosen = {place.id for place in self.of_rolls}
        elsewhere = sum(place.population for place in self.all if place.id not in chosen)
        there = sum(place.population for place in self.of_rolls)
        boost = elsewhere * ROLL_PEOPLE_SHARE / (1 - ROLL_PEOPLE_SHARE) / there
        self.weights = list(
            accumulate(place.population * (boost if place.id in chosen else 1) for place in self.all)
        )


def roll_communes(places: list[Place], electors: int) -> list[Place]:
    """Whole communes of one department with about so many electors: a town, then smaller ones."""
    candidates = [place for place in places if place.department == ROLL_DEPARTMENT]
    candidates.sort(key=lambda place: (-place.population, place.code))
    left, chosen = max(electors, ROLL_AT_LEAST), []
    for place in candidates:
        if len(chosen) == ROLL_COMMUNES:
            break
        if place.electors <= left * 0.55:
            chosen.append(place)
            left -= place.electors
    return chosen or candidates[-1:]


def _read() -> list[Place]:
    with connection.cursor() as cursor:
        cursor.execute(_PLACES)
        places = [Place(*row) for row in cursor.fetchall()]
    if not places:
        raise ContactsError("The territories are not loaded. Run: python manage.py load_territories")
    return places
