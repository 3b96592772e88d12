"""What a person chose to receive, changed by themselves on the page of their link."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from contacts.enums import Channel, ConsentPurpose
from contacts.models import Consent, Contact, Newsletter, Subscription
from contacts.services.consents import current_wording, record_consent
from contacts.services.sources import preference_page_source
from contacts.services.subscriptions import end_subscription, subscribe
from tracking.enums import InteractionKind
from tracking.services.interactions import record_interaction

OFFERED = (ConsentPurpose.MESSAGES, ConsentPurpose.TARGETING, ConsentPurpose.MEASUREMENT)


@dataclass(frozen=True)
class Preferences:
    """What holds now: purposes agreed to on the channel, and newsletters received."""

    purposes: frozenset[ConsentPurpose]
    newsletters: frozenset[int]


def preferences_of(contact: Contact, channel: Channel) -> Preferences:
    """The newest word on each purpose, and open subscriptions."""
    entries = (
        Consent.objects.filter(contact=contact, channel=channel, purpose__in=OFFERED)
        .order_by("purpose", "-at", "-id")
        .distinct("purpose")
    )
    given = frozenset(ConsentPurpose(entry.purpose) for entry in entries if entry.given)
    subscribed = Subscription.objects.filter(contact=contact, ended_at=None).values_list(
        "newsletter", flat=True
    )
    return Preferences(given, frozenset(subscribed))


@transaction.atomic
def change_preferences(*, contact: Contact, channel: Channel, wanted: Preferences) -> None:
    """Write down each difference, and nothing else."""
    held = preferences_of(contact, channel)
    for purpose in OFFERED:
        if (purpose in wanted.purposes) != (purpose in held.purposes):
            _say(contact, channel, purpose, given=purpose in wanted.purposes)
    for newsletter in Newsletter.objects.filter(pk__in=wanted.newsletters - held.newsletters, is_open=True):
        subscribe(contact=contact, newsletter=newsletter, source=preference_page_source(), by=None)
    for newsletter in Newsletter.objects.filter(pk__in=held.newsletters - wanted.newsletters):
        end_subscription(contact=contact, newsletter=newsletter, by=None)
    if wanted != held:
        record_interaction(kind=InteractionKind.PREFERENCES, contact_id=contact.pk, data={"channel": channel})


def _say(contact: Contact, channel: Channel, purpose: ConsentPurpose, *, given: bool) -> None:
    record_consent(
        contact=contact,
        channel=channel,
        purpose=purpose,
        given=given,
        source=preference_page_source() if given else None,
        wording=current_wording(channel, purpose, contact.language) if given else None,
        proof={"how": "preferences page"},
        by=None,
    )
