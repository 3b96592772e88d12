"""How fast one mailing leaves: so many messages an hour, or so that the last one leaves at a given hour."""

from __future__ import annotations

from messaging.dispatch.clock import database_now
from messaging.models import Campaign, CampaignPace, CampaignWatch


def rate_of(campaign: Campaign) -> float | None:
    """Messages a second that may leave now; None: as fast as everything else allows.

    Past its end a mailing is late: it leaves at full speed.
    """
    pace = CampaignPace.objects.filter(pk=campaign.pk).first()
    if pace is None:
        return None
    if pace.per_hour is not None:
        return pace.per_hour / 3600
    if pace.spread_until is None:
        return None
    seconds = (pace.spread_until - database_now()).total_seconds()
    return left_of(campaign) / seconds if seconds > 0 else None


def left_of(campaign: Campaign) -> int:
    """Messages that have still to leave, as last counted; at least one."""
    watch = CampaignWatch.objects.filter(pk=campaign.pk).only("left").first()
    return max(1, watch.left if watch is not None else campaign.audience_count or 1)
