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

# Where a row has a value, if that is no text; a station that is new gets its id when it is made.
_FILLED = {
    "polling_station_id": "place.station_key IS NOT NULL",
    "order_number": "own.order_number IS NOT NULL",
}


class Said:
    """The compared columns of a file that has some fields, and SQL over them.

    `lacking` are fields that some of several files have and others lack: where one is empty, nothing is said.
    """

    def __init__(self, fields: Iterable[str], *, lacking: Iterable[str] = ()) -> None:
        there, self._lacking = frozenset(fields), frozenset(lacking)
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
    def has_every_station(self) -> bool:
        """True when each row names the station of its elector, or says that there is none."""
        return "polling_station_id" in self and not self.is_lacking("polling_station_id")

    @property
    def given(self) -> str:
        """Values of a row; `kept` is the elector that it names."""
        return ", ".join(map(self._value, self.columns))

    @property
    def named(self) -> str:
        """The same, each with the name of its column."""
        return ", ".join(f"{self._value(name)} AS {name}" for name in self.columns)

    def is_lacking(self, column: str) -> bool:
        """True where an empty value says nothing."""
        return bool(self._lacking & _GIVEN_BY.get(column, frozenset({column})))

    def _value(self, column: str) -> str:
        value = COMPARED[column]
        if not self.is_lacking(column):
            return value
        is_filled = _FILLED.get(column, f"{value} <> ''")
        return f"CASE WHEN {is_filled} THEN {value} ELSE kept.{column} END"

    def of(self, alias: str) -> str:
        """The columns of a table, in the same order."""
        return ", ".join(f"{alias}.{name}" for name in self.columns)

    def written(self, alias: str) -> str:
        """Assignments of the columns."""
        return ", ".join(f"{name} = {alias}.{name}" for name in self.columns)
