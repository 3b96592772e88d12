"""Where invented electors live: real communes, invented stations, cantons and constituencies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from contacts.territories.reference import read_reference

ELECTORS_PER_STATION = 900
ELECTORS_PER_CONSTITUENCY = 85_000
COMMUNES_PER_CANTON = 30
SPLIT_ABOVE = 25_000  # electors: a larger commune is cut between two cantons, as real ones are
REGISTERED_SHARE = 0.72  # of the population


@dataclass(frozen=True)
class Commune:
    """One commune of today with the electors it can have."""

    code: str
    name: str
    postcode: str
    department: str
    electors: int
    canton: int
    constituency: int

    @property
    def label(self) -> str:
        """The name as rolls print it."""
        return self.name.upper()


@lru_cache(maxsize=1)
def communes() -> tuple[Commune, ...]:
    """Every inhabited commune, by code; cantons and constituencies are cut in that order."""
    found: list[Commune] = []
    department, in_department, registered = "", 0, 0
    for row in read_reference():
        if row.kind != "commune" or not row.population or not row.postcodes:
            continue
        code = row.code[:3] if row.code.startswith("97") else row.code[:2]
        if code != department:
            department, in_department, registered = code, 0, 0
        electors = max(8, int(int(row.population) * REGISTERED_SHARE))
        found.append(
            Commune(
                code=row.code,
                name=row.name,
                postcode=row.postcodes.split()[0],
                department=department,
                electors=electors,
                canton=1 + in_department // COMMUNES_PER_CANTON,
                constituency=1 + registered // ELECTORS_PER_CONSTITUENCY,
            )
        )
        in_department += 1
        registered += electors
    return tuple(found)


def communes_for(rows: int, departments: Iterable[str] = ()) -> Iterator[Commune]:
    """Communes that have at least `rows` electors together; of all departments when none is named.

    Raises ValueError when the departments have fewer electors.
    """
    wanted = tuple(departments)
    left = rows
    for commune in communes():
        if left <= 0:
            return
        if not wanted or commune.department in wanted:
            left -= commune.electors
            yield commune
    if left > 0:
        raise ValueError(f"{left} electors too many for these departments; name more of them.")
