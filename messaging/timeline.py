"""Messages on a person's timeline."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.merging.redirects import all_numbers
from contacts.registry import TimelineEntry
from messaging.content.syntax import has_liquid
from messaging.enums import SHOWN_AS, DeliveryState
from messaging.models import Campaign, Delivery


def shown_subject(campaign: Campaign) -> str:
    """The subject as people read it; the mailing's name when it has none, or one with variables in it."""
    plain = campaign.subject and not has_liquid(campaign.subject)
    return campaign.subject if plain else campaign.name


def deliveries(contact_id: int, before: datetime | None, limit: int) -> list[TimelineEntry]:
    """Messages handed over to a provider, with what became of them."""
    found = Delivery.objects.filter(Q(handed_at__isnull=False), contact_id__in=all_numbers([contact_id]))
    if before is not None:
        found = found.filter(handed_at__lt=before)
    lines = []
    for delivery in found.select_related("campaign").order_by("-handed_at")[:limit]:
        campaign, state = delivery.campaign, DeliveryState(delivery.state)
        lines.append(
            TimelineEntry(
                at=delivery.handed_at,  # type: ignore[arg-type]  # filtered above
                kind="delivery",
                title=_("Message “%(subject)s”") % {"subject": shown_subject(campaign)},
                detail=str(SHOWN_AS[state].label),
                url="" if campaign.standing_for else reverse("messaging:campaign", args=[campaign.pk]),
                icon="mail",
            )
        )
    return lines


def with_deliveries(contact_ids: list[int]) -> set[int]:
    """Those of some people whom the ledger knows."""
    known = Delivery.objects.filter(contact_id__in=contact_ids)
    return set(known.values_list("contact_id", flat=True).distinct())
