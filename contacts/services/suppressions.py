"""The do-not-contact list: adding to it, and the two ways out of it.

`political` entries are what a person said; only the person's own confirmed act lifts them. `everything` by a
hard bounce says that an address does not exist; it falls when somebody answers from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import User
from contacts.enums import Channel, MessageKind, SuppressionReason, SuppressionScope
from contacts.models import Suppression
from contacts.services.addresses import normalise_for
from contacts.services.kept_refusals import keep_stops
from contacts.services.projections import refresh_people_at

# Two entries of one scope cannot be in force for one address. What a person said is worth more than a bounce
# and than a file: it takes over the row, never the other way round, and outlives an undo of the file.
_ADD = """
INSERT INTO contacts_suppression AS kept (address_hash, channel, scope, reason, at, detail)
VALUES (%s, %s, %s, %s, coalesce(%s, now()), %s)
    ON CONFLICT (address_hash, channel, scope) WHERE lifted_at IS NULL DO UPDATE SET
       reason = CASE WHEN {worth_more} THEN excluded.reason ELSE kept.reason END,
       detail = CASE WHEN {worth_more} THEN excluded.detail ELSE kept.detail END
RETURNING id
""".format(
    worth_more="(kept.reason = 'hard_bounce' OR kept.detail ? 'imports' AND excluded.reason <> 'hard_bounce')"
)


def address_hash_for(channel: Channel, address: str) -> bytes:
    """Return the hash under which an address or number is suppressed; raises InvalidAddress."""
    purpose = "email" if channel == Channel.EMAIL else "phone"
    return keyed_hash(purpose, normalise_for(channel, address))


@transaction.atomic
def suppress(
    *,
    channel: Channel,
    scope: SuppressionScope,
    reason: SuppressionReason,
    address: str = "",
    address_hash: bytes | None = None,
    detail: dict[str, Any] | None = None,
    at: datetime | None = None,
    by: User | None,
) -> Suppression:
    """Stop messages of `scope` to an address or number on a channel; doing it twice changes nothing.

    Give `address` as it was written, or its `address_hash`. `detail` holds ids (campaign, import, form),
    never an address. Everyone who has the address is projected again.
    """
    digest = address_hash if address_hash is not None else address_hash_for(channel, address)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [digest, channel.value, scope.value, reason.value, at, json.dumps(detail or {})])
        entry = Suppression.objects.get(pk=cursor.fetchone()[0])
    keep_stops([(bytes(entry.address_hash), entry.channel, entry.scope, entry.reason, entry.at)])
    audit.record(
        action="suppression.add",
        on=entry,
        by=by,
        detail={"channel": channel.value, "scope": scope.value, "reason": reason.value},
    )
    refresh_people_at(digest)
    return entry


def lift_by_person(*, address_hash: bytes, channel: Channel, proof: dict[str, Any]) -> bool:
    """End a `political` entry by the person's own confirmed act; False when there was none.

    `proof` says which act: {"submission": id} or {"confirmation": token id}. It must not be empty: no import,
    merge or member of staff lifts an objection.
    """
    if not proof:
        raise ValueError("An objection is lifted by a confirmed act of the person: say which one in `proof`.")
    return _lift(address_hash, channel, SuppressionScope.POLITICAL, None, proof=proof)


def lift_hard_bounce(*, address_hash: bytes, channel: Channel, by: User | None) -> bool:
    """End an `everything` entry that only says that the address did not exist; False when there was none."""
    return _lift(address_hash, channel, SuppressionScope.EVERYTHING, by, reason=SuppressionReason.HARD_BOUNCE)


def suppressed_hashes(address_hashes: Iterable[bytes], *, channel: Channel, kind: MessageKind) -> set[bytes]:
    """Those of the hashes that may not be written to: the last look before handing messages over."""
    entries = Suppression.objects.filter(
        address_hash__in=list(address_hashes), channel=channel, lifted_at__isnull=True
    )
    if kind == MessageKind.SERVICE:
        entries = entries.filter(scope=SuppressionScope.EVERYTHING)
    return {bytes(digest) for digest in entries.values_list("address_hash", flat=True)}


@transaction.atomic
def _lift(
    address_hash: bytes,
    channel: Channel,
    scope: SuppressionScope,
    by: User | None,
    *,
    reason: SuppressionReason | None = None,
    proof: dict[str, Any] | None = None,
) -> bool:
    entries = Suppression.objects.filter(
        address_hash=address_hash, channel=channel, scope=scope, lifted_at__isnull=True
    )
    if reason is not None:
        entries = entries.filter(reason=reason)
    entry = entries.select_for_update().first()
    if entry is None:
        return False
    entry.detail = {**entry.detail, "lifted_by": proof or {}}
    entry.lifted_at = Now()
    entry.save(update_fields=["detail", "lifted_at"])
    audit.record(action="suppression.lift", on=entry, by=by, detail={"channel": channel.value})
    refresh_people_at(address_hash)
    return True
