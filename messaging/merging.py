"""What becomes of messages when two records of one person are merged, and when they are two again."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from campaign_crm.platform.locks import share_turn
from contacts.merging.belongings import Belonging
from contacts.merging.errors import MergeRefused
from contacts.merging.rows import restore
from contacts.models import Merge
from messaging.dispatch.freeze import COPYING, MERGED, copied_later
from messaging.enums import DeliveryState

# A row that a worker holds is written to by its key: it is not renamed under its hands. A second message that
# a merge cancelled stays for its undo.
DELIVERIES = Belonging(
    "messaging_delivery",
    ("ledger_month", "campaign_id", "occasion"),
    same="""held.ledger_month = own.ledger_month AND held.campaign_id = own.campaign_id
        AND held.occasion = own.occasion""",
    stays=True,
    movable="own.state NOT IN ('claimed', 'handed')"
    f" AND NOT (own.state = 'cancelled' AND own.answer = '{MERGED}')",
)
REPLIES = Belonging("messaging_reply")


def settle_messages(kept: int, absorbed: int) -> None:
    """Before a merge: nobody gets one mailing twice because they stood in the base twice."""
    share_turn(COPYING)
    _hold_messages(absorbed)
    with connection.cursor() as cursor:
        cursor.execute(_CANCEL_SECOND, {"kept": kept, "absorbed": absorbed, "answer": MERGED})
        cursor.execute(
            _CANCEL_FIRST, {"absorbed": absorbed, "answer": MERGED, "campaigns": copied_later(kept)}
        )


def return_messages(merge: Merge) -> None:
    """Before an undo: what a merge cancelled waits again, and what waits at addresses that go back is theirs.

    A mailing that has ended meanwhile stays as it is.
    """
    share_turn(COPYING)
    with connection.cursor() as cursor:
        # Campaigns first, as whoever settles messages holds them: none ends while a message of it is queued.
        cursor.execute(_HOLD_CAMPAIGNS, [merge.absorbed_id, MERGED])
        under_way = [campaign for (campaign,) in cursor.fetchall()]
    _hold_messages(merge.kept_id)
    with connection.cursor() as cursor:
        # Written anew: `cancelled` ends a row of the ledger, and this one has not been handed to anybody.
        cursor.execute(_TAKE_CANCELLED, [merge.absorbed_id, MERGED, under_way])
        cancelled = [json.loads(row) for (row,) in cursor.fetchall()]
        fresh = {"state": DeliveryState.QUEUED, "settled_at": None, "answer": ""}
        restore(DELIVERIES, [{**row, **fresh} for row in cancelled], owner=merge.absorbed_id)
        cursor.execute(
            _READDRESS,
            {
                "kept": merge.kept_id,
                "absorbed": merge.absorbed_id,
                "emails": _returning(merge, "contacts_emailaddress"),
                "phones": _returning(merge, "contacts_phonenumber"),
            },
        )


def _hold_messages(contact_id: int) -> None:
    """Keep workers from taking what waits for a person; MergeRefused when one has a message in hand."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [contact_id])
        held = {state for (state,) in cursor.fetchall()}
    if held & {DeliveryState.CLAIMED.value, DeliveryState.HANDED.value}:
        raise MergeRefused(_("A message to this person is just leaving. Try again in a minute."))


def _returning(merge: Merge, table: str) -> list[int]:
    moves: dict[str, Any] = merge.snapshot["rows"].get(table, {"moved": []})
    return [row["id"] for row in moves["moved"]]


_HOLD = """
SELECT state FROM messaging_delivery
WHERE contact_id = %s AND state IN ('queued', 'retry_wait', 'claimed', 'handed')
ORDER BY ledger_month, campaign_id, occasion FOR UPDATE
"""
_CANCEL_SECOND = """
UPDATE messaging_delivery AS own SET state = 'cancelled', settled_at = now(), answer = %(answer)s
FROM messaging_delivery AS held
WHERE own.contact_id = %(absorbed)s AND own.state IN ('queued', 'retry_wait')
  AND held.contact_id = %(kept)s AND held.ledger_month = own.ledger_month
  AND held.campaign_id = own.campaign_id AND held.occasion = own.occasion
"""
# The row of the record that stays is still to be made, from the snapshot of the freeze.
_CANCEL_FIRST = """
UPDATE messaging_delivery SET state = 'cancelled', settled_at = now(), answer = %(answer)s
WHERE contact_id = %(absorbed)s AND state = 'queued' AND occasion = ''
  AND campaign_id = ANY(%(campaigns)s::bigint[])
"""
_HOLD_CAMPAIGNS = """
SELECT id FROM messaging_campaign
WHERE state IN ('freezing', 'sending', 'paused') AND finished_at IS NULL AND id IN (
    SELECT campaign_id FROM messaging_delivery WHERE contact_id = %s AND state = 'cancelled' AND answer = %s)
ORDER BY id FOR UPDATE
"""
_TAKE_CANCELLED = """
DELETE FROM messaging_delivery AS own
WHERE contact_id = %s AND state = 'cancelled' AND answer = %s AND campaign_id = ANY(%s::bigint[])
RETURNING to_jsonb(own)::text
"""
_READDRESS = """
UPDATE messaging_delivery AS own SET contact_id = %(absorbed)s
WHERE own.contact_id = %(kept)s AND own.state IN ('queued', 'retry_wait')
  AND own.address_hash IN (
    SELECT address_hash FROM contacts_emailaddress WHERE id = ANY(%(emails)s) AND contact_id = %(kept)s
    UNION ALL
    SELECT address_hash FROM contacts_phonenumber WHERE id = ANY(%(phones)s) AND contact_id = %(kept)s)
  AND NOT EXISTS (
    SELECT FROM messaging_delivery AS held
    WHERE held.contact_id = %(absorbed)s AND held.ledger_month = own.ledger_month
      AND held.campaign_id = own.campaign_id AND held.occasion = own.occasion)
"""
