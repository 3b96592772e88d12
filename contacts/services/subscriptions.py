"""Newsletters that people choose, and leave."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.models import Contact, Newsletter, Source, Subscription


@transaction.atomic
def subscribe(
    *,
    contact: Contact,
    newsletter: Newsletter,
    source: Source | None,
    at: datetime | None = None,
    by: User | None,
) -> Subscription:
    """Note that a person chose a newsletter; the one in force when they receive it already.

    A subscription opens no channel by itself: the person's consent or the source's basis does.
    """
    values = {"source": source} | ({"started_at": at} if at is not None else {})
    subscription, created = Subscription.objects.get_or_create(
        contact=contact, newsletter=newsletter, ended_at=None, defaults=values
    )
    if created:
        audit.record(action="subscription.start", on=contact, by=by, detail={"newsletter": newsletter.pk})
    return subscription


@transaction.atomic
def end_subscription(*, contact: Contact, newsletter: Newsletter, by: User | None) -> bool:
    """Note that a person left a newsletter; False when they did not receive it."""
    ended = Subscription.objects.filter(contact=contact, newsletter=newsletter, ended_at=None).update(
        ended_at=Now()
    )
    if ended:
        audit.record(action="subscription.end", on=contact, by=by, detail={"newsletter": newsletter.pk})
    return bool(ended)


@transaction.atomic
def end_all_subscriptions(*, contact: Contact, by: User | None) -> int:
    """Note that a person left every newsletter; gives how many they received."""
    ended = Subscription.objects.filter(contact=contact, ended_at=None).update(ended_at=Now())
    if ended:
        audit.record(action="subscription.end_all", on=contact, by=by, detail={"ended": ended})
    return ended
