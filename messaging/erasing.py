"""What becomes of messages when a person is erased: the ledger keeps its sums, nobody can be found in it."""

from __future__ import annotations

from django.db import connection

from contacts.registry import RowsElsewhere

ROWS = (
    RowsElsewhere("messaging_providerevent", "what providers reported as it came; it goes after thirty days"),
)


def just_leaving(ids: list[int]) -> set[int]:
    """Those with a message in a worker's hands: its row is written to by its key."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_HAND, [ids])
        return {row[0] for row in cursor.fetchall()}


def settle_messages(ids: list[int]) -> None:
    """What still waits for them ends, and what came back about their addresses names no address any more."""
    with connection.cursor() as cursor:
        cursor.execute(_STOP, [ids])
        cursor.execute(_FORGET_FEEDBACK, {"ids": ids})


_IN_HAND = """
SELECT contact_id FROM messaging_delivery WHERE contact_id = ANY(%s) AND state IN ('claimed', 'handed')
"""
_STOP = """
UPDATE messaging_delivery SET state = 'suppressed', settled_at = now()
WHERE contact_id = ANY(%s) AND state IN ('queued', 'retry_wait')
"""
# An address that somebody else has as well stays theirs.
_FORGET_FEEDBACK = """
UPDATE messaging_feedback AS own
SET address_hash = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), text = ''
WHERE own.address_hash IN (SELECT address_hash FROM contacts_emailaddress WHERE contact_id = ANY(%(ids)s))
  AND NOT EXISTS (
    SELECT FROM contacts_emailaddress AS other
    WHERE other.address_hash = own.address_hash AND other.contact_id <> ALL(%(ids)s))
"""
