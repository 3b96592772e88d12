"""What becomes of messages when a person is erased: the ledger keeps its sums, nobody can be found in it."""

from __future__ import annotations

from django.db import connection

from campaign_crm.platform.locks import share_turn
from contacts.registry import RowsElsewhere
from messaging.dispatch.freeze import COPYING

ROWS = (
    RowsElsewhere("messaging_providerevent", "what providers reported as it came; it goes after thirty days"),
)


def just_leaving(ids: list[int]) -> set[int]:
    """Those with a message in a worker's hands: its row is written to by its key."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_HAND, {"ids": ids})
        return {row[0] for row in cursor.fetchall()}


def settle_messages(ids: list[int]) -> None:
    """What still waits for them ends, and what is kept by their addresses names no address any more.

    A freeze under way ends its chunk first, and makes the next without them.
    """
    share_turn(COPYING)
    with connection.cursor() as cursor:
        cursor.execute(_STOP, [ids])
        cursor.execute(_OWN_ADDRESSES, {"ids": ids})
        emails, digests = cursor.fetchone()
        cursor.execute(_EMPTY_NOBODYS, [digests])
        cursor.execute(_FORGET_FEEDBACK, [digests])
        cursor.execute(_FORGET_REPLIES, [emails])


# Messages to an address that was nobody's yet stand under no person.
_IN_HAND = """
SELECT contact_id FROM messaging_delivery
WHERE contact_id = ANY(%(ids)s) AND state IN ('claimed', 'handed')
UNION
SELECT point.contact_id FROM contacts_emailaddress AS point
JOIN messaging_delivery AS own ON own.contact_id = 0 AND own.address_hash = point.address_hash
WHERE point.contact_id = ANY(%(ids)s) AND own.state IN ('claimed', 'handed')
"""
_STOP = """
UPDATE messaging_delivery SET state = 'suppressed', settled_at = now()
WHERE contact_id = ANY(%s) AND state IN ('queued', 'retry_wait')
"""
# An address that somebody else has as well stays theirs. What they typed on a form or asked by counts too.
_OWN_ADDRESSES = """
WITH told AS (
    SELECT normalised, address_hash FROM contacts_emailaddress WHERE contact_id = ANY(%(ids)s)
    UNION ALL
    SELECT NULL, address_hash FROM contacts_phonenumber WHERE contact_id = ANY(%(ids)s)
    UNION ALL
    SELECT lower(btrim(address)), address_hash FROM contacts_personrequest
    WHERE contact_id = ANY(%(ids)s) AND address_hash IS NOT NULL
), own AS (
    SELECT DISTINCT normalised, address_hash FROM told
    WHERE NOT EXISTS (
        SELECT FROM contacts_emailaddress AS other
        WHERE other.address_hash = told.address_hash AND other.contact_id <> ALL(%(ids)s))
)
SELECT coalesce(array_agg(normalised) FILTER (WHERE normalised <> ''), '{}'),
       coalesce(array_agg(address_hash), '{}') FROM own
"""
_EMPTY_NOBODYS = """
UPDATE messaging_delivery
SET address = '', address_hash = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
    context = NULL, provider_message_id = '', answer = '',
    state = CASE WHEN state IN ('queued', 'retry_wait') THEN 'suppressed' ELSE state END,
    settled_at = CASE WHEN state IN ('queued', 'retry_wait') THEN now() ELSE settled_at END
WHERE contact_id = 0 AND address_hash = ANY(%s) AND state NOT IN ('claimed', 'handed')
"""
_FORGET_FEEDBACK = """
UPDATE messaging_feedback
SET address_hash = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), text = ''
WHERE address_hash = ANY(%s)
"""
_FORGET_REPLIES = """
DELETE FROM messaging_reply WHERE contact_id IS NULL AND lower(btrim(from_address)) = ANY(%s)
"""
