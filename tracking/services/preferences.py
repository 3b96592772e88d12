"""What a person chose to receive, changed by themselves on the page of their link."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaign_crm.platform.locks import wait_for_turn
from contacts.enums import Channel, ConsentPurpose, UnreachableReason
from contacts.models import Consent, Contact, Newsletter, Reach, Source, Subscription
from contacts.services.consents import current_wording, record_consent
from contacts.services.frequency import choose_frequency, chosen_days
from contacts.services.objections import record_objection
from contacts.services.sources import preference_page_source
from contacts.services.subscriptions import end_all_subscriptions, end_subscription, subscribe
from messaging.models import Campaign
from tracking.enums import InteractionKind
from tracking.services.departures import Recipient, note_departure, note_return
from tracking.services.interactions import record_interaction

ON_OUR_PAGE = {"how": "preferences page"}
OFFERED = (ConsentPurpose.MESSAGES, ConsentPurpose.TARGETING, ConsentPurpose.MEASUREMENT)


@dataclass(frozen=True)
class Preferences:
    """What holds now: purposes on the channel, and newsletters received.

    `objected`: the address is on the do-not-contact list, so that no message comes whatever is ticked; only a
    new, confirmed sign-up changes that.
    """

    purposes: frozenset[ConsentPurpose]
    newsletters: frozenset[int]
    objected: bool = False
    days: int = 0
    """At least so many days between two messages; 0: no limit."""

    @property
    def offered(self) -> tuple[ConsentPurpose, ...]:
        """Purposes whose box does something."""
        return tuple(
            purpose for purpose in OFFERED if not self.objected or purpose != ConsentPurpose.MESSAGES
        )


def preferences_of(contact: Contact, channel: Channel) -> Preferences:
    """The newest word on each purpose, and open subscriptions.

    Who said nothing about messages may receive them by what the source allows: that is shown as it is, so
    that unticking the box ends it.
    """
    entries = (
        Consent.objects.filter(contact=contact, channel=channel, purpose__in=OFFERED)
        .order_by("purpose", "-at", "-id")
        .distinct("purpose")
    )
    said = {ConsentPurpose(entry.purpose): entry.given for entry in entries}
    reach, today = Reach.objects.filter(contact=contact, channel=channel).first(), timezone.localdate()
    if ConsentPurpose.MESSAGES not in said and reach is not None and not reach.closed_because(today):
        said[ConsentPurpose.MESSAGES] = True
    subscribed = Subscription.objects.filter(contact=contact, ended_at=None).values_list(
        "newsletter", flat=True
    )
    return Preferences(
        frozenset(purpose for purpose, given in said.items() if given),
        frozenset(subscribed),
        objected=reach is not None and reach.reason == UnreachableReason.SUPPRESSED,
        days=chosen_days(contact, channel),
    )


@transaction.atomic
def change_preferences(
    *,
    contact: Contact,
    channel: Channel,
    wanted: Preferences,
    campaign: int = 0,
    source: Source | None = None,
    proof: dict[str, Any] | None = None,
) -> None:
    """Write down each difference, and nothing else.

    `source` and `proof` say where the person chose, when it was on no page of ours. `campaign`: the mailing
    whose message brought them to the page; its report counts whoever ends messages or newsletters here and
    begins none.
    """
    wait_for_turn(f"preferences {contact.pk}")
    held = preferences_of(contact, channel)
    changed = [
        purpose for purpose in held.offered if (purpose in wanted.purposes) != (purpose in held.purposes)
    ]
    source = source or preference_page_source()
    for purpose in changed:
        given = purpose in wanted.purposes
        record_consent(
            contact=contact,
            channel=channel,
            purpose=purpose,
            given=given,
            source=source if given else None,
            wording=current_wording(channel, purpose, contact.language) if given else None,
            proof=proof or ON_OUR_PAGE,
            by=None,
        )
    messages = ConsentPurpose.MESSAGES in changed
    begun = messages and ConsentPurpose.MESSAGES in wanted.purposes
    ended = messages and not begun
    for newsletter in Newsletter.objects.filter(pk__in=wanted.newsletters - held.newsletters, is_open=True):
        subscribe(contact=contact, newsletter=newsletter, source=source, by=None)
        begun = True
    for newsletter in Newsletter.objects.filter(pk__in=held.newsletters - wanted.newsletters):
        end_subscription(contact=contact, newsletter=newsletter, by=None)
        ended = True
    rhythm = choose_frequency(contact=contact, channel=channel, days=wanted.days)
    if changed or begun or ended or rhythm:
        returns = begun and not held.objected
        _note(contact, channel, campaign, leaves=ended and not begun, returns=returns)


def other_channels(contact: Contact, channel: Channel) -> dict[Channel, Preferences]:
    """What holds on the other channels by which the person has an address or a number."""
    reach = Reach.objects.filter(contact=contact, point_id__isnull=False).exclude(channel=channel)
    known = set(reach.values_list("channel", flat=True))
    return {one: preferences_of(contact, one) for one in Channel if one.value in known}


@transaction.atomic
def change_other_channels(*, contact: Contact, channel: Channel, wanted: Collection[Channel]) -> None:
    """Messages on the other channels, each on or off; an objection made elsewhere holds all the same."""
    for other, held in other_channels(contact, channel).items():
        purposes = held.purposes - {ConsentPurpose.MESSAGES}
        if other in wanted:
            purposes |= {ConsentPurpose.MESSAGES}
        change_preferences(contact=contact, channel=other, wanted=replace(held, purposes=purposes))


@transaction.atomic
def leave_all(*, contact: Contact, channel: Channel, campaign: int = 0) -> None:
    """End every political message on every channel, and every newsletter, until they sign up anew.

    Asked again, nothing more is written. `campaign`: whose message brought them to the page.
    """
    wait_for_turn(f"preferences {contact.pk}")
    ended = end_all_subscriptions(contact=contact, by=None)
    open_still = [one for one in Channel if not _is_closed(contact, one)]
    record_objection(contact=contact, channels=open_still, proof={"how": "preferences page"}, by=None)
    if ended or open_still:
        _note(contact, channel, campaign, leaves=True, returns=False)


def _is_closed(contact: Contact, channel: Channel) -> bool:
    """Whether their last word on a channel ended it, and every address of theirs knows."""
    last = Consent.objects.filter(contact=contact, channel=channel, purpose=ConsentPurpose.MESSAGES)
    word = last.order_by("-at", "-id").values_list("given", flat=True).first()
    reach = Reach.objects.filter(contact=contact, channel=channel).first()
    return word is False and (
        reach is None or reach.point_id is None or reach.reason == UnreachableReason.SUPPRESSED
    )


def _note(contact: Contact, channel: Channel, campaign: int, *, leaves: bool, returns: bool) -> None:
    """A line on the timeline; in the report of the mailing, one who left or who is back."""
    data = {"from": "preferences", "channel": channel}
    month = Campaign.objects.filter(pk=campaign).values_list("ledger_month", flat=True).first()
    if month is not None:
        recipient = Recipient(campaign, month, contact.pk)
        if leaves:
            note_departure(recipient, data)
            return
        if returns and note_return(recipient, data):
            return
    record_interaction(kind=InteractionKind.PREFERENCES, contact_id=contact.pk, data={"channel": channel})
