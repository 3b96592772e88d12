"""Newsletters that people choose, and leave."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.models import Contact, Newsletter, Source, Subscription
from contacts.services.kept_refusals import keep_ended
from contacts.services.relationships import refresh_relationships


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
        refresh_relationships([contact.pk])
    return subscription


@transaction.atomic
def end_subscription(*, contact: Contact, newsletter: Newsletter, by: User | None) -> bool:
    """Note that a person left a newsletter; False when they did not receive it."""
    ended = _end(Subscription.objects.filter(contact=contact, newsletter=newsletter), contact)
    if ended:
        audit.record(action="subscription.end", on=contact, by=by, detail={"newsletter": newsletter.pk})
        refresh_relationships([contact.pk])
    return bool(ended)


@transaction.atomic
def end_all_subscriptions(*, contact: Contact, by: User | None) -> int:
    """Note that a person left every newsletter; gives how many they received."""
    ended = _end(Subscription.objects.filter(contact=contact), contact)
    if ended:
        audit.record(action="subscription.end_all", on=contact, by=by, detail={"ended": ended})
        refresh_relationships([contact.pk])
    return ended


def _end(rows: QuerySet[Subscription], contact: Contact) -> int:
    running = rows.filter(ended_at=None).select_for_update().order_by("pk")
    newsletters = list(running.values_list("pk", "newsletter_id"))
    Subscription.objects.filter(pk__in=[pk for pk, _newsletter in newsletters]).update(ended_at=Now())
    if newsletters:
        ended = Subscription.objects.get(pk=newsletters[0][0])
        assert ended.ended_at is not None  # noqa: S101 - written above
        keep_ended(contact, [newsletter for _pk, newsletter in newsletters], ended.ended_at)
    return len(newsletters)
