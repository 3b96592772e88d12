"""Support levels in the API: for staff who may see them, never for a machine."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.db.models import Case, Prefetch, QuerySet, Value, When
from rest_framework.request import Request

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.api.reach import Refusal
from contacts.models import Contact, SupportLevel
from contacts.rules.rulebook import rule_named
from contacts.services.support import RULE, kept_levels, opinion_may_be_kept


class NotedSupport(TypedDict):
    """What was noted; nulls where nothing is. `refused`: why nothing may be noted of this person."""

    level: int | None
    label: str
    at: datetime | None
    recorded_by: int | None
    refused: Refusal | None


def may_see_support(request: Request | None) -> bool:
    """Whether whoever asks is a member of the team who sees support levels where the answer reaches."""
    user = getattr(request, "user", None)
    return isinstance(user, User) and user.has_right(Right.SEE_SUPPORT_LEVELS)


def with_support(people: QuerySet[Contact]) -> QuerySet[Contact]:
    """The people with what `noted_support` tells of them."""
    allowed = opinion_may_be_kept()
    told = Case(When(allowed, then=Value(True)), default=Value(False)) if allowed else Value(True)
    found: QuerySet[Contact] = people.annotate(opinion_may_be_kept=told)
    return found.prefetch_related(Prefetch("support_levels", kept_levels(), to_attr="kept_support"))


def noted_support(contact: Contact) -> NotedSupport:
    """The newest level of a person out of `with_support`, or why none may be noted."""
    noted: list[SupportLevel] = getattr(contact, "kept_support", [])
    newest = noted[0] if noted else None
    rule = rule_named(RULE)
    refused: Refusal | None = None
    if rule is not None and not getattr(contact, "opinion_may_be_kept", True):
        refused = {"reason": "opinion", "rule": rule.key, "sentence": str(rule.refusal)}
    return {
        "level": newest.level if newest else None,
        "label": str(newest.get_level_display()) if newest else "",
        "at": newest.at if newest else None,
        "recorded_by": newest.recorded_by_id if newest else None,
        "refused": refused,
    }
