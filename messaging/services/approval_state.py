"""Whether a mailing needs an approval, and whether it has one for what it says now. Reads only."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db.models import Q

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.enums import Channel, MessageKind
from contacts.errors import ContactsError
from contacts.models import Segment
from contacts.segments.audience import Audience, resolve_audience
from contacts.segments.nesting import every_rule, named_segments, read_segment
from messaging.content.conditions import segments_in
from messaging.models import Approval, Campaign, SenderIdentity, SendingRule
from messaging.services.reader_segments import documents_of
from messaging.services.variants import revision_of

ALONE_WINDOW = timedelta(minutes=10)
"""Time to cancel what nobody else could approve (`law.md`, Proportion)."""

GROWTH = 1.25
"""An address book grows between an approval and the hour of sending; beyond so much it is another mailing."""


def is_needed(recipients: int, *, kind: str = MessageKind.POLITICAL) -> bool:
    """Whether a mailing to so many people needs somebody's approval: a service one does in any case.

    It reaches people who want no political message, so that somebody else looks whether it is none.
    """
    if kind == MessageKind.SERVICE:
        return True
    above = SendingRule.current().approval_above
    return above is not None and recipients > above


def content_of(campaign: Campaign) -> str:
    """Fingerprint of what is approved: texts, versions, options, senders and the audience's definition."""
    try:
        audience = resolve_audience(campaign.audience, channel=Channel(campaign.channel))
        segments = _segments_of(audience, frozenset().union(*map(segments_in, documents_of(campaign))))
    except ContactsError:
        segments = None
    said = f"{revision_of(campaign)}/{segments}/{_senders_of(campaign)}"
    return hashlib.sha256(said.encode()).hexdigest()


def _segments_of(audience: Audience, of_blocks: frozenset[int]) -> list[tuple[int, int]]:
    """Its segment and those of blocks, with those that they name, directly or not, each with its version."""
    own = of_blocks if audience.segment is None else of_blocks | {audience.segment.pk}
    named = {
        one
        for segment in own
        for rule in every_rule(read_segment(segment), (segment,))
        for one in named_segments(rule)
    }
    found = Segment.objects.filter(pk__in=own | named).order_by("pk")
    return list(found.values_list("pk", "version"))


def _senders_of(campaign: Campaign) -> list[tuple[int, str, str, str]]:
    """Who it comes from, as a reader sees it: whoever approves agrees to that too."""
    of_versions = campaign.variants.filter(sender__isnull=False).values("sender")
    senders = SenderIdentity.objects.filter(Q(pk=campaign.sender_id) | Q(pk__in=of_versions))
    return list(senders.order_by("pk").values_list("pk", "from_name", "address", "reply_to"))


def approval_of(campaign: Campaign) -> Approval | None:
    """The last request about what the mailing says now: open, approved or refused."""
    found = campaign.approvals.filter(content=content_of(campaign))
    return found.select_related("asked_by", "decided_by").order_by("-pk").first()


def is_approved(campaign: Campaign) -> bool:
    found = approval_of(campaign)
    return found is not None and found.approved is True


def has_outgrown(approval: Approval, recipients: int) -> bool:
    """Whether the audience is no longer of the size that was agreed to."""
    return recipients > approval.recipients * GROWTH


def others_who_may_approve(by: User) -> list[User]:
    """Everybody else at work on this installation whose role holds the right."""
    others = User.objects.filter(is_active=True).exclude(pk=by.pk).order_by("pk")
    return [user for user in others if user.has_right(Right.APPROVE_CAMPAIGN)]


def window_of(campaign: Campaign) -> timedelta:
    """Time to cancel between the order to send and the first message."""
    window = timedelta(seconds=SendingRule.current().window_seconds)
    found = approval_of(campaign)
    return max(window, ALONE_WINDOW) if found is not None and found.alone else window
