"""A member's follow-ups: what is due, what comes, what they gave to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.models import User
from tracking.models import Task

SHOWN = 200
COUNTED_AT_MOST = 1000
FILTERS: dict[str, Any] = {
    "due": _("To do now"),
    "coming": _("Coming"),
    "team": _("Given to others"),
    "done": pgettext_lazy("of follow-ups", "Done"),
}


@dataclass(frozen=True)
class Chip:
    name: str
    label: Any
    count: int | None
    is_current: bool


def tasks(show: str, *, user: User) -> QuerySet[Task]:
    """Follow-ups of one filter, the most urgent first."""
    today = timezone.localdate()
    all_of_them = Task.objects.all()
    match show:
        case "coming":
            found = all_of_them.coming(today).filter(owner=user).order_by("due_on", "pk")
        case "team":
            others = Q(created_by=user) & ~Q(owner=user)
            found = all_of_them.open().filter(others).order_by("due_on", "pk")
        case "done":
            ended = Task.objects.exclude(state=Task.State.OPEN).filter(contact__erased_at=None)
            found = ended.filter(Q(owner=user) | Q(ended_by=user)).order_by("-ended_at", "-pk")
        case _:
            found = all_of_them.due(today).filter(owner=user).order_by("due_on", "pk")
    return found.select_related("contact__commune", "owner", "batch", "created_by")


def chips(current: str, *, user: User) -> list[Chip]:
    return [
        Chip(name, label, None if name == "done" else counted(name, user=user), name == current)
        for name, label in FILTERS.items()
    ]


def counted(show: str, *, user: User) -> int:
    return len(tasks(show, user=user).select_related(None).order_by().values_list("pk")[:COUNTED_AT_MOST])
