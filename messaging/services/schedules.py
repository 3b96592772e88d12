"""Until when a mailing may leave, and taking it off the calendar again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from contacts.enums import Channel, MessageKind
from contacts.segments.audience import resolve_audience
from contacts.services.silence import Begin, begins_between, count_muted
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
    found = [_begin_for(campaign, begins) for begins in begins_between(campaign.scope, leaves_at, until)]
    return min([until, *(begin for begin in found if begin is not None)])


def _begin_for(campaign: Campaign, begins: Sequence[Begin]) -> datetime | None:
    """When a round of voting mutes a mailing, or most of its people; None when it does not.

    One count tells it nearly always: of everybody whom the round mutes, at its last beginning.
    """
    of_all = next((begin.at for begin in begins if begin.of_all), None)
    if of_all is not None:
        return of_all
    people = people_of(campaign, resolve_audience(campaign.audience, channel=Channel(campaign.channel)))
    muted = count_muted(people, begins[-1].at)
    if not muted or 2 * muted <= people.count():
        return None
    most = muted / 2
    return next(begin.at for begin in begins if count_muted(people, begin.at) > most)
