"""A person asked not to be written to: said to staff, in any way, and kept for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.errors import ContactsError
from contacts.folding import fold
from contacts.models import Contact, EmailAddress, PhoneNumber, Source, Suppression
from contacts.services.consents import record_consent
from contacts.services.post_keys import people_named, post_hash, post_hashes_of
from contacts.services.projections import refresh_reach
from contacts.services.suppressions import suppress


class ObjectionRefused(ContactsError):
    """What was written does not say whose letters are to end."""


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
        _withdraw(contact, channel, source=source, proof=proof, by=by)
        for digest in _hashes(contact, channel):
            suppress(
                channel=channel,
                address_hash=digest,
                scope=SuppressionScope.POLITICAL,
                reason=SuppressionReason.OBJECTION,
                detail={"contact": contact.pk},
                by=by,
            )
    refresh_reach([contact.pk])
    if Channel.POST in channels:
        refresh_reach(people_named(f"{contact.last_name} {contact.first_name}"))


@transaction.atomic
def object_to_post(
    *, name: str, line: str = "", postcode: str = "", city: str = "", by: User | None
) -> Suppression:
    """End letters to a name at an address, known or not: whoever bears it there is not written to."""
    if not fold(name) or not (fold(line) and (fold(postcode) or fold(city))):
        raise ObjectionRefused(_("Write the name, the number and street, and the postcode or the town."))
    digest = post_hash(name, line=line, postcode=postcode, city=city)
    entry = suppress(
        channel=Channel.POST,
        address_hash=digest,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.OBJECTION,
        by=by,
    )
    named = people_named(name)
    for contact in Contact.objects.visible().filter(pk__in=named):
        if digest in post_hashes_of(contact):  # they may move, or be renamed
            _withdraw(contact, Channel.POST, source=None, proof={"objection": entry.pk}, by=by)
    refresh_reach(named)
    return entry


def _withdraw(
    contact: Contact,
    channel: Channel,
    *,
    source: Source | None,
    proof: dict[str, Any] | None,
    by: User | None,
) -> None:
    record_consent(
        contact=contact,
        channel=channel,
        purpose=ConsentPurpose.MESSAGES,
        given=False,
        source=source,
        proof=proof,
        by=by,
    )


def _hashes(contact: Contact, channel: Channel) -> list[bytes]:
    """What stands on the do-not-contact list for each address that a person has on a channel."""
    if channel == Channel.POST:
        return sorted(post_hashes_of(contact))
    model: type[EmailAddress] | type[PhoneNumber] = EmailAddress if channel == Channel.EMAIL else PhoneNumber
    points = model._default_manager.filter(contact=contact)
    return [bytes(digest) for digest in points.values_list("address_hash", flat=True)]
