"""Test messages: what a mailing looks like in real mailboxes, before anybody else gets it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.models import Contact
from contacts.services.addresses import normalise_email
from messaging.content.compile import CompiledMessage
from messaging.errors import CannotSend, MessagingError
from messaging.models import Campaign, Delivery
from messaging.services.campaigns import ask_right
from messaging.services.compiling import compile_campaign
from messaging.services.recipients import READER
from messaging.services.service_messages import NOBODY, add_to_ledger, standing_campaign

MOST_ADDRESSES = 10
PREFIX = "test:"
"""Standing campaigns of tests begin so; what comes back from them counts nowhere."""


class TooManyAddresses(MessagingError):
    """A test goes to a few people of the team, never to an audience."""


@transaction.atomic
def send_test(
    *, campaign: Campaign, addresses: Sequence[str], by: User, reader: Contact | None = None
) -> list[Delivery]:
    """Send the mailing as it is now to these addresses, its subject marked [Test].

    `reader`: whose data the merge fields take; without one, a person of whom nothing is known. Raises
    ContentError, InvalidAddress, CannotSend without a sender, or TooManyAddresses.
    """
    ask_right(by, Right.EDIT_CAMPAIGN)
    if not 0 < len(addresses) <= MOST_ADDRESSES:
        raise TooManyAddresses(_("A test goes to 1 to %(most)d addresses.") % {"most": MOST_ADDRESSES})
    if campaign.sender is None:
        raise CannotSend(_("Choose a sender."))
    for address in addresses:
        normalise_email(address)
    compiled = _marked(campaign)
    standing = standing_campaign(
        key=f"{PREFIX}{campaign.pk}:{compiled.version}:{campaign.sender.pk}",
        name=(_("Test of %(name)s") % {"name": campaign.name})[:150],
        compile_content=lambda: compiled,
        sender=campaign.sender,
    )
    audit.record(action="campaign.test", on=campaign, by=by, detail={"addresses": len(addresses)})
    return [
        add_to_ledger(
            campaign=standing,
            contact_id=NOBODY,  # it is not the reader who receives it
            address=address.strip(),
            occasion=f"test-{secrets.token_hex(8)}",
            language=reader.language if reader is not None else by.language,
            context={READER: reader.pk} if reader is not None else None,
        )
        for address in dict.fromkeys(addresses)
    ]


def _marked(campaign: Campaign) -> CompiledMessage:
    marked = Campaign(**{name: getattr(campaign, name) for name in ("blocks", "preview_text")})
    marked.subject = f"[{_('Test')}] {campaign.subject}"[:200]
    marked.tracking = False
    return compile_campaign(marked)
