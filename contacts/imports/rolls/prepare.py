"""From the raw table to the rows to write: cleaned, with their identity; what cannot be taken, apart."""

from __future__ import annotations

from django.db import connection, transaction

from contacts.imports.chunks import Chunk, split
from contacts.imports.lanes import in_lanes
from contacts.imports.rolls.columns import RawColumns
from contacts.imports.rolls.load import raw_parts
from contacts.imports.rolls.lookups import Lookups
from contacts.imports.staging import Staging

ROWS_A_PIECE = 100_000
NAME_LIMIT, FIRST_NAMES_LIMIT = 100, 150  # characters of ElectoralRegistration
STREET_LIMIT, PLACE_LIMIT, POSTCODE_LIMIT, COUNTRY_LIMIT, RAW_DATE_LIMIT = 200, 100, 16, 60, 20

# Hash joins read the raw table once; sorting it for a merge join takes longer than everything else. The
# memory is for a million distinct identities at most; above, PostgreSQL works in parts.
SETTINGS = "SET LOCAL enable_mergejoin = off; SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'"


def prepare(staging: Staging, columns: RawColumns, lookups: Lookups, *, rows: int, line_offset: int) -> None:
    """Fill `rows` and `rejects` from `raw`; `line_offset` makes its lines those of the file."""
    staging.create(
        "rows",
        "line integer, identity uuid, place integer, order_number integer, birth_name text, used_name text,"
        " first_names text, gender text, birth_date date, birth_date_raw text, birthplace_hash bytea,"
        " street text, complement text, locality text, postcode text, city text, country text,"
        " is_numbered boolean",
    )
    taken = _taken(columns)
    insert = f"INSERT INTO {staging.table('rows')} {_cleaned(columns, line_offset)}"

    def clean(piece: tuple[str, Chunk]) -> None:
        part, chunk = piece
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SETTINGS)
            cursor.execute(
                f"{insert} FROM {staging.table(part)} AS raw {lookups.joins()}"
                f" WHERE {taken} AND {chunk.inside('raw')}"
            )

    parts = raw_parts(staging)
    in_lanes(
        clean,
        [
            (part, chunk)
            for part in parts
            for chunk in split(staging, part, rows=rows // len(parts), rows_a_chunk=ROWS_A_PIECE)
        ],
    )
    _keep_rejected(staging, columns, lookups, taken, line_offset)


def _taken(columns: RawColumns) -> str:
    name, first = columns.sql("birth_name"), columns.sql("first_names")
    used = columns.sql("used_name")
    return (
        f"(place.territory_id IS NOT NULL AND place.kind > 0 AND {name} <> ''"
        f" AND char_length({name}) <= {NAME_LIMIT} AND char_length({used}) <= {NAME_LIMIT}"
        f" AND char_length({first}) <= {FIRST_NAMES_LIMIT})"
    )


def _cleaned(columns: RawColumns, line_offset: int) -> str:
    name, first, order = (columns.sql(key) for key in ("birth_name", "first_names", "order_number"))
    sex = columns.sql("gender")
    born = columns.sql("birth_date")
    itself = f"fold({name} || ' ' || {first}) || '|' || day.iso || '|' || birth.hex"
    is_numbered = "NULL::boolean"
    if columns.has("voter_number"):  # kept for life, and through marriages: the surest there is
        number = columns.sql("voter_number")
        itself = f"CASE WHEN {number} = '' THEN {itself} ELSE '#' || upper(btrim({number})) END"
        is_numbered = f"nullif({number} <> '', false)"
    identity = f"(place.insee || place.kind || right(md5({itself}), 26))::uuid"
    return f"""
SELECT raw.line + {line_offset}, {identity}, place.id,
       CASE WHEN {order} ~ '^[0-9]{{1,9}}$' THEN {order}::integer END,
       btrim({name}), btrim({columns.sql("used_name")}), btrim({first}),
       CASE WHEN {sex} IN ('M', 'F', '') THEN {sex}
            WHEN fold({sex}) IN ('f', 'femme', 'feminin') THEN 'F'
            WHEN fold({sex}) IN ('m', 'h', 'homme', 'masculin') THEN 'M' ELSE '' END,
       day.day, CASE WHEN day.day IS NULL THEN left({born}, {RAW_DATE_LIMIT}) ELSE '' END, birth.hash,
       {columns.joined("street_number", "street_kind", "street", limit=STREET_LIMIT)},
       {columns.joined("complement", "complement_2", limit=STREET_LIMIT)},
       left({columns.sql("locality")}, {PLACE_LIMIT}), left({columns.sql("postcode")}, {POSTCODE_LIMIT}),
       left({columns.sql("city")}, {PLACE_LIMIT}), left({columns.sql("country")}, {COUNTRY_LIMIT}),
       {is_numbered}"""


def _keep_rejected(
    staging: Staging, columns: RawColumns, lookups: Lookups, taken: str, line_offset: int
) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(staging.sql("SELECT (SELECT count(*) FROM {raw}) > (SELECT count(*) FROM {rows})"))
        if not cursor.fetchone()[0]:
            return
        cursor.execute(SETTINGS)
        cursor.execute(
            staging.sql(
                _REJECTED,
                joins=lookups.joins(),
                taken=taken,
                values=", ".join(f"raw.{column}" for column in columns.all()),
                code=columns.sql("commune_code"),
                kind=columns.sql("roll_kind"),
                name=columns.sql("birth_name"),
                used=columns.sql("used_name"),
                first=columns.sql("first_names"),
            ),
            {"offset": line_offset, "limit": NAME_LIMIT, "first_limit": FIRST_NAMES_LIMIT},
        )


_REJECTED = """
INSERT INTO {rejects} (line, values, reasons)
SELECT raw.line + %(offset)s, to_jsonb(ARRAY[{values}]), to_jsonb(array_remove(ARRAY[
           CASE WHEN place.territory_id IS NOT NULL THEN NULL
                WHEN {code} <> '' THEN left('unknown_commune:' || {code}, 200) ELSE 'no_commune' END,
           CASE WHEN coalesce(place.kind, 0) = 0 THEN left('unknown_list:' || {kind}, 200) END,
           CASE WHEN {name} = '' THEN 'no_name' END,
           CASE WHEN char_length({name}) > %(limit)s OR char_length({used}) > %(limit)s
                  OR char_length({first}) > %(first_limit)s THEN 'name_too_long' END
       ], NULL))
FROM {raw} AS raw {joins}
WHERE NOT coalesce({taken}, false)
"""
