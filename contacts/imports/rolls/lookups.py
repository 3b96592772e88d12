"""What repeats in a roll, worked out once on its distinct values: places and lists, days, places of birth."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from campaign_crm.platform.database import lend_hash_key
from contacts.folding import fold
from contacts.imports.birthplaces import hash_birthplaces
from contacts.imports.lanes import in_lanes
from contacts.imports.rolls.abroad import Abroad, resolve_abroad
from contacts.imports.rolls.columns import EMPTY, RawColumns
from contacts.imports.staging import Staging, copy_rows
from contacts.imports.values import read_date
from contacts.models.electoral_registration import RollKind
from contacts.territories.lookup import resolution_sql

# Together they say where an elector votes; a roll has as many distinct groups as stations, more or less.
PLACE_KEYS = (
    "commune_code",
    "department_code",
    "roll_kind",
    "station_code",
    "station_name",
    "constituency",
    "canton_code",
    "canton_name",
)
NAME_KEYS = ("commune_name", "city", "postcode")  # read only where the file has no code of the commune
BIRTH_KEYS = ("birth_place_code", "birth_place", "birth_department", "birth_country")

_KIND_SIGNS = (
    (RollKind.EUROPEAN, {"lce", "europeenne", "europeen", "europeennes", "europeens"}),
    (RollKind.MUNICIPAL, {"lcm", "municipale", "municipal", "municipales", "municipaux"}),
    (RollKind.MAIN, {"lp", "lg", "principale", "generale", "principales", "generales"}),
)
# What stands alone in a column of kinds.
_KIND_LETTERS = {
    **dict.fromkeys(("p", "g"), RollKind.MAIN),
    **dict.fromkeys(("m", "cm"), RollKind.MUNICIPAL),
    **dict.fromkeys(("e", "ce"), RollKind.EUROPEAN),
}


class Lookups:
    """The distinct values of a roll and how the raw table joins them."""

    def __init__(
        self,
        staging: Staging,
        columns: RawColumns,
        *,
        commune_code: str,
        roll_kind: int,
        abroad: Abroad | None = None,
        month_first: bool = False,
        may_lack_codes: bool = False,
    ) -> None:
        """`commune_code` and `roll_kind` stand in for columns that the file lacks.

        `may_lack_codes`: the file is made of several, of which some may name their commune without a code.
        """
        self._abroad = abroad
        self._month_first = month_first
        self._staging = staging
        self._columns = columns
        self._commune_code = commune_code
        self._roll_kind = roll_kind
        self.place_keys = columns.present(PLACE_KEYS)
        if may_lack_codes or not columns.has("commune_code"):
            self.place_keys += columns.present(_name_keys(abroad))
        self.birth_keys = columns.present(BIRTH_KEYS)

    def make(self) -> None:
        """Fill the tables `places`, `days`, `births` and `list_days`, each by one look at the raw table."""
        in_lanes(lambda make: make(), [self._make_places, self._make_days, self._make_births])
        self._make_list_days()

    def joins(self) -> str:
        """JOIN clauses of the raw table with its lookups."""
        return " ".join(
            f"LEFT JOIN {self._staging.table(table)} AS {alias} ON {condition}"
            for table, alias, condition in (
                ("places", "place", self._same("place", self.place_keys)),
                ("days", "day", self._same("day", ["birth_date"] if self._columns.has("birth_date") else [])),
                ("births", "birth", self._same("birth", self.birth_keys)),
            )
        )

    def _same(self, alias: str, keys: list[str]) -> str:
        return " AND ".join(f"{alias}.{key} = {self._value(key)}" for key in keys) or "true"

    def _value(self, key: str) -> str:
        """Text of a field; a name counts only where the row has no code: cities are more than communes."""
        value = self._columns.sql(key)
        if key in NAME_KEYS and self._columns.has("commune_code"):
            return f"CASE WHEN {self._columns.sql('commune_code')} = '' THEN {value} ELSE '' END"
        return value

    def _distinct(self, keys: list[str], all_keys: tuple[str, ...]) -> str:
        """SELECT of the distinct values of `keys`; the other ones of `all_keys` are empty."""
        wanted = ", ".join(f"{self._value(key) if key in keys else EMPTY} AS {key}" for key in all_keys)
        group = ", ".join(self._value(key) for key in keys)
        source = f"FROM {self._staging.table('raw')} AS raw" if keys else ""
        return f"SELECT {wanted} {source} {f'GROUP BY {group}' if keys else ''}"

    def _make_places(self) -> None:
        keys = (*PLACE_KEYS, *NAME_KEYS)
        columns = ", ".join(f"{key} text" for key in keys)
        self._staging.create(
            "places",
            f"id integer GENERATED ALWAYS AS IDENTITY, {columns}, code text, territory_id bigint, insee text,"
            " kind smallint, department text, station_key text, station_id bigint, abroad_code text,"
            " abroad_name text",
        )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self._staging.table('places')} ({', '.join(keys)})"
                # In one order whoever reads the file, again after a crash too: homonyms are told apart by it.
                f" {self._distinct(self.place_keys, keys)} ORDER BY {', '.join(keys)}"
            )
            self._name_kinds(cursor)
            if self._abroad is not None:
                resolve_abroad(cursor, self._staging, self._abroad)
                return
            cursor.execute(self._staging.sql(_CODES), [self._stand_in])
            cursor.execute(self._resolve_communes())
            cursor.execute(self._staging.sql(_DEPARTMENTS))
            cursor.execute(self._staging.sql(_STATIONS))
        self._staging.analyze("places")

    @property
    def _stand_in(self) -> str:
        return "" if self._columns.has("commune_code") else self._commune_code

    def _resolve_communes(self) -> str:
        name = "CASE WHEN place.commune_name <> '' THEN place.commune_name ELSE place.city END"
        code = "place.code"
        found = resolution_sql(
            f"{self._staging.table('places')} AS place",
            code=code,
            # A code that no commune has or had is an error, not a reason to guess from the name.
            postcode=f"CASE WHEN {code} = '' THEN place.postcode ELSE '' END",
            name=f"CASE WHEN {code} = '' THEN {name} ELSE '' END",
        )
        return self._staging.sql(
            _COMMUNES, found=found, code=code, name=f"CASE WHEN {code} = '' THEN {name} ELSE '' END"
        )

    def _name_kinds(self, cursor: Any) -> None:
        cursor.execute(self._staging.sql("SELECT DISTINCT roll_kind FROM {places}"))
        labels = [label for (label,) in cursor.fetchall()]
        cursor.execute(
            self._staging.sql(
                "UPDATE {places} AS place SET kind = known.kind"
                " FROM unnest(%s::text[], %s::smallint[]) AS known (label, kind)"
                " WHERE place.roll_kind = known.label"
            ),
            [labels, [roll_kind_of(label) if label else self._roll_kind for label in labels]],
        )

    def _make_days(self) -> None:
        self._staging.create("days", "birth_date text, iso text, day date")
        keys = ["birth_date"] if self._columns.has("birth_date") else []
        with connection.cursor() as cursor:
            cursor.execute(self._distinct(keys, ("birth_date",)))
            texts = [text for (text,) in cursor.fetchall()]
        days = [(text, read_date(text, self._month_first)) for text in texts]
        copy_rows(
            self._staging.table("days"),
            ["birth_date", "iso", "day"],
            [(text, day.isoformat() if day else text, day) for text, day in days],
            texts=["birth_date", "iso"],
        )
        self._staging.analyze("days")

    def _make_list_days(self) -> None:
        """Of which day the list of each commune is, the latest of those that its rows say."""
        self._staging.create("list_days", "territory_id bigint, day date")
        if not self._columns.has("list_day"):
            return
        value = self._columns.sql("list_day")
        place = self._same("place", self.place_keys)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT DISTINCT place.territory_id, {value} FROM {self._staging.table('raw')} AS raw"
                f" JOIN {self._staging.table('places')} AS place ON {place}"
                f" WHERE {value} <> '' AND place.territory_id IS NOT NULL"
            )
            days: dict[int, date] = {}
            for commune, text in cursor.fetchall():
                day = read_date(text.split(" ")[0], self._month_first)
                if day is not None and day <= timezone.localdate():
                    days[commune] = max(day, days.get(commune, day))
        copy_rows(self._staging.table("list_days"), ["territory_id", "day"], days.items())

    def _make_births(self) -> None:
        columns = ", ".join(f"{key} text" for key in BIRTH_KEYS)
        self._staging.create("births", f"{columns}, hash bytea, hex text")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self._staging.table('births')} ({', '.join(BIRTH_KEYS)})"
                f" {self._distinct(self.birth_keys, BIRTH_KEYS)}"
            )
            lend_hash_key()
            hash_birthplaces(self._staging.table("births"))
            cursor.execute(self._staging.sql("UPDATE {births} SET hex = coalesce(encode(hash, 'hex'), '')"))
        self._staging.analyze("births")


def _name_keys(abroad: Abroad | None) -> tuple[str, ...]:
    """What tells a commune where no code does; abroad it is its name, of a column or of the whole file."""
    if abroad is None:
        return NAME_KEYS
    return ("commune_name",) if abroad.place_name else ("commune_name", "city")


def roll_kind_of(label: str) -> int:
    """Return the RollKind of "Liste principale", "LCM", "G"…, 0 when it is none."""
    folded = fold(label)
    words = set(folded.split())
    found = next((kind for kind, signs in _KIND_SIGNS if words & signs), _KIND_LETTERS.get(folded))
    return int(found) if found else 0


# The layout of 2013 writes the code of a commune without its department.
_CODES = """
UPDATE {places} SET code = CASE
    WHEN commune_code = '' THEN %s
    WHEN btrim(commune_code) ~ '^[0-9]{{1,3}}$' AND btrim(department_code) ~ '^([0-9]{{1,2}}|2[ABab]|97)$'
        THEN upper(lpad(btrim(department_code), 2, '0')) || lpad(btrim(commune_code), 3, '0')
    WHEN btrim(commune_code) ~ '^[0-9]{{1,2}}$' AND btrim(department_code) ~ '^97[0-9]$'
        THEN btrim(department_code) || lpad(btrim(commune_code), 2, '0')
    WHEN btrim(commune_code) ~ '^[0-9]{{3}}$' AND btrim(department_code) ~ '^97[0-9]$'
        THEN '97' || btrim(commune_code)
    ELSE commune_code END
"""
_COMMUNES = """
UPDATE {places} AS place
SET territory_id = found.territory_id, insee = territory.code
FROM ({found}) AS found JOIN contacts_territory AS territory ON territory.id = found.territory_id
WHERE found.code = {code} AND found.name = {name}
  AND found.postcode = CASE WHEN {code} = '' THEN place.postcode ELSE '' END
"""
_DEPARTMENTS = """
UPDATE {places} AS place SET department = department.code
FROM contacts_territoryancestor AS link
JOIN contacts_territory AS department ON department.id = link.ancestor_id AND department.kind = 'department'
WHERE link.descendant_id = place.territory_id
"""
# A station keeps the code of the commune that the roll names: absorbed communes each had a station 0001. A
# spreadsheet takes the zeros of "0001" away, and the layout of 2013 never had them: numbers have four digits.
_STATIONS = """
UPDATE {places} AS place
SET station_key = left(
        coalesce(nullif(clean_insee_code(code), ''), insee) || '-'
        || CASE WHEN btrim(station_code) ~ '^[0-9]{{1,3}}$' THEN lpad(btrim(station_code), 4, '0')
                ELSE btrim(station_code) END, 24)
WHERE station_code <> '' AND territory_id IS NOT NULL
"""
