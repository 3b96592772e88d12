"""What a roll holds, by station and list, noted once: an undo asks who else has an elector."""

from __future__ import annotations

from django.db import connection

from contacts.imports.rolls.compare import GONE_BEFORE
from contacts.imports.staging import Staging


def remember_coverage(staging: Staging, *, import_id: int, has_stations: bool) -> None:
    """Note the stations of the roll and who of them is not in it; doing it again adds what is new.

    A roll that names no station has electors of every station of its communes. Called with the roll's turns
    held, after the comparison: rows of electors are read, none is written.
    """
    staging.ensure(GONE_BEFORE, "id bigint")  # a file that was previewed long ago has none
    with connection.cursor() as cursor:
        more = "" if has_stations else staging.sql(_EVERY_STATION)
        cursor.execute(staging.sql(_REMEMBER, more=more), {"import": import_id})


# Times of the clock, not of the transaction: a roll that waited for its turn is later than the one before it.
_REMEMBER = """
WITH gone AS MATERIALIZED (
    SELECT elector.commune_id, elector.roll_kind, elector.polling_station_id, array_agg(elector.id) AS ids
    FROM (SELECT id FROM {departed} UNION SELECT id FROM {gone_before}) AS missing
    JOIN contacts_electoralregistration AS elector USING (id)
    GROUP BY 1, 2, 3
)
INSERT INTO contacts_rollcoverage AS kept (
    import_run_id, commune_id, roll_kind, polling_station_id, absent, began_at, went_on_at)
SELECT %(import)s, place.territory_id, place.kind, place.station_id, coalesce(gone.ids, ARRAY[]::bigint[]),
       clock_timestamp(), clock_timestamp()
FROM (
    SELECT territory_id, kind, station_id FROM {places} WHERE territory_id IS NOT NULL
    UNION SELECT commune_id, roll_kind, polling_station_id FROM gone
    {more}
) AS place
LEFT JOIN gone
    ON gone.commune_id = place.territory_id AND gone.roll_kind = place.kind
   AND gone.polling_station_id IS NOT DISTINCT FROM place.station_id
ON CONFLICT (import_run_id, commune_id, roll_kind, polling_station_id) DO UPDATE SET
    went_on_at = excluded.went_on_at,
    absent = ARRAY(SELECT DISTINCT unnest(kept.absent || excluded.absent))
"""
_EVERY_STATION = """
UNION SELECT commune_id, roll_kind, polling_station_id FROM contacts_electoralregistration
WHERE (commune_id, roll_kind) IN (SELECT territory_id, kind FROM {places})
"""
