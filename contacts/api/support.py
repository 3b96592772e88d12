"""Support levels in the API: for staff who may see them, never for a machine."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from rest_framework.request import Request

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.models import Contact, SupportLevel


class NotedSupport(TypedDict):
    level: int
    label: str
    at: datetime
    recorded_by: int | None


def may_see_support(request: Request | None) -> bool:
    """Whether whoever asks is a member of the team who sees support levels where the answer reaches."""
    user = getattr(request, "user", None)
    return isinstance(user, User) and user.has_right(Right.SEE_SUPPORT_LEVELS)


def noted_support(contact: Contact) -> NotedSupport | None:
    """The newest level of those prefetched as `kept_support`."""
    noted: list[SupportLevel] = getattr(contact, "kept_support", [])
    if not noted:
        return None
    newest = noted[0]
    return {
        "level": newest.level,
        "label": str(newest.get_level_display()),
        "at": newest.at,
        "recorded_by": newest.recorded_by_id,
    }
