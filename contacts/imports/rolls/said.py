"""What a roll says of electors who are known: the columns that its file has. The others stay as they are.

A re-export without stations or addresses takes nobody's away.
"""

from __future__ import annotations

from collections.abc import Iterable

# Columns of ElectoralRegistration that a newer roll may change, with the SQL of the value it gives.
COMPARED: dict[str, str] = {
    "source_id": "%(source)s::bigint",
    "polling_station_id": "place.station_id",
    "order_number": "own.order_number",
    "used_name": "own.used_name",
    "birth_name": "own.birth_name",
    "first_names": "own.first_names",
    "gender": "own.gender",
    "street": "own.street",
    "complement": "own.complement",
    "locality": "own.locality",
    "postcode": "own.postcode",
    "city": "own.city",
    "country": "own.country",
    "left_on": "NULL::date",
}
ALWAYS = frozenset({"source_id", "left_on"})
# Columns by the fields of a file that give them, where they are not called the same.
_GIVEN_BY: dict[str, frozenset[str]] = {
    "polling_station_id": frozenset({"station_code"}),
    "complement": frozenset({"complement", "complement_2"}),
}


class Said:
    """The compared columns of a file that has some fields, and SQL over them."""

    def __init__(self, fields: Iterable[str]) -> None:
        there = frozenset(fields)
        self.columns = [
            name for name in COMPARED if name in ALWAYS or there & _GIVEN_BY.get(name, frozenset({name}))
        ]

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    @property
    def left_out(self) -> list[str]:
        """Columns of which the file says nothing."""
        return [name for name in COMPARED if name not in self.columns]

    @property
    def given(self) -> str:
        """Values of a row."""
        return ", ".join(COMPARED[name] for name in self.columns)

    @property
    def named(self) -> str:
        """The same, each with the name of its column."""
        return ", ".join(f"{COMPARED[name]} AS {name}" for name in self.columns)

    def of(self, alias: str) -> str:
        """The columns of a table, in the same order."""
        return ", ".join(f"{alias}.{name}" for name in self.columns)

    def written(self, alias: str) -> str:
        """Assignments of the columns."""
        return ", ".join(f"{name} = {alias}.{name}" for name in self.columns)
