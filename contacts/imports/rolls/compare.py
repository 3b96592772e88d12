"""What a roll would change: who is new, who differs from what is known, and who is on it no more.

The rows to write are noted in `todo`, by their place in `rows`: of a roll that is known already they are few.
A roll of communes of which nothing is known is written from `rows` itself.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from contacts.imports.errors import UnreadableFile
from contacts.imports.lanes import in_lanes, lanes_here
from contacts.imports.rolls.erased import leave_out_erased
from contacts.imports.rolls.homonyms import tell_homonyms_apart
from contacts.imports.rolls.prepare import SETTINGS
from contacts.imports.rolls.recognise import recognise_without_birthplace
from contacts.imports.rolls.said import Said
from contacts.imports.staging import Staging

EVERYTHING, DIFFERENCES, GONE_BEFORE = "rows", "todo", "gone_before"
FEW_ROWS = 20  # fewer say nothing of how the whole list is written


class Compared(NamedTuple):
    """The table that holds the rows to write, and how many they are."""

    part: str
    rows: int


def compare(staging: Staging, *, source_id: int, said: Said) -> Compared:
    """Fill `todo` (`id` is the elector that a row changes, null for a new one), `departed` and `gone_before`:
    who is not in the file, and who had left already.

    Raises UnreadableFile where nobody could be recognised.
    """
    leave_out_erased(staging)
    staging.create(DIFFERENCES, "row tid, line integer, id bigint, arrived boolean")
    staging.create("departed", "id bigint")
    staging.create(GONE_BEFORE, "id bigint")
    communes = _known_communes(staging)
    if not communes:
        return Compared(EVERYTHING, _count(staging, EVERYTHING))
    births = _births_known(staging, communes)
    _refuse_unlike(births.has_days, births.had_days, _("dates of birth"))
    lanes = lanes_here()
    in_lanes(
        partial(_compare_communes, staging, source_id=source_id, said=said),
        [share for lane in range(lanes) if (share := communes[lane::lanes])],
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(staging.sql(_OF_NEW_COMMUNES), {"communes": communes})
    staging.analyze(DIFFERENCES)
    recognise_without_birthplace(staging, source_id=source_id, said=said, differences=DIFFERENCES)
    if _nearly_all_arrive(staging):
        _refuse_unlike(births.has_places, births.had_places, _("places of birth"))
    return Compared(DIFFERENCES, _count(staging, DIFFERENCES))


def compare_again(staging: Staging, *, source_id: int, said: Said) -> Compared:
    """Compare with the base as it is now."""
    staging.drop(DIFFERENCES, "departed", GONE_BEFORE)
    tell_homonyms_apart(staging)
    return compare(staging, source_id=source_id, said=said)


def counts(staging: Staging, compared: Compared, *, rows: int) -> dict[str, int]:
    """Return the counts of the preview, in rows of the file, and the places of the roll.

    `arrived` and `moved` are new electors, and electors of another station, of communes that had a roll;
    `departed` are electors of these communes and lists who are not in the file.
    """
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_COUNTS))
        names = [column.name for column in cursor.description]
        found: dict[str, int] = dict(zip(names, cursor.fetchone(), strict=True))
    taken = found.pop("taken") - found["duplicate"]
    if compared.part == EVERYTHING:
        found["new"] = taken
    found["rows"] = rows
    found["unchanged"] = taken - found["new"] - found["updated"]
    return found


def _known_communes(staging: Staging) -> list[int]:
    """The communes of the roll whose electors are in the base."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_FIND_STATIONS))
        cursor.execute(staging.sql(_KNOWN_COMMUNES))
        return [commune for (commune,) in cursor.fetchall()]


class _Births(NamedTuple):
    """Whether the roll, and the electors who are known, have places and days of birth; all do when few."""

    has_places: bool = True
    had_places: bool = True
    has_days: bool = True
    had_days: bool = True


def _births_known(staging: Staging, communes: list[int]) -> _Births:
    if _count(staging, EVERYTHING) < FEW_ROWS:
        return _Births()
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_BIRTHS_KNOWN), [communes] * 2)
        return _Births(*cursor.fetchone())


def _nearly_all_arrive(staging: Staging) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(staging.sql("SELECT count(*) FROM {todo} WHERE arrived"))
        arrived: int = cursor.fetchone()[0]
    return arrived * 2 > _count(staging, EVERYTHING)


def _refuse_unlike(has: bool, had: bool, what: str) -> None:
    """Of two rolls of which one lacks what electors are recognised by, everybody would stand there twice."""
    if had and not has:
        raise UnreadableFile(
            _(
                "This roll has no %(what)s, and the one that is known of the same communes has: nobody "
                "could be recognised, everybody would be there twice. Ask for the complete export; or "
                "undo the earlier import first."
            )
            % {"what": what}
        )
    if has and not had:
        raise UnreadableFile(
            _(
                "This roll has %(what)s, and the one that is known of the same communes has none: nobody "
                "could be recognised, everybody would be there twice. Undo the earlier import, then "
                "import this one."
            )
            % {"what": what}
        )


def _compare_communes(staging: Staging, communes: list[int], *, source_id: int, said: Said) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(
            staging.sql(_COMPARE, given=said.given, kept=said.of("kept")),
            {"communes": communes, "source": source_id},
        )


def _count(staging: Staging, part: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {staging.table(part)}")
        count: int = cursor.fetchone()[0]
    return count


# Stations that exist; those that do not come with the import, and their rows count as changed until then.
_FIND_STATIONS = """
UPDATE {places} AS place SET station_id = station.id
FROM contacts_territory AS station
WHERE station.kind = 'polling_station' AND station.code = place.station_key
"""
_KNOWN_COMMUNES = """
SELECT territory_id FROM (SELECT DISTINCT territory_id FROM {places} WHERE territory_id IS NOT NULL) AS place
WHERE EXISTS (SELECT FROM contacts_electoralregistration WHERE commune_id = territory_id)
ORDER BY territory_id
"""
_BIRTHS_KNOWN = """
SELECT EXISTS (SELECT FROM {births} WHERE hash IS NOT NULL),
       EXISTS (SELECT FROM contacts_electoralregistration
               WHERE commune_id = ANY(%s) AND birthplace_hash IS NOT NULL),
       EXISTS (SELECT FROM {days} WHERE iso <> ''),
       EXISTS (SELECT FROM contacts_electoralregistration
               WHERE commune_id = ANY(%s) AND (birth_date IS NOT NULL OR birth_date_raw <> ''))
"""
# Reads the electors of these communes only, whatever else the base holds; only what differs is written.
_COMPARE = """
WITH differing AS MATERIALIZED (
    SELECT own.row, own.line, kept.id
    FROM (
        SELECT own.*, own.ctid AS row, coalesce(special.identity, own.identity) AS told_apart
        FROM {rows} AS own
        JOIN {places} AS place ON place.id = own.place AND place.territory_id = ANY(%(communes)s)
        LEFT JOIN {special} AS special ON special.line = own.line
        WHERE NOT coalesce(special.duplicate, false)
    ) AS own
    FULL JOIN (
        SELECT * FROM contacts_electoralregistration WHERE commune_id = ANY(%(communes)s)
    ) AS kept ON kept.identity = own.told_apart
    LEFT JOIN {places} AS place ON place.id = own.place
    WHERE ROW({given}) IS DISTINCT FROM ROW({kept})
), missing AS (
    SELECT kept.id, kept.left_on FROM differing JOIN contacts_electoralregistration AS kept USING (id)
    WHERE differing.line IS NULL
      AND (kept.commune_id, kept.roll_kind) IN (SELECT territory_id, kind FROM {places})
      -- A file of some stations says nothing of the others; one that has none of them has new ones.
      AND (kept.polling_station_id IS NULL
           OR kept.polling_station_id IN (SELECT station_id FROM {places} WHERE station_id IS NOT NULL)
           OR kept.commune_id NOT IN (
               SELECT station.parent_id FROM {places} AS place
               JOIN contacts_territory AS station ON station.id = place.station_id
               WHERE station.parent_id IS NOT NULL))
), departed AS (
    INSERT INTO {departed} (id) SELECT id FROM missing WHERE left_on IS NULL
), gone_before AS (
    INSERT INTO {gone_before} (id) SELECT id FROM missing WHERE left_on IS NOT NULL
)
INSERT INTO {todo} (row, line, id, arrived)
SELECT row, line, id, id IS NULL FROM differing WHERE line IS NOT NULL ORDER BY row
"""
_OF_NEW_COMMUNES = """
INSERT INTO {todo} (row, line, id, arrived)
SELECT own.ctid, own.line, NULL, false
FROM {rows} AS own
JOIN {places} AS place ON place.id = own.place AND NOT place.territory_id = ANY(%(communes)s)
LEFT JOIN {special} AS special ON special.line = own.line
WHERE NOT coalesce(special.duplicate, false)
"""
_COUNTS = """
SELECT (SELECT count(*) FROM {rows}) AS taken,
       (SELECT count(*) FROM {rejects}) AS rejected,
       (SELECT count(*) FROM {special} WHERE duplicate) AS duplicate,
       (SELECT count(*) FROM {todo} WHERE id IS NULL) AS new,
       (SELECT count(*) FROM {todo} WHERE id IS NOT NULL) AS updated,
       (SELECT count(*) FROM {todo} WHERE arrived) AS arrived,
       (SELECT count(*) FROM {departed}) AS departed,
       (SELECT count(*) FROM {todo} AS todo
         JOIN {rows} AS own ON own.ctid = todo.row
         JOIN {places} AS place ON place.id = own.place
         JOIN contacts_electoralregistration AS kept ON kept.id = todo.id
        WHERE (place.station_key IS NOT NULL AND place.station_id IS DISTINCT FROM kept.polling_station_id))
           AS moved,
       (SELECT count(DISTINCT territory_id) FROM {places}) AS communes,
       (SELECT count(DISTINCT station_key) FROM {places}) AS stations,
       (SELECT count(DISTINCT station_key) FROM {places} WHERE station_id IS NULL) AS new_stations
"""
