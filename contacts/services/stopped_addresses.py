"""Many addresses onto the do-not-contact list at once: what providers report comes by the thousand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction

from campaign_crm.platform.models import AuditEntry
from contacts.enums import Channel, PointStatus, SuppressionReason, SuppressionScope
from contacts.models import EmailAddress, PhoneNumber
from contacts.services.kept_refusals import keep_stops
from contacts.services.projections import refresh_projections_from, refresh_reach

# As `suppressions._ADD`: what a person did is worth more than a bounce, and takes over its row.
_ADD_MANY = """
INSERT INTO contacts_suppression AS kept (address_hash, channel, scope, reason, at, detail)
SELECT given.address_hash, %(channel)s, %(scope)s, %(reason)s, now(), given.detail::jsonb
FROM unnest(%(hashes)s::bytea[], %(details)s::text[]) AS given (address_hash, detail)
ORDER BY given.address_hash
    ON CONFLICT (address_hash, channel, scope) WHERE lifted_at IS NULL DO UPDATE SET
       reason = CASE WHEN kept.reason = 'hard_bounce' THEN excluded.reason ELSE kept.reason END,
       detail = CASE WHEN kept.reason = 'hard_bounce' THEN excluded.detail ELSE kept.detail END
RETURNING id, xmax = 0, address_hash, at
"""


class Stopped(NamedTuple):
    """An address by its hash; `detail` holds ids (campaign), never an address."""

    address_hash: bytes
    detail: dict[str, Any]


@transaction.atomic
def stop_addresses(
    *, channel: Channel, scope: SuppressionScope, reason: SuppressionReason, stopped: Sequence[Stopped]
) -> int:
    """Suppress addresses in a few statements, however many they are; returns how many are new.

    For a hard bounce, whoever has the address sees it as returned. Everyone concerned is projected again.
    """
    by_hash = {one.address_hash: one.detail for one in stopped}
    if not by_hash:
        return 0
    hashes = sorted(by_hash)
    if reason == SuppressionReason.HARD_BOUNCE:
        model = EmailAddress if channel == Channel.EMAIL else PhoneNumber
        model._default_manager.filter(address_hash__in=hashes, status=PointStatus.ACTIVE).update(
            status=PointStatus.BOUNCED
        )
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD_MANY,
            {
                "channel": channel.value,
                "scope": scope.value,
                "reason": reason.value,
                "hashes": hashes,
                "details": [json.dumps(by_hash[one]) for one in hashes],
            },
        )
        written = cursor.fetchall()
    fresh = [pk for pk, is_new, _digest, _at in written if is_new]
    keep_stops(
        (bytes(digest), channel.value, scope.value, reason.value, at) for _pk, _new, digest, at in written
    )
    told = {"channel": channel.value, "scope": scope.value, "reason": reason.value}
    AuditEntry.objects.bulk_create(
        AuditEntry(
            action="suppression.add", object_type="contacts.suppression", object_id=str(pk), detail=told
        )
        for pk in fresh
    )
    refresh_projections_from(
        "SELECT contact_id FROM contacts_emailaddress WHERE address_hash = ANY(%s)"
        " UNION SELECT contact_id FROM contacts_phonenumber WHERE address_hash = ANY(%s)",
        [hashes, hashes],
        refresh=refresh_reach,
    )
    return len(fresh)
