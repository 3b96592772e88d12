"""A few rows of each kind for the preview, so that a person sees what the counts mean.

They hold names and addresses, and live and go with the staging tables: nothing of them is kept on the Import.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from contacts.imports.reasons import sentence
from contacts.imports.rolls.compare import DIFFERENCES
from contacts.imports.rolls.said import Said
from contacts.imports.staging import Staging
from contacts.models import Import

PART = "samples"
SHOWN = 10
LAST_LINE = 2**31 - 1
ALL_LINES = {"first": 0, "last": LAST_LINE}
# Samples are the first rows of the file: nearly always among its first lines, without joining the others.
FIRST_LINES, OTHER_LINES = {"first": 0, "last": 10_000}, {"first": 10_001, "last": LAST_LINE}

Samples = dict[str, list[dict[str, Any]]]
"""{"new": [...], "updated": [...], "rejected": [...]}; see `preview_samples`."""


def keep_samples(staging: Staging, *, kind: str, source_id: int, said: Said, counts: dict[str, int]) -> None:
    """Take the samples out of the prepared tables; web requests may read them, and nothing else.

    `said` is what a roll says of known electors. Nothing is looked for of a kind of which `counts`, those
    of the preview, has none.
    """
    staging.create(PART, "kind text, place integer, data jsonb")
    statements = {"rejected": _REJECTED, **_OF_KIND.get(kind, _PEOPLE)}
    pieces = {
        "given": said.named,
        "is_new": staging.sql(_IS_NEW) if staging.exists(DIFFERENCES) else "true",
    }
    with connection.cursor() as cursor:
        for sort, select in statements.items():
            taken, shown = 0, min(SHOWN, counts[sort])
            for lines in (FIRST_LINES, OTHER_LINES) if "%(first)s" in select else (ALL_LINES,):
                if taken < shown:
                    cursor.execute(
                        staging.sql(_TAKE, select=staging.sql(select, **pieces)),
                        {"kind": sort, "taken": taken, "wanted": shown - taken, "source": source_id, **lines},
                    )
                    taken += cursor.rowcount
    staging.show(PART)


def preview_samples(run: Import) -> Samples:
    """Return samples of a previewed import; empty once it ran.

    new: {"line", "name", …} as text. updated: {"name", "changes": {field: [before, after]}} for a roll,
    {"name", "gains": [what], "changes": [[field, before, after]]} for people. rejected: {"line", "values",
    "reasons": [sentence]}. departed: electors who are not in the file. duplicate: one person of the file on
    several "lines". misspelt: addresses that look wrong, with what was perhaps "meant". unknown_states:
    a "word" in a column of states, and on how many "rows".
    """
    kinds = ("new", "updated", "rejected", "departed", "duplicate", "misspelt", "unknown_states")
    found: Samples = {kind: [] for kind in kinds}
    staging = Staging(run.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [staging.table(PART)])
        if not cursor.fetchone()[0]:
            return found
        cursor.execute(staging.sql("SELECT kind, data FROM {samples} ORDER BY kind, place"))
        for kind, data in cursor.fetchall():
            value = json.loads(data) if isinstance(data, str) else data
            if kind == "rejected":
                value["reasons"] = [sentence(kept) for kept in value["reasons"]]
            found[kind].append(value)
    return found


_TAKE = """
INSERT INTO {samples} SELECT %(kind)s, %(taken)s + row_number() OVER (), to_jsonb(one)
FROM ({select} LIMIT %(wanted)s) AS one
"""
_REJECTED = "SELECT line, values, reasons FROM {rejects} ORDER BY line"
_ROLL = {
    "new": """
SELECT own.line, own.birth_name || ' ' || own.first_names AS name, own.used_name,
       coalesce(own.birth_date::text, own.birth_date_raw) AS birth_date,
       own.street, own.postcode || ' ' || own.city AS city, place.station_code AS station, own.order_number
FROM {rows} AS own JOIN {places} AS place ON place.id = own.place
WHERE own.line BETWEEN %(first)s AND %(last)s
  AND {is_new}
  AND NOT EXISTS (SELECT FROM {special} AS special WHERE special.line = own.line AND special.duplicate)
ORDER BY own.line
""",
    "updated": """
SELECT own.line, own.birth_name || ' ' || own.first_names AS name,
       (SELECT jsonb_object_agg(will.key, jsonb_build_array(was.value, will.value))
        FROM (SELECT {given}) AS given
        CROSS JOIN LATERAL jsonb_each(to_jsonb(given)) AS will
        JOIN LATERAL jsonb_each(to_jsonb(kept)) AS was ON was.key = will.key
        WHERE was.value IS DISTINCT FROM will.value) AS changes
FROM {todo} AS todo
JOIN {rows} AS own ON own.ctid = todo.row
JOIN {places} AS place ON place.id = own.place
JOIN contacts_electoralregistration AS kept ON kept.id = todo.id
WHERE todo.line BETWEEN %(first)s AND %(last)s ORDER BY todo.line
""",
    "departed": """
SELECT kept.birth_name || ' ' || kept.first_names AS name, kept.used_name,
       coalesce(kept.birth_date::text, kept.birth_date_raw) AS birth_date,
       concat_ws(', ', nullif(kept.street, ''), concat_ws(' ', kept.postcode, kept.city)) AS address,
       station.name AS station, kept.order_number
FROM {departed} JOIN contacts_electoralregistration AS kept USING (id)
LEFT JOIN contacts_territory AS station ON station.id = kept.polling_station_id
ORDER BY kept.id
""",
}
# Of a roll that is known in part, the rows to write are noted; else all are new.
_IS_NEW = "EXISTS (SELECT FROM {todo} AS todo WHERE todo.line = own.line AND todo.id IS NULL)"
_PEOPLE = {
    "new": """
SELECT own.line, btrim(own.first_name || ' ' || own.last_name) AS name, own.emails -> 0 ->> 0 AS email,
       own.phones -> 0 ->> 0 AS phone, own.addresses -> 0 ->> 'city' AS city,
       coalesce(own.birth_date::text, own.birth_year::text) AS birth_date
FROM {persons} AS persons JOIN {rows} AS own ON own.line = persons.line
WHERE persons.line BETWEEN %(first)s AND %(last)s AND persons.line = persons.person
  AND NOT EXISTS (SELECT FROM {targets} AS target WHERE target.person = persons.person)
ORDER BY own.line
""",
    "updated": """
SELECT contact.id, btrim(contact.first_name || ' ' || contact.last_name) AS name,
       (SELECT jsonb_agg(DISTINCT gains.what) FROM {gains} AS gains WHERE gains.contact_id = contact.id)
           AS gains,
       (SELECT jsonb_agg(jsonb_build_array(field, before, after)
                         ORDER BY what <> 'fields', what, field, after)
        FROM {changes} AS change WHERE change.contact_id = contact.id) AS changes
FROM (SELECT DISTINCT contact_id FROM {gains}) AS gaining
JOIN contacts_contact AS contact ON contact.id = gaining.contact_id
ORDER BY contact.id
""",
    "duplicate": """
SELECT several.lines, btrim(own.first_name || ' ' || own.last_name) AS name,
       own.emails -> 0 ->> 0 AS email, own.phones -> 0 ->> 0 AS phone
FROM (SELECT person, jsonb_agg(line ORDER BY line) AS lines FROM {persons}
      GROUP BY person HAVING count(*) > 1) AS several
JOIN {rows} AS own ON own.line = several.person
ORDER BY several.person
""",
    "misspelt": """
SELECT given.line, btrim(own.first_name || ' ' || own.last_name) AS name, given.address,
       split_part(given.normalised, '@', 1) || '@' || misspelt.meant AS meant
FROM {misspelt} AS misspelt
JOIN {emails} AS given ON split_part(given.normalised, '@', 2) = misspelt.domain
JOIN {rows} AS own ON own.line = given.line
ORDER BY given.line, given.place
""",
    "unknown_states": "SELECT word, rows FROM {unknown_states} ORDER BY rows DESC, word",
}
# Nothing is shown of an opt-out file but what it refused: its addresses are hashes from the first moment.
_OF_KIND: dict[str, dict[str, str]] = {Import.Kind.ROLL: _ROLL, Import.Kind.SUPPRESSION: {}}
