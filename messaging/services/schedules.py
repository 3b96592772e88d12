"""Until when a mailing may leave, and taking it off the calendar again."""

from __future__ import annotations

from datetime import datetime, timedelta

from contacts.enums import Channel, MessageKind
from contacts.segments.audience import resolve_audience
from contacts.services.silence import begins_between, count_muted
from messaging.enums import CampaignState
from messaging.models import Campaign
from messaging.services.muted import people_of

LASTS = timedelta(days=14)  # where nobody chose: longer than most warm-ups, shorter than a text stays true


def unschedule(campaign: Campaign) -> list[str]:
    """A schedule was for these recipients and this kind of message; returns the fields it changed."""
    if campaign.state != CampaignState.SCHEDULED:
        return []
    campaign.state, campaign.scheduled_at = CampaignState.DRAFT, None
    return ["state", "scheduled_at"]


def last_moment(campaign: Campaign, leaves_at: datetime) -> datetime:
    """Until when a mailing may leave: as somebody chose, else two weeks on, and no longer than before a vote.

    What the silence before their vote would hold back, of most of its people, is not sent after it.
    """
    if campaign.send_until is not None:
        return campaign.send_until
    until = leaves_at + LASTS
    if campaign.kind != MessageKind.POLITICAL:
        return until
    for begins_at, of_all in begins_between(campaign.scope, leaves_at, until):
        if of_all or _mutes_most(campaign, begins_at):
            return begins_at
    return until


def _mutes_most(campaign: Campaign, moment: datetime) -> bool:
    """Whether most recipients of a mailing are muted by a vote of a part of the country."""
    people = people_of(campaign, resolve_audience(campaign.audience, channel=Channel(campaign.channel)))
    muted = count_muted(people, moment)
    return muted > 0 and 2 * muted > people.count()
