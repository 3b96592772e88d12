"""What the silence before a vote does to a planned mailing. Reads only; the gate asks each message."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.enums import Channel, MessageKind
from contacts.models.contact import ContactQuerySet
from contacts.segments.audience import Audience
from contacts.services.silence import count_muted, silence_for, why_silent
from messaging.models import Campaign
from messaging.services.approval_state import approval_of


def why_muted(campaign: Campaign) -> str:
    """Why it may not leave at its hour, or now; empty when no silence of all its places holds then."""
    silence = silence_for(campaign.scope, campaign.scheduled_at or timezone.now())
    if silence is None:
        return ""
    if campaign.kind == MessageKind.SERVICE:
        last = approval_of(campaign)
        if last is not None and last.approved and last.decided_at and last.decided_at < silence.begins_at:
            return ""
        return _(
            "During the silence before a vote, service messages leave only if they were approved before."
        )
    return why_silent(silence)


def count_muted_recipients(campaign: Campaign, audience: Audience) -> int:
    """Of a political mailing, recipients whom the silence of their own place holds back at its hour.

    For where no silence holds for the whole mailing: people overseas, abroad, or in a by-election.
    """
    moment = campaign.scheduled_at or timezone.now()
    if campaign.kind != MessageKind.POLITICAL or silence_for(campaign.scope, moment) is not None:
        return 0
    return count_muted(people_of(campaign, audience), moment)


def people_of(campaign: Campaign, audience: Audience) -> ContactQuerySet:
    """Who would be written to."""
    kind = MessageKind(campaign.kind)
    return audience.reachable(channel=Channel(campaign.channel), kind=kind, scope=campaign.scope)


def all_are_muted() -> str:
    return _("The silence before a vote holds where all its recipients live: choose another moment.")


def some_are_muted(muted: int) -> str:
    told = ngettext(
        "It holds where %(number)s recipient lives: the message leaves to them once the polls have closed, "
        "unless the mailing has ended by then.",
        "It holds where %(number)s recipients live: the message leaves to them once the polls have closed, "
        "unless the mailing has ended by then.",
        muted,
    )
    return told % {"number": number_format(muted, force_grouping=True)}
