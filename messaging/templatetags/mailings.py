"""Tags and filters of the pages about mailings (`{% load mailings %}`)."""

from __future__ import annotations

import re

from django import template

from contacts.registry import registry
from messaging.content.fields import field_named
from messaging.content.syntax import LIQUID
from messaging.enums import CampaignState, DeliveryState, ShownState
from messaging.models import Campaign, Experiment
from messaging.services.seed_mailboxes import willing_seed_mailboxes
from messaging.services.variants import is_tested as has_test
from messaging.services.variants import open_blocks
from messaging.views.version_choices import version_choices, version_name

register = template.Library()
register.simple_tag(version_choices)
register.simple_tag(willing_seed_mailboxes, name="seed_mailboxes")
register.filter(version_name)

CAMPAIGN_KINDS = {
    CampaignState.DRAFT: "accent",
    CampaignState.SCHEDULED: "info",
    CampaignState.FREEZING: "info",
    CampaignState.SENDING: "info",
    CampaignState.PAUSED: "warn",
    CampaignState.SENT: "ok",
    CampaignState.CANCELLED: "",
}
SHOWN_KINDS = {
    ShownState.WAITING: "rest",
    ShownState.SENDING: "info",
    ShownState.DELIVERED: "ok",
    ShownState.FAILED: "bad",
    ShownState.TO_CHECK: "warn",
}


@register.filter
def campaign_kind(state: str) -> str:
    """The colour of a mailing's state, as a badge names it."""
    return CAMPAIGN_KINDS.get(CampaignState(state), "")


@register.filter
def shown_kind(state: str) -> str:
    """The colour of one of the five words for recipients."""
    return SHOWN_KINDS[ShownState(state)]


@register.filter
def badge_kind(state: str) -> str:
    """The same, for a badge: waiting has no colour of its own."""
    kind = SHOWN_KINDS[ShownState(state)]
    return "" if kind == "rest" else kind


@register.filter
def ledger_label(state: str) -> str:
    """The words for one state of the ledger."""
    return str(DeliveryState(state).label)


@register.filter
def tenth(value: str) -> str:
    """Thousandths as per cent with one decimal, for a style attribute: "345" is "34.5"."""
    return f"{int(value) / 10:.1f}"


@register.filter
def readable(source: str) -> str:
    """A subject with its variables as people call them: "Hello [First name]"."""
    return LIQUID.sub(_label_of, source or "")


def _label_of(found: re.Match[str]) -> str:
    name = re.search(r"\w+", found[0])
    field = field_named(name[0]) if name else None
    return f"[{field.label}]" if field else "[…]"


@register.filter
def is_regional(campaign: Campaign) -> bool:
    """Whether territories have something to say in this mailing: a local block, or a version already."""
    if campaign.territory_id is not None:
        return False  # a local mailing
    return bool(open_blocks(campaign.blocks)) or campaign.variants.regional().exists()


@register.filter
def is_tested(campaign: Campaign) -> bool:
    """Whether a mailing tests versions, or has begun to."""
    return has_test(campaign)


@register.filter
def goal_label(test: Experiment) -> str:
    """What a test is decided by, in words."""
    goal = registry.campaign_goals.get(test.goal)
    return str(goal.label) if goal is not None else test.goal


@register.filter
def name_of(names: dict[int, str], number: int) -> str:
    """The name of a version, of those that a mailing has."""
    return names.get(number, "–")
