"""Which mailing a donation came by: the reference that its link carried, else the giver's last click.

Links carry the mailing's name for web statistics (`utm_campaign`); a payment page gives it back. "m" and the
number of a mailing work as well. Clicks are known of people who agreed to be measured, and of nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit

from django.utils import timezone

from messaging.models import Campaign, Link
from tracking.enums import HitClass, InteractionKind
from tracking.models import Donation, DonationRule, Interaction

WITHIN = timedelta(days=7)
_NUMBER = re.compile(r"m(\d{1,15})", re.IGNORECASE)


def campaigns_named(references: Iterable[str]) -> dict[str, int]:
    """{reference: mailing} of those that name one; of mailings with one name, the newest that has left."""
    wanted = {one for one in references if one}
    numbers = {one: int(found[1]) for one in wanted if (found := _NUMBER.fullmatch(one.strip()))}
    known = set(Campaign.objects.filter(pk__in=numbers.values()).values_list("pk", flat=True))
    named = Campaign.objects.filter(utm_campaign__in=wanted, started_at__isnull=False).order_by("started_at")
    found = dict(named.values_list("utm_campaign", "pk"))
    return found | {one: number for one, number in numbers.items() if number in known}


def last_clicked(donations: Sequence[Donation]) -> dict[int, int]:
    """{donation: mailing} by the giver's last click on a link to the page where people give."""
    host = urlsplit(DonationRule.current().page).hostname
    if not donations or not host:
        return {}
    last_days = {one.pk: _end_of(one.given_on) for one in donations}
    clicks = Interaction.objects.filter(
        kind=InteractionKind.CLICK,
        hit_class=HitClass.HUMAN,
        contact__in={one.contact_id for one in donations},
        at__gte=min(last_days.values()) - WITHIN,
        at__lt=max(last_days.values()),
        link_number__isnull=False,
    ).order_by("-at")
    rows = list(clicks.values_list("contact_id", "campaign_id", "link_number", "at"))
    links = Link.objects.filter(campaign__in={campaign for _c, campaign, _n, _at in rows})
    leading = {(link.campaign_id, link.number) for link in links if urlsplit(link.url).hostname == host}
    found: dict[int, int] = {}
    for one in donations:
        until = last_days[one.pk]
        for contact, campaign, number, at in rows:
            if contact == one.contact_id and (campaign, number) in leading and until - WITHIN <= at < until:
                found[one.pk] = campaign
                break
    return found


def _end_of(day: object) -> datetime:
    return timezone.make_aware(datetime.combine(day, time())) + timedelta(days=1)  # type: ignore[arg-type]
