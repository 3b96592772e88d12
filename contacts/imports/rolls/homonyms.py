"""Electors of one list with the same names, day and place of birth: each keeps the identity they have.

The first that ever came has the identity of its values, the next ones get one made of it and a rank. Ranks
follow the electors who are known, found by their station, number and address: a newcomer, or somebody who
left, shifts nobody. Where rolls give a day of birth this is for a handful; where they give none, as in the
United Kingdom, for every frequent name.
"""

from __future__ import annotations

from django.db import connection, transaction

from contacts.imports.rolls.prepare import SETTINGS
from contacts.imports.staging import Staging

RANKS_LOOKED_AT = 20  # besides twice the number of rows: electors who left keep their rank
HOME = "fold({0}.street || ' ' || {0}.locality || ' ' || {0}.postcode || ' ' || {0}.city)"


def tell_homonyms_apart(staging: Staging) -> None:
    """Fill `special`: the rows whose identity has a rank, and those that say the same as another one.

    The same number in the same station is the same row twice, and so is the same lasting number. Doing it
    again finds the same, also when a part of the rows is written.
    """
    staging.drop("special", "homonyms", "held_ranks", "doubtful")
    staging.create("special", "line integer PRIMARY KEY, identity uuid, duplicate boolean")
    staging.create("doubtful", "identity uuid")
    staging.create(
        "homonyms",
        "line integer, identity uuid, place integer, station text, order_number integer, home text,"
        " is_dated boolean, copy integer, rank integer",
    )
    staging.create("held_ranks", "identity uuid, rank integer, station text, order_number integer, home text")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(staging.sql(_REPEATED))
        cursor.execute("SET LOCAL enable_nestloop = on")  # few of many, by their identity
        cursor.execute(staging.sql(_KNOWN_TWICE))
        cursor.execute(staging.sql(_HOMONYMS))
        if cursor.rowcount:
            staging.analyze("homonyms")
            cursor.execute(staging.sql(_HELD), {"more": RANKS_LOOKED_AT})
            for key, only in _PASSES:
                cursor.execute(staging.sql(_SAME, key=key, only=only))
            cursor.execute(staging.sql(_NEXT_RANKS))
            cursor.execute(staging.sql(_SPECIAL))
    staging.drop("homonyms", "held_ranks", "doubtful")
    staging.analyze("special")


# What two rolls have in common of one elector, the surest first. Who moved and got another number is still
# known by the day of birth; without one they are a newcomer, as on the register that they come from.
_PASSES = (
    ("ROW(one.station, one.order_number, one.home)::text", "true"),
    ("one.home", "one.home <> ''"),
    ("ROW(one.station, one.order_number)::text", "one.order_number IS NOT NULL"),
    ("''", "one.is_dated"),
)


def _ranked(identity: str, rank: str) -> str:
    return (
        f"CASE WHEN {rank} = 1 THEN {identity} ELSE (left(replace({identity}::text, '-', ''), 6)"
        f" || right(md5({identity}::text || '#' || {rank}), 26))::uuid END"
    )


_REPEATED = "INSERT INTO {doubtful} SELECT identity FROM {rows} GROUP BY identity HAVING count(*) > 1"
# Of two who are known one may have left, and a name alone does not say which.
_KNOWN_TWICE = f"""
INSERT INTO {{doubtful}}
SELECT own.identity FROM {{rows}} AS own
WHERE own.birth_date IS NULL AND own.birth_date_raw = '' AND own.is_numbered IS NULL
  AND EXISTS (SELECT FROM contacts_electoralregistration AS kept
              WHERE kept.identity = {_ranked("own.identity", "2")})
"""
_HOMONYMS = f"""
INSERT INTO {{homonyms}}
SELECT line, identity, place, station, order_number, home, is_dated,
       row_number() OVER (PARTITION BY identity, CASE WHEN is_numbered THEN NULL ELSE
           ROW(order_number, place, CASE WHEN order_number IS NULL AND NOT is_dated THEN home END)::text END
           ORDER BY line),
       CASE WHEN is_numbered THEN 1 END
FROM (
    SELECT own.line, own.identity, own.place, place.station_key AS station, own.order_number,
           own.is_numbered, own.birth_date IS NOT NULL OR own.birth_date_raw <> '' AS is_dated,
           {HOME.format("own")} AS home
    FROM {{rows}} AS own JOIN {{places}} AS place ON place.id = own.place
    WHERE own.identity IN (SELECT identity FROM {{doubtful}})
) AS own
"""
_HELD = f"""
INSERT INTO {{held_ranks}}
SELECT own.identity, rank, station.code, kept.order_number, {HOME.format("kept")}
FROM (SELECT identity, count(*) AS rows FROM {{homonyms}} WHERE rank IS NULL GROUP BY identity) AS own
CROSS JOIN LATERAL generate_series(1, 2 * own.rows + %(more)s) AS rank
JOIN contacts_electoralregistration AS kept ON kept.identity = {_ranked("own.identity", "rank")}
LEFT JOIN contacts_territory AS station ON station.id = kept.polling_station_id
"""
_SAME = """
WITH given AS (
    SELECT one.line, one.identity, {key} AS key,
           row_number() OVER (PARTITION BY one.identity, {key}
                              ORDER BY one.order_number, one.place, one.line) AS turn
    FROM {homonyms} AS one WHERE one.rank IS NULL AND one.copy = 1 AND {only}
), held AS (
    SELECT one.rank, one.identity, {key} AS key,
           row_number() OVER (PARTITION BY one.identity, {key} ORDER BY one.order_number, one.rank) AS turn
    FROM {held_ranks} AS one
    WHERE NOT EXISTS (SELECT FROM {homonyms} AS found
                      WHERE found.identity = one.identity AND found.rank = one.rank)
)
UPDATE {homonyms} AS own SET rank = held.rank
FROM given JOIN held USING (identity, key, turn) WHERE own.line = given.line
"""
_NEXT_RANKS = """
UPDATE {homonyms} AS own SET rank = new.rank
FROM (
    SELECT one.line,
           coalesce((SELECT max(held.rank) FROM {held_ranks} AS held WHERE held.identity = one.identity), 0)
           + row_number() OVER (PARTITION BY one.identity
                                ORDER BY one.order_number, one.place, one.line) AS rank
    FROM {homonyms} AS one WHERE one.rank IS NULL AND one.copy = 1
) AS new WHERE own.line = new.line
"""
_SPECIAL = f"""
INSERT INTO {{special}} (line, identity, duplicate)
SELECT line, {_ranked("identity", "rank")}, copy > 1 FROM {{homonyms}} WHERE rank > 1 OR copy > 1
"""
