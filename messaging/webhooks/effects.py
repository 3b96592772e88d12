"""What events do beside the ledger: to addresses, to what people are sent, and to the mailing.

An address that does not exist, or whose owner reported spam, is not written to again by anybody. What is
refused because of us (policy, reputation) stops nobody's address: many of it pause the mailing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_noop

from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.merging.redirects import present_contact
from contacts.registry import Departure, registry
from contacts.services.consents import record_consent
from contacts.services.stopped_addresses import Stopped, stop_addresses
from messaging.dispatch.circuit import PauseReason
from messaging.dispatch.lifecycle import pause_for
from messaging.dispatch.reported import Found, answer_of
from messaging.dispatch.soft_returns import Person, stop_worn_out
from messaging.enums import CampaignState
from messaging.models import Campaign, Feedback
from messaging.providers.base import EventKind, Fault

POLICY_BLOCKS = 20
POLICY_SHARE = 0.02
"""A mailing pauses when so many of its messages, and this share of those whose end is known, came back for a
reason of ours: some servers refuse everybody, and that alone is no reason."""

REFUSED_FOR_US = gettext_noop("Receiving servers refuse the messages for a reason of ours")

_FAULTS = {
    Fault.RECIPIENT: Feedback.Kind.HARD,
    Fault.SENDER: Feedback.Kind.POLICY,
    Fault.MESSAGE: Feedback.Kind.BLOCK,
    Fault.MAILBOX: Feedback.Kind.SOFT,
    Fault.ACCOUNT: Feedback.Kind.SOFT,
}
_KNOWN_ENDS = """
SELECT count(*) FROM messaging_delivery d
LEFT JOIN messaging_provideraccount a ON a.id = d.provider_account_id
WHERE d.ledger_month = %(month)s AND d.campaign_id = %(campaign)s
    AND (d.state IN ('delivered', 'bounced', 'complained')
        OR d.state = 'accepted' AND coalesce(a.hook_kind, '') = '')
    AND (%(since)s::timestamptz IS NULL OR d.settled_at > %(since)s)
"""
_ADD = """
INSERT INTO messaging_feedback (account_id, event, kind, address_hash, campaign_id, at, enhanced, text)
SELECT * FROM unnest(%(accounts)s::bigint[], %(events)s::bytea[], %(kinds)s::text[], %(hashes)s::bytea[],
    %(campaigns)s::bigint[], %(moments)s::timestamptz[], %(enhanced)s::text[], %(texts)s::text[])
ON CONFLICT DO NOTHING RETURNING account_id, event
"""


def kind_of(found: Found) -> Feedback.Kind | None:
    """What kind of feedback an event is; None when it is none (accepted, delivered, deferred, opened…)."""
    event = found.event
    match event.kind:
        case EventKind.COMPLAINED:
            return Feedback.Kind.COMPLAINT
        case EventKind.UNSUBSCRIBED:
            return Feedback.Kind.DEPARTURE
        case EventKind.BOUNCED:
            return _FAULTS.get(event.fault, Feedback.Kind.SOFT)
        case EventKind.REFUSED:
            return _FAULTS.get(event.fault, Feedback.Kind.BLOCK)
    return None


def draw(found: Sequence[Found]) -> set[int]:
    """Everything events do to addresses, in the caller's transaction, once an event.

    Returns the campaigns to look at afterwards (`look_at`).
    """
    fresh = _note([(one, kind) for one in found if (kind := kind_of(one)) is not None])
    _stop(fresh, Feedback.Kind.HARD, SuppressionReason.HARD_BOUNCE)
    _stop(fresh, Feedback.Kind.COMPLAINT, SuppressionReason.COMPLAINT)
    _leave([one for one, kind in fresh if kind is Feedback.Kind.DEPARTURE])
    _stop_worn_out([one for one, kind in fresh if kind is Feedback.Kind.SOFT])
    return {one.ledger.campaign for one, kind in fresh if kind is Feedback.Kind.POLICY}


def look_at(campaigns: Iterable[int]) -> int:
    """Pause the mailings that come back for a reason of ours; returns how many.

    After somebody let one go on, what came back before no longer counts.
    """
    asked = Campaign.objects.mailings().filter(pk__in=list(campaigns), state=CampaignState.SENDING)
    paused = 0
    for campaign in asked.select_related("watch").only("ledger_month", "watch__resumed_at"):
        watch = getattr(campaign, "watch", None)
        since = watch.resumed_at if watch is not None else None
        blocks = Feedback.objects.filter(campaign=campaign, kind=Feedback.Kind.POLICY)
        blocks = blocks.filter(at__gt=since) if since is not None else blocks
        number = blocks.count()
        if number >= POLICY_BLOCKS and number >= POLICY_SHARE * _known_ends(campaign, since):
            paused += pause_for(campaign.pk, PauseReason(REFUSED_FOR_US, blocks.latest("pk").text))
    return paused


def _known_ends(campaign: Campaign, since: datetime | None) -> int:
    """Messages whose end is known. A way out that reports nothing never tells that one was delivered: what a
    server took from it and did not send back counts as such."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_ENDS, {"month": campaign.ledger_month, "campaign": campaign.pk, "since": since})
        return int(cursor.fetchone()[0])


def _note(given: Sequence[tuple[Found, Feedback.Kind]]) -> list[tuple[Found, Feedback.Kind]]:
    """Write feedback down; those that were not known yet."""
    by_event = {(one.account, _digest(one)): (one, kind) for one, kind in given}
    if not by_event:
        return []
    listed = list(by_event.items())
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            {
                "accounts": [account for (account, _event), _given in listed],
                "events": [event for (_account, event), _given in listed],
                "kinds": [kind.value for _key, (_one, kind) in listed],
                "hashes": [one.address_hash for _key, (one, _kind) in listed],
                "campaigns": [one.ledger.campaign for _key, (one, _kind) in listed],
                "moments": [one.event.at for _key, (one, _kind) in listed],
                "enhanced": [one.event.enhanced[:12] for _key, (one, _kind) in listed],
                "texts": [answer_of(one.event) for _key, (one, _kind) in listed],
            },
        )
        return [by_event[account, bytes(event)] for account, event in cursor.fetchall()]


def _digest(one: Found) -> bytes:
    return hashlib.sha256(f"{one.event.kind} {one.event.event_id}".encode()).digest()


def _stop(
    fresh: Sequence[tuple[Found, Feedback.Kind]], wanted: Feedback.Kind, reason: SuppressionReason
) -> None:
    by_channel: dict[str, list[Stopped]] = {}
    for one, kind in fresh:
        if kind is wanted:
            detail = {"campaign": one.ledger.campaign, "code": one.event.enhanced or one.event.code}
            by_channel.setdefault(one.channel, []).append(Stopped(one.address_hash, detail))
    for channel, stopped in by_channel.items():
        stop_addresses(
            channel=Channel(channel), scope=SuppressionScope.EVERYTHING, reason=reason, stopped=stopped
        )


def _stop_worn_out(soft: Sequence[Found]) -> None:
    by_mailing: dict[tuple[int, str], list[Person]] = {}
    for one in soft:
        person = Person(one.key.contact, one.address_hash)
        by_mailing.setdefault((one.ledger.campaign, one.channel), []).append(person)
    for (campaign, channel), people in by_mailing.items():
        stop_worn_out(people, campaign, Channel(channel))


def _leave(departures: Sequence[Found]) -> None:
    """As a click on our own link that leaves everything; few people find a provider's own way."""
    by_channel: dict[str, list[Stopped]] = {}
    for one in departures:
        by_channel.setdefault(one.channel, []).append(
            Stopped(one.address_hash, {"campaign": one.ledger.campaign})
        )
    for channel, stopped in by_channel.items():
        stop_addresses(
            channel=Channel(channel),
            scope=SuppressionScope.POLITICAL,
            reason=SuppressionReason.UNSUBSCRIBE,
            stopped=stopped,
        )
    for one in departures:
        contact = present_contact(one.key.contact)
        if contact is not None:
            record_consent(
                contact=contact,
                channel=Channel(one.channel),
                purpose=ConsentPurpose.MESSAGES,
                given=False,
                proof={"campaign": one.ledger.campaign, "how": "unsubscribed at the provider"},
                by=None,
            )
        for tell in registry.departures.values():
            tell(Departure(one.ledger.campaign, one.ledger.month, contact.pk if contact else None))
