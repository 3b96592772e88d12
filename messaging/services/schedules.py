"""Until when a mailing may leave, and taking it off the calendar again."""

from __future__ import annotations

from datetime import datetime, timedelta

from contacts.enums import MessageKind
from contacts.services.elections import silence_between
from messaging.enums import CampaignState
from messaging.models import Campaign

LASTS = timedelta(days=14)  # where nobody chose: longer than most warm-ups, shorter than a text stays true


def unschedule(campaign: Campaign) -> list[str]:
    """A schedule was for these recipients and this kind of message; returns the fields it changed."""
    if campaign.state != CampaignState.SCHEDULED:
        return []
    campaign.state, campaign.scheduled_at = CampaignState.DRAFT, None
    return ["state", "scheduled_at"]


def last_moment(campaign: Campaign, leaves_at: datetime) -> datetime:
    """Until when a mailing may leave: as somebody chose, else two weeks on, and no longer than before a vote.

    What the silence before a vote of the whole country would hold back is not sent after it.
    """
    if campaign.send_until is not None:
        return campaign.send_until
    until = leaves_at + LASTS
    if campaign.kind != MessageKind.POLITICAL:
        return until
    silence = silence_between(leaves_at, until)
    return silence if silence is not None else until
