"""Segment conditions on donations: who gave, lately or ever, who never did, and who has stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.rights import Right
from contacts.enums import TargetingClass
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_condition
from contacts.segments.standard.pieces import DAYS, having
from contacts.segments.values import NOTHING
from tracking.donations.selectors import standing


def _donated(operator: str, value: Any, context: Context) -> Q:
    ever = having(standing())
    if operator == "has":
        return ever
    if operator == "has_not":
        return ~ever
    lately = having(standing(given_on__gt=context.day - timedelta(days=value)))
    return lately if operator == "days" else ever & ~lately


def register() -> None:
    """Offer it; called once, from `TrackingConfig.ready()`."""
    register_condition(
        Condition(
            key="donated",
            label=_("Gave"),
            group=ConditionGroup.ENGAGEMENT,
            operators={"has": NOTHING, "has_not": NOTHING, "days": DAYS, "not_days": DAYS},
            targeting_class=TargetingClass.CRITERION,
            compile=_donated,
            note=_("“Not in the last…” are people who gave before: they may have stopped."),
            right=Right.SEE_DONATIONS,
        )
    )
