"""Targeted mailings: what the register of Regulation (EU) 2024/900 keeps of them, and the notice for readers.

The criteria are those that were frozen with the mailing (art. 19: kept with each targeting). The notice
says who pays, for which vote, by which criteria and from which data people were chosen (art. 11 and 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.enums import MessageKind, UnreachableReason
from contacts.errors import ContactsError
from contacts.models import ElectionRound
from contacts.segments.audience import resolve_audience
from contacts.segments.tree import Node, parse_tree
from messaging.content.footer import Notice
from messaging.content.tokens import NoticeToken, sign_notice
from messaging.enums import Moment
from messaging.models import Campaign, CampaignCost, Delivery
from messaging.services.criteria import lines_of, said_then
from messaging.services.send_options import is_targeted, sorts_people


@dataclass(frozen=True)
class Entry:
    """One targeted mailing. `criteria`: a line each; `left_out`: people who did not agree to targeting."""

    campaign: Campaign
    criteria: list[str]
    left_out: int
    rulebook: str
    notice_url: str


def notice_of(campaign: Campaign) -> Notice | None:
    """The notice that its readers are owed; None where nothing was chosen by what is known of them."""
    if campaign.kind != MessageKind.POLITICAL:
        return None
    chooses = _chooses_people(campaign)
    return Notice(notice_url(campaign), chooses) if chooses or sorts_people(campaign) else None


def _chooses_people(campaign: Campaign) -> bool:
    """Whether it is targeted: as frozen, else as its audience would make it now."""
    if campaign.standing_for:  # its conditions are asked of each person, when their turn comes
        return campaign.targeted
    if not campaign.audience:
        return False
    if campaign.frozen_at is not None:
        return campaign.targeted
    try:
        return is_targeted(campaign, resolve_audience(campaign.audience))
    except ContactsError:
        return False  # the audience itself is refused before anything leaves


def notice_url(campaign: Campaign) -> str:
    """Address of its transparency notice, the same for every reader."""
    token = sign_notice(NoticeToken(campaign.pk))
    return f"{settings.PUBLIC_URL}{reverse('messaging:notice', args=[token])}"


def targeted_mailings() -> QuerySet[Campaign]:
    """Every mailing that was frozen and chose people by a criterion, the newest first.

    Or when they get it, for those who agreed: by how much they click, where they live, or their hours.
    """
    chosen = Q(targeted=True) | Q(engaged_first=True) | ~Q(moment=Moment.TOGETHER)
    found = Campaign.objects.filter(chosen, kind=MessageKind.POLITICAL, frozen_at__isnull=False)
    return found.select_related("sender", "territory").order_by("-frozen_at", "-id")


def entries_of(campaigns: Sequence[Campaign]) -> list[Entry]:
    """What the register says of some mailings."""
    return [
        Entry(
            campaign,
            criteria_of(campaign),
            campaign.excluded.get(UnreachableReason.NO_TARGETING_CONSENT.value, 0),
            _rulebook_of(campaign),
            notice_url(campaign),
        )
        for campaign in campaigns
    ]


def criteria_of(campaign: Campaign) -> list[str]:
    """How people were chosen, a line each, as frozen; deeper groups are set further in."""
    said = said_then(campaign)
    if said is not None:
        return said or [_label_of(campaign)]
    lines = list(lines_of(_tree_of(campaign.audience_tree))) if campaign.audience_tree else []
    if campaign.territory is not None:
        lines.append(_("Lives in: %(place)s") % {"place": campaign.territory})
    return lines or [_label_of(campaign)]


def votes_after(day: date) -> list[ElectionRound]:
    """The next rounds that a message of a day may bear on."""
    rounds = ElectionRound.objects.filter(day__gte=day).select_related("election__territory")
    return list(rounds.order_by("day")[:4])


def cost_of(campaign: Campaign) -> CampaignCost | None:
    """What it cost, once it is counted."""
    return CampaignCost.objects.filter(campaign=campaign).first()


def _tree_of(data: dict[str, Any]) -> Node | None:
    try:
        return parse_tree(data)
    except ContactsError:
        return None  # a condition that this version no longer has


def _label_of(campaign: Campaign) -> str:
    try:
        return str(resolve_audience(campaign.audience).label)
    except ContactsError:
        return _("The audience of that day can no longer be read.")


def _rulebook_of(campaign: Campaign) -> str:
    versions = Delivery.objects.of_campaign(campaign).values_list("rulebook_version", flat=True)
    return str(versions.first() or "")
