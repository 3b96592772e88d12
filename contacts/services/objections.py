"""A person asked not to be written to: said to staff, in any way, and kept for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from campaign_crm.platform.models import User
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.models import Contact, EmailAddress, PhoneNumber, Source
from contacts.services.consents import record_consent
from contacts.services.suppressions import suppress


@transaction.atomic
def record_objection(
    *,
    contact: Contact,
    channels: Sequence[Channel],
    source: Source | None = None,
    proof: dict[str, Any] | None = None,
    by: User | None,
) -> None:
    """End every political message to a person on some channels.

    Their addresses join the do-not-contact list, which survives erasure and re-import; the withdrawal stands
    in the ledger, and holds for an address that comes later.
    """
    for channel in channels:
        record_consent(
            contact=contact,
            channel=channel,
            purpose=ConsentPurpose.MESSAGES,
            given=False,
            source=source,
            proof=proof,
            by=by,
        )
        for digest in _hashes(contact, channel):
            suppress(
                channel=channel,
                address_hash=digest,
                scope=SuppressionScope.POLITICAL,
                reason=SuppressionReason.OBJECTION,
                detail={"contact": contact.pk},
                by=by,
            )


def _hashes(contact: Contact, channel: Channel) -> list[bytes]:
    """What stands on the do-not-contact list for each address that a person has on a channel."""
    if channel == Channel.POST:
        return []
    model: type[EmailAddress] | type[PhoneNumber] = EmailAddress if channel == Channel.EMAIL else PhoneNumber
    points = model._default_manager.filter(contact=contact)
    return [bytes(digest) for digest in points.values_list("address_hash", flat=True)]
