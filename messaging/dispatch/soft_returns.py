"""Mailboxes that have been full, or have not answered, for too long: in the end nothing more goes there.

One soft return says nothing. Several mailings in a row, over weeks, with nothing delivered between, say that
nobody empties the mailbox: it counts as an address that does not exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.services.stopped_addresses import Stopped, stop_addresses
from messaging.dispatch.ledger import Key, Ledger
from messaging.models import Feedback

MAILINGS = 5
OVER = timedelta(days=14)
"""So many mailings in a row came back softly, the first so long before the last."""

LOOKED_BACK = timedelta(days=180)
SURELY_TAKEN_AFTER = timedelta(days=3)
"""What a server took and has not sent back for so long counts as delivered."""


class Person(NamedTuple):
    """Whose message came back softly, and the address by its hash."""

    contact: int
    address_hash: bytes


_ADD = """
INSERT INTO messaging_feedback (account_id, event, kind, address_hash, campaign_id, at, enhanced, text)
SELECT %(account)s, event, 'soft', address_hash, %(campaign)s, now(), enhanced, text
FROM unnest(%(events)s::bytea[], %(hashes)s::bytea[], %(enhanced)s::text[], %(texts)s::text[])
    AS given (event, address_hash, enhanced, text)
ON CONFLICT DO NOTHING
"""

_WORN_OUT = """
SELECT DISTINCT k.address_hash
FROM unnest(%(contacts)s::bigint[], %(hashes)s::bytea[]) AS k (contact_id, address_hash)
CROSS JOIN LATERAL (
    SELECT max(d.settled_at) AS at FROM messaging_delivery d
    WHERE d.contact_id = k.contact_id AND d.address_hash = k.address_hash
        AND d.ledger_month > (now() - %(back)s - interval '31 days')::date
        AND (d.state IN ('delivered', 'complained')
            OR d.state = 'accepted' AND d.settled_at < now() - %(taken)s)
) life
CROSS JOIN LATERAL (
    SELECT count(DISTINCT f.campaign_id) AS mailings, max(f.at) - min(f.at) AS span
    FROM messaging_feedback f
    WHERE f.address_hash = k.address_hash AND f.kind = 'soft'
        AND f.at > greatest(now() - %(back)s, coalesce(life.at, '-infinity'))
) soft
WHERE soft.mailings >= %(mailings)s AND soft.span >= %(over)s
"""


@transaction.atomic
def note_refusals(
    ledger: Ledger, account: int, refused: Sequence[tuple[Key, bytes, str, str]], channel: Channel
) -> None:
    """Mailboxes that took nothing when their message was handed over: as if it had come back.

    `refused`: key, hash of the address, enhanced code and the server's words.
    """
    if not refused:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            {
                "account": account,
                "campaign": ledger.campaign,
                "events": [_digest(ledger, key) for key, *_rest in refused],
                "hashes": [address_hash for _key, address_hash, *_rest in refused],
                "enhanced": [enhanced[:12] for *_rest, enhanced, _text in refused],
                "texts": [text for *_rest, text in refused],
            },
        )
    people = [Person(key.contact, address_hash) for key, address_hash, *_rest in refused]
    stop_worn_out(people, ledger.campaign, channel)


def stop_worn_out(people: Iterable[Person], campaign: int, channel: Channel) -> int:
    """Stop the addresses whose mailboxes have been of no use for too long; returns how many are new."""
    known = {one for one in people if one.contact}
    if not known:
        return 0
    values: dict[str, Any] = {
        "contacts": [one.contact for one in known],
        "hashes": [one.address_hash for one in known],
        "back": LOOKED_BACK,
        "taken": SURELY_TAKEN_AFTER,
        "mailings": MAILINGS,
        "over": OVER,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WORN_OUT, values)
        found = [bytes(address_hash) for (address_hash,) in cursor.fetchall()]
    return stop_addresses(
        channel=channel,
        scope=SuppressionScope.EVERYTHING,
        reason=SuppressionReason.HARD_BOUNCE,
        stopped=[
            Stopped(one, {"campaign": campaign, "code": Feedback.Kind.SOFT.value, "mailings": MAILINGS})
            for one in found
        ],
    )


def _digest(ledger: Ledger, key: Key) -> bytes:
    return hashlib.sha256(
        f"refused {ledger.month} {ledger.campaign} {key.contact} {key.occasion}".encode()
    ).digest()
