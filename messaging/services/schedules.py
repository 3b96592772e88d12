"""Taking a mailing off the calendar again."""

from __future__ import annotations

from messaging.enums import CampaignState
from messaging.models import Campaign


def unschedule(campaign: Campaign) -> list[str]:
    """A schedule was for these recipients and this kind of message; returns the fields it changed."""
    if campaign.state != CampaignState.SCHEDULED:
        return []
    campaign.state, campaign.scheduled_at = CampaignState.DRAFT, None
    return ["state", "scheduled_at"]
