"""Tags and filters of the pages about mailings (`{% load mailings %}`)."""

from __future__ import annotations

import re
from typing import NamedTuple

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.registry import registry
from messaging.content.fields import field_named
from messaging.content.syntax import LIQUID
from messaging.enums import CampaignState, DeliveryState, ShownState
from messaging.models import Campaign, Experiment
from messaging.services.experiment_sides import letter_of
from messaging.services.variants import is_tested as has_test
from messaging.services.variants import open_blocks

register = template.Library()

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


class VersionChoice(NamedTuple):
    """One version of a mailing, to look at or to test. `preview`: the address of its message."""

    number: int
    name: str
    preview: str


@register.simple_tag
def version_choices(campaign: Campaign) -> list[VersionChoice]:
    """What a reader of a mailing may get, the mailing itself first; empty when it has no versions."""
    variants = list(campaign.variants.sent().defer("compiled", "blocks", "replaced"))
    if not variants:
        return []
    tested = any(variant.territory_id is None for variant in variants)
    first = version_name(letter_of(0)) if tested else _("National message")
    found = [VersionChoice(0, first, reverse("messaging:campaign_preview", args=[campaign.pk]))]
    for variant in sorted(variants, key=lambda one: one.number if tested else 0):
        if variant.territory_id is None:
            address = reverse("messaging:variant_preview", args=[campaign.pk, variant.number])
            found.append(VersionChoice(variant.number, version_name(letter_of(variant.number)), address))
        else:
            address = reverse("messaging:version_preview", args=[campaign.pk, variant.territory_id])
            found.append(VersionChoice(variant.number, variant.label, address))
    return found


@register.filter
def goal_label(test: Experiment) -> str:
    """What a test is decided by, in words."""
    goal = registry.campaign_goals.get(test.goal)
    return str(goal.label) if goal is not None else test.goal


@register.filter
def version_name(letter: str) -> str:
    """What the version of this letter is called."""
    return _("Version %(version)s") % {"version": letter}
