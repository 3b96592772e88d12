"""Entries of the do-not-contact list by the thousand, as files say them, and taking a mistaken file back.

What a file adds names its import in `Suppression.detail["imports"]`; two files that say the same are both
named. Once the person says the same by an act of their own, the entry is theirs (`suppressions.suppress`) and
no undo takes it back.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from contacts.services.kept_refusals import keep_stops, keep_taken_back
from contacts.services.projections import refresh_projections_from, refresh_reach

# {entries} gives address_hash, channel, scope, reason, at (null: now), each of the first three once. A bounce
# becomes what a person said, never the other way round; what it was returns with an undo (`was`).
_ADD = """
INSERT INTO contacts_suppression AS kept (address_hash, channel, scope, reason, at, detail)
SELECT entry.address_hash, entry.channel, entry.scope, entry.reason, least(entry.at, now()),
       jsonb_build_object('imports', jsonb_build_array(%(import)s))
FROM ({entries}) AS entry
ORDER BY entry.address_hash, entry.channel, entry.scope
    ON CONFLICT (address_hash, channel, scope) WHERE lifted_at IS NULL DO UPDATE SET
       reason = CASE WHEN kept.reason = 'hard_bounce' THEN excluded.reason ELSE kept.reason END,
       detail = CASE
           WHEN kept.detail ? 'imports' THEN jsonb_set(
               kept.detail, '{{imports}}', (kept.detail -> 'imports') || jsonb_build_array(%(import)s))
           ELSE excluded.detail || jsonb_build_object(
               'was', jsonb_build_object('reason', kept.reason, 'detail', kept.detail)) END
 WHERE CASE WHEN kept.detail ? 'imports' THEN NOT kept.detail -> 'imports' @> jsonb_build_array(%(import)s)
            ELSE kept.reason = 'hard_bounce' AND excluded.reason <> 'hard_bounce' END
RETURNING address_hash, channel, scope, reason, at
"""
_PEOPLE = """
WITH entry AS MATERIALIZED ({entries})
SELECT contact_id FROM contacts_emailaddress WHERE address_hash IN (SELECT address_hash FROM entry)
UNION
SELECT contact_id FROM contacts_phonenumber WHERE address_hash IN (SELECT address_hash FROM entry)
"""
# An entry that another file gave too stays that file's; one that the person lifted is history.
_OTHERS_TOO = """
UPDATE {table} SET detail = jsonb_set(detail, '{{imports}}', (
    SELECT jsonb_agg(one) FROM jsonb_array_elements(detail -> 'imports') AS one
    WHERE one <> to_jsonb(%(import)s)))
WHERE detail -> 'imports' @> jsonb_build_array(%(import)s) AND jsonb_array_length(detail -> 'imports') > 1
"""
_TAKE_BACK = """
WITH returned AS (
    UPDATE contacts_suppression
    SET reason = detail -> 'was' ->> 'reason', detail = detail -> 'was' -> 'detail'
    WHERE detail -> 'imports' = jsonb_build_array(%(import)s) AND detail ? 'was' AND lifted_at IS NULL
    RETURNING address_hash
), gone AS (
    DELETE FROM contacts_suppression
    WHERE detail -> 'imports' = jsonb_build_array(%(import)s) AND NOT detail ? 'was' AND lifted_at IS NULL
    RETURNING address_hash
), touched AS (
    SELECT address_hash FROM returned UNION ALL SELECT address_hash FROM gone
)
SELECT (SELECT count(*) FROM touched), ARRAY(
    SELECT contact_id FROM contacts_emailaddress WHERE address_hash IN (SELECT address_hash FROM touched)
    UNION
    SELECT contact_id FROM contacts_phonenumber WHERE address_hash IN (SELECT address_hash FROM touched))
"""
_FORGET_DIGESTS = """
DELETE FROM contacts_suppresseddigest WHERE detail -> 'imports' = jsonb_build_array(%(import)s)
"""


def add_entries(entries: str, parameters: dict[str, Any], *, import_id: int) -> int:
    """Add what a query gives to the list; everyone who has one of the addresses is projected again.

    `entries` is SQL of our own with columns address_hash, channel, scope, reason and at; no two rows have the
    same first three. Runs in the caller's transaction. Returns how many entries were added or taken over.
    """
    values = {**parameters, "import": import_id}
    with connection.cursor() as cursor:
        cursor.execute(_ADD.format(entries=entries), values)
        added = [(bytes(digest), *rest) for digest, *rest in cursor.fetchall()]
    keep_stops(added, import_id=import_id)
    refresh_projections_from(_PEOPLE.format(entries=entries), values, refresh=refresh_reach)
    return len(added)


@transaction.atomic
def take_back(import_id: int) -> int:
    """Remove what this import alone put on the list, hashes that wait for their address included.

    Only for a mistaken file, by a person who confirmed it: the caller audits. Returns how many entries went.
    """
    values = {"import": import_id}
    with connection.cursor() as cursor:
        for table in ("contacts_suppression", "contacts_suppresseddigest"):
            cursor.execute(_OTHERS_TOO.format(table=table), values)
        cursor.execute(_FORGET_DIGESTS, values)
        gone: int = cursor.rowcount
        cursor.execute(_TAKE_BACK, values)
        entries, people = cursor.fetchone()
    keep_taken_back(import_id)
    refresh_reach(sorted(people))
    return gone + int(entries)


def entries_of(import_id: int) -> int:
    """How many entries on the list an import gave, alone or with others; those that wait are counted too."""
    values = {"import": import_id}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM contacts_suppression"
            " WHERE detail -> 'imports' @> jsonb_build_array(%(import)s))"
            " + (SELECT count(*) FROM contacts_suppresseddigest"
            " WHERE detail -> 'imports' @> jsonb_build_array(%(import)s))",
            values,
        )
        found: int = cursor.fetchone()[0]
        return found
