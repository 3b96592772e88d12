"""Test messages: what a mailing looks like in real mailboxes, before anybody else gets it.

A test is the message: same kind, headers, origin and foot. Only its subject is marked, its links are not
counted, and its ways out change nothing. It takes the lane of service messages, so that it arrives at once.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right
from contacts.models import Contact
from contacts.services.addresses import normalise_email
from messaging.content.compile import CompiledMessage
from messaging.content.errors import ContentError
from messaging.errors import CannotSend, MessagingError, SendingIsOff
from messaging.models import Campaign, CampaignVariant, Delivery
from messaging.models.campaign import TEST_PREFIX
from messaging.services.addresses_for_tests import check_test_addresses
from messaging.services.campaigns import ask_right
from messaging.services.compiling import compile_campaign, compile_variant, words_of_variant
from messaging.services.origins import source_for
from messaging.services.pre_send import sender_fault
from messaging.services.reader_segments import kept_for
from messaging.services.recipients import READER
from messaging.services.service_messages import NOBODY, add_to_ledger, standing_campaign

MOST_ADDRESSES = 10
LEAVES_WITHIN = timedelta(days=1)
"""A test that could not leave is not sent at all: it would show a text of long ago."""


class TooManyAddresses(MessagingError):
    """A test goes to a few people of the team, never to an audience."""


@transaction.atomic
def send_test(
    *,
    campaign: Campaign,
    addresses: Sequence[str],
    by: User,
    reader: Contact | None = None,
    variant: CampaignVariant | None = None,
) -> list[Delivery]:
    """Send the mailing as it is now to these addresses, its subject marked [Test].

    `variant`: one of its versions instead, of a territory or of a test. `reader`: whose data the merge fields
    take; without one, a person of whom nothing is known. Raises ContentError, InvalidAddress, CannotSend
    without a sender in use, SendingIsOff, TooManyAddresses, or NotForTests.
    """
    ask_right(by, Right.EDIT_CAMPAIGN)
    _check(shown := _as_shown(campaign, variant), addresses)
    check_test_addresses(shown, addresses, by=by)
    standing = _standing(shown)
    detail = {"addresses": len(addresses), **({"version": variant.number} if variant is not None else {})}
    audit.record(action="campaign.test", on=campaign, by=by, detail=detail)
    return [
        add_to_ledger(
            campaign=standing,
            contact_id=NOBODY,  # it is not the reader who receives it
            address=address.strip(),
            occasion=f"test-{secrets.token_hex(8)}",
            language=reader.language if reader is not None else by.language,
            context=None if reader is None else {READER: reader.pk, **kept_for(reader, shown.blocks)},
            source_id=_source(campaign, reader),
        )
        for address in dict.fromkeys(addresses)
    ]


def _as_shown(campaign: Campaign, variant: CampaignVariant | None) -> Campaign:
    """The mailing as readers of a version get it; never saved."""
    if variant is None or variant.opted_out:
        return campaign
    shown = copy.copy(campaign)
    shown.blocks, shown.subject, shown.preview_text = words_of_variant(campaign, variant)
    shown.sender = variant.sender or campaign.sender
    return shown


def was_tested(campaign: Campaign, version: str) -> bool:
    """True when a test of exactly this compiled version, kind and sender was sent."""
    return Campaign.objects.filter(standing_for=_key(campaign, version)).exists()


def untested_versions(campaign: Campaign) -> list[CampaignVariant]:
    """Versions of its A/B test that nobody has been sent as they are now; those with faults are none."""
    found = []
    for variant in campaign.variants.tested().defer("compiled").order_by("number"):
        try:
            version = compile_variant(campaign, variant).version
        except ContentError:
            continue  # it is told by its faults
        if not was_tested(_as_shown(campaign, variant), version):
            found.append(variant)
    return found


def _check(campaign: Campaign, addresses: Sequence[str]) -> None:
    if not 0 < len(addresses) <= MOST_ADDRESSES:
        raise TooManyAddresses(_("A test goes to 1 to %(most)d addresses.") % {"most": MOST_ADDRESSES})
    if fault := sender_fault(campaign):
        raise CannotSend(fault)
    if not Organisation.current().sending_enabled:
        raise SendingIsOff(_("Sending is switched off on this installation. Switch it on in Settings first."))
    for address in addresses:
        normalise_email(address)


def _standing(campaign: Campaign) -> Campaign:
    compiled = _marked(campaign)
    leaves_by = timezone.now() + LEAVES_WITHIN
    standing = standing_campaign(
        key=_key(campaign, compile_campaign(campaign).version),
        name=(_("Test of %(name)s") % {"name": campaign.name})[:150],
        compile_content=lambda: compiled,
        sender=campaign.sender,
        territory_id=campaign.territory_id,
        send_until=leaves_by,
    )
    Campaign.objects.filter(pk=standing.pk).update(send_until=leaves_by)
    return standing


def _key(campaign: Campaign, version: str) -> str:
    """What a test shows: any other text, kind or sender is another test."""
    return f"{TEST_PREFIX}{campaign.pk}:{version}:{campaign.kind}:{campaign.sender_id}"


def _source(campaign: Campaign, reader: Contact | None) -> int | None:
    """Where the data would come from: the reader's source, or the one that is written to as a whole."""
    if reader is not None:
        return source_for(reader, campaign.audience)
    return int(campaign.audience["id"]) if campaign.audience.get("type") == "source" else None


def _marked(campaign: Campaign) -> CompiledMessage:
    marked = Campaign(**{name: getattr(campaign, name) for name in ("blocks", "preview_text")})
    marked.subject = f"[{_('Test')}] {campaign.subject}"[:200]
    marked.tracking = False
    return compile_campaign(marked)
