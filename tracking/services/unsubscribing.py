"""Leaving: in one click from a mail reader (RFC 8058), or on a page that offers less first.

The token alone is enough, also years later with its delivery and campaign gone: it carries the keyed hash of
the address. What the person asks takes effect in this transaction; a message not yet handed over is stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from campaign_crm.platform.locks import wait_for_turn
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.merging.redirects import present_contact
from contacts.models import Consent, Contact, Newsletter, Suppression
from contacts.services.consents import record_consent
from contacts.services.sources import preference_page_source
from contacts.services.subscriptions import end_subscription
from contacts.services.suppressions import lift_by_person, suppress
from messaging.content.tokens import TESTS, UnsubscribeToken
from tracking.services.departures import Recipient, note_departure, note_return

WAY_BACK = timedelta(hours=1)
"""How long the page of a departure can undo it."""


@dataclass(frozen=True)
class Leaving:
    """What the token says: who leaves (None once erased), on which channel, from which newsletter."""

    token: UnsubscribeToken
    contact: Contact | None
    newsletter: Newsletter | None

    @property
    def is_test(self) -> bool:
        """The link of a test message: it shows the page and changes nothing."""
        return self.token.address_hash == TESTS

    @property
    def channel(self) -> Channel:
        return Channel(self.token.channel)

    @property
    def recipient(self) -> Recipient:
        contact = self.contact.pk if self.contact else None
        return Recipient(self.token.campaign, self.token.ledger_month, contact)


def leaving_of(token: UnsubscribeToken) -> Leaving:
    """The person and newsletter of a token, as far as they still exist."""
    contact = present_contact(token.contact)
    newsletter = Newsletter.objects.filter(pk=token.newsletter).first() if token.newsletter else None
    return Leaving(token, contact, newsletter)


@transaction.atomic
def leave_everything(leaving: Leaving) -> None:
    """End every political message on the channel, for this address; asked again, nothing more is written.

    The address may be a household's: the objection holds for everybody who has it, and the withdrawal is kept
    for each of them who asked, so that one who comes back brings nobody else back.
    """
    token = leaving.token
    _one_at_a_time(leaving)
    newly = _objection(leaving) is None
    if newly:
        suppress(
            address_hash=token.address_hash,
            channel=leaving.channel,
            scope=SuppressionScope.POLITICAL,
            reason=SuppressionReason.UNSUBSCRIBE,
            detail={"campaign": token.campaign},
            by=None,
        )
    withdraws = leaving.contact is not None and newest_word(leaving.contact, leaving.channel) is not False
    if leaving.contact is not None and withdraws:
        record_consent(
            contact=leaving.contact,
            channel=leaving.channel,
            purpose=ConsentPurpose.MESSAGES,
            given=False,
            proof={"campaign": token.campaign, "how": "unsubscribe link"},
            by=None,
        )
    if newly or withdraws:
        note_departure(leaving.recipient, {"from": "everything"})


@transaction.atomic
def leave_newsletter(leaving: Leaving) -> None:
    """End one newsletter only; everything else goes on."""
    if leaving.contact is None or leaving.newsletter is None:
        leave_everything(leaving)
        return
    if end_subscription(contact=leaving.contact, newsletter=leaving.newsletter, by=None):
        note_departure(leaving.recipient, {"from": "newsletter", "newsletter": leaving.newsletter.pk})


@transaction.atomic
def come_back(leaving: Leaving) -> bool:
    """Undo a departure, by the same person on the same page, soon after: their own act.

    False when it is no longer the way: what was said long ago, or elsewhere, is taken back by signing up and
    confirming. A link may be in a message that was passed on.
    """
    token = leaving.token
    _one_at_a_time(leaving)
    objection = _objection(leaving)
    if objection is None:
        return newest_word(leaving.contact, leaving.channel) is not False if leaving.contact else True
    if not _left_just_now(objection, token):
        return False
    lift_by_person(
        address_hash=token.address_hash,
        channel=leaving.channel,
        proof={"campaign": token.campaign, "how": "unsubscribe page"},
    )
    if leaving.contact is not None:
        record_consent(
            contact=leaving.contact,
            channel=leaving.channel,
            purpose=ConsentPurpose.MESSAGES,
            given=True,
            source=preference_page_source(),
            proof={"campaign": token.campaign, "how": "came back on the unsubscribe page"},
            by=None,
        )
    note_return(leaving.recipient, {"came_back": True})
    return True


def newest_word(contact: Contact, channel: Channel) -> bool | None:
    """What the person said last of messages on a channel; None when they said nothing."""
    said: bool | None = (
        Consent.objects.filter(contact=contact, channel=channel, purpose=ConsentPurpose.MESSAGES)
        .order_by("-at", "-id")
        .values_list("given", flat=True)
        .first()
    )
    return said


def _objection(leaving: Leaving) -> Suppression | None:
    found: Suppression | None = (
        Suppression.objects.in_force()
        .filter(
            address_hash=leaving.token.address_hash,
            channel=leaving.channel,
            scope=SuppressionScope.POLITICAL,
        )
        .first()
    )
    return found


def _left_just_now(objection: Suppression, token: UnsubscribeToken) -> bool:
    return (
        objection.reason == SuppressionReason.UNSUBSCRIBE
        and objection.detail.get("campaign") == token.campaign
        and timezone.now() - objection.at <= WAY_BACK
    )


def _one_at_a_time(leaving: Leaving) -> None:
    """Mail readers send the same request twice at once."""
    wait_for_turn(f"leaving {leaving.channel} {leaving.token.address_hash.hex()}")
