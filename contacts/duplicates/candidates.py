"""Which pairs are worth comparing, found by indexes: never everyone with everyone.

A person is compared with those who share one of these with them:

an e-mail address, a phone number, or what stands before the @
the birth date and the first letter of a forename
the commune and the beginning of a name, with the first letter of the other one
the whole name, when few have it

Columns may have been swapped and women are found by both their names, so each letter and beginning is looked
for in the forename and in the last names; "St Martin" is looked for as "Saint-Martin" too. A block that more
people share than `LIMITS` says, in Paris or on a 1 January, is narrowed to those whose names begin the same:
the work stays in proportion to the people asked for. One that is too large even so is passed over, and told.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

logger = logging.getLogger(__name__)

LIMITS = {"address": 12, "local_part": 8, "day": 150, "place": 100, "namesakes": 6}
"""People a block may have, besides the one who is compared; a whole name of seven says little alone."""
NAMESAKES_COUNTED = 24
LOCAL_PART_FROM = 5  # characters before the @
BEGINNING = 4  # letters of a last name; the index `contact_place_name` is of these
FORENAME = 3  # letters of a forename, beside a whole last name, where the block of a commune is too large
# What mailboxes of organisations are called: shared by strangers on every domain.
NOBODYS = (
    *("contact", "mairie", "accueil", "secretariat", "bonjour", "hello", "office", "admin", "courrier"),
    *("info", "infos", "direction", "communication", "permanence", "webmaster", "postmaster", "association"),
)

Pair = tuple[int, int]


class Candidate(NamedTuple):
    """A person and somebody they may be; `at_one_address`: they share an e-mail address or a number."""

    person: int
    other: int
    at_one_address: bool


def local_word(address: str) -> str:
    """The letters an e-mail address begins with: "mairie" of "mairie.creil@example.org"."""
    found = re.match("[a-z]+", address)
    return found[0] if found else ""


def candidate_pairs(ids: Sequence[int]) -> list[Candidate]:
    """Pairs of some people with anyone else of the base, each once; a few queries' work.

    Pairs that somebody decided are two people are left out. Call it with thousands of ids, not with millions.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, {"ids": list(ids), "nobodys": list(NOBODYS)})
        found = cursor.fetchall()
    candidates = [Candidate(*row) for row in found if row[1] is not None]
    if len(candidates) < len(found):
        logger.warning(
            "%s of %s people share something with too many to be compared by it",
            len(found) - len(candidates),
            len(ids),
        )
    return candidates


def namesakes_of(ids: Sequence[int]) -> dict[int, int]:
    """How many of the base have the very name of each person, themselves included, counted up to a limit."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMESAKES, {"ids": list(ids)})
        return dict(cursor.fetchall())


def people_of_the_base() -> int:
    """About how many there are, as PostgreSQL last counted them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = 'contacts_contact'::regclass")
        return max(int(cursor.fetchone()[0]), 0)


def _block(name: str, select: str, *, narrower: str = "") -> str:
    """A lateral subquery of the people of one block; `narrower` is a condition for when they are too many.

    Too many even so give one null. Without `narrower` they say nothing, and nobody misses them.
    """
    most = LIMITS[name] + 1  # the person asked for is among them
    otherwise = "NULL"
    if narrower:
        otherwise = f"""(
            SELECT CASE WHEN count(*) <= {most} THEN array_agg(id) ELSE ARRAY[NULL]::bigint[] END
            FROM ({select} AND {narrower} LIMIT {most + 1}) AS one (id)
        )"""
    return f"""
    LATERAL (
        SELECT CASE WHEN count(*) <= {most} THEN array_agg(id) ELSE {otherwise} END AS ids
        FROM ({select} LIMIT {most + 1}) AS one (id)
    ) AS block
    """


_OF_ONE_BEGINNING = f"""EXISTS (
    SELECT FROM contacts_contact AS kept
    WHERE kept.id = contact_id AND left(kept.name_folded, {BEGINNING}) = left(asked.name, {BEGINNING}))"""
# "st martin" for "saint martin" and the other way round, empty for other names.
_OTHER_SAINT = r"""
CASE WHEN {0} ~ '\m(st|ste)\M'
     THEN regexp_replace(regexp_replace({0}, '\mste\M', 'sainte'), '\mst\M', 'saint')
     WHEN {0} ~ '\m(saint|sainte)\M'
     THEN regexp_replace(regexp_replace({0}, '\msainte\M', 'ste'), '\msaint\M', 'st') ELSE '' END
"""
_CANDIDATES = f"""
WITH asked AS MATERIALIZED (
    SELECT id, fold(first_name) AS first, fold(last_name) AS last, fold(birth_name) AS birth,
           name_folded AS name, birth_date, commune_id
    FROM contacts_contact WHERE id = ANY(%(ids)s) AND erased_at IS NULL AND NOT is_stub
),
named AS MATERIALIZED (  -- each way round and each last name
    SELECT DISTINCT id, birth_date, commune_id, spelled.first, spelled.last
    FROM asked CROSS JOIN LATERAL (
        VALUES (first, last), (last, first), (first, birth),
               (first, {_OTHER_SAINT.format("last")}), (first, {_OTHER_SAINT.format("birth")})
    ) AS spelled (first, last)
    WHERE spelled.first <> '' AND spelled.last <> ''
),
found AS (
    SELECT asked.id, unnest(block.ids) AS other, true AS at_one_address
    FROM asked JOIN contacts_emailaddress AS own ON own.contact_id = asked.id
    CROSS JOIN {
    _block(
        "address",
        "SELECT contact_id FROM contacts_emailaddress WHERE normalised = own.normalised",
        narrower=_OF_ONE_BEGINNING,
    )
}
  UNION ALL
    SELECT asked.id, unnest(block.ids), true
    FROM asked JOIN contacts_phonenumber AS own ON own.contact_id = asked.id
    CROSS JOIN {
    _block(
        "address",
        "SELECT contact_id FROM contacts_phonenumber WHERE e164 = own.e164",
        narrower=_OF_ONE_BEGINNING,
    )
}
  UNION ALL
    SELECT asked.id, unnest(block.ids), true
    FROM asked JOIN contacts_emailaddress AS own ON own.contact_id = asked.id
    CROSS JOIN LATERAL (SELECT split_part(own.normalised, '@', 1) AS local) AS written
    CROSS JOIN {
    _block(
        "local_part",
        "SELECT contact_id FROM contacts_emailaddress"
        " WHERE normalised ~>=~ (local || '@') AND normalised ~<~ (local || 'A')",
        narrower=_OF_ONE_BEGINNING,
    )
}
    WHERE char_length(local) >= {LOCAL_PART_FROM} AND NOT local = ANY(%(nobodys)s)
  UNION ALL
    SELECT named.id, unnest(block.ids), false
    FROM (SELECT DISTINCT id, birth_date, left(first, 1) AS letter, left(last, {BEGINNING}) AS beginning
          FROM named WHERE birth_date IS NOT NULL) AS named
    CROSS JOIN {
    _block(
        "day",
        "SELECT id FROM contacts_contact AS kept WHERE kept.birth_date = named.birth_date"
        " AND left(fold(kept.first_name), 1) = letter",
        narrower=f"left(kept.name_folded, {BEGINNING}) = beginning",
    )
}
  UNION ALL
    SELECT named.id, unnest(block.ids), false
    FROM (SELECT id, commune_id, left(last, {BEGINNING}) AS beginning, left(first, 1) AS letter,
                 last || ' ' || left(first, {FORENAME}) AS longer
          FROM named WHERE commune_id IS NOT NULL) AS named
    CROSS JOIN {
    _block(
        "place",
        "SELECT id FROM contacts_contact AS kept WHERE kept.commune_id = named.commune_id"
        f" AND left(kept.name_folded, {BEGINNING}) = beginning AND left(fold(kept.first_name), 1) = letter",
        narrower="starts_with(kept.name_folded, longer)",
    )
}
  UNION ALL
    SELECT named.id, unnest(block.ids), false
    FROM named
    CROSS JOIN {
    _block("namesakes", "SELECT id FROM contacts_contact WHERE name_folded = last || ' ' || first")
}
)
SELECT found.id, found.other, bool_or(found.at_one_address) FROM found
WHERE found.other IS DISTINCT FROM found.id AND NOT EXISTS (
    SELECT FROM contacts_duplicatepair AS decided
    WHERE decided.first_id = least(found.id, found.other)
      AND decided.second_id = greatest(found.id, found.other) AND decided.state = 'different')
GROUP BY found.id, found.other
"""
_NAMESAKES = f"""
SELECT asked.id, counted.people
FROM contacts_contact AS asked
CROSS JOIN LATERAL (
    SELECT count(*) AS people
    FROM (SELECT FROM contacts_contact AS other WHERE other.name_folded = asked.name_folded
          LIMIT {NAMESAKES_COUNTED}) AS namesake
) AS counted
WHERE asked.id = ANY(%(ids)s) AND asked.name_folded <> ''
"""
