"""Events of the team: as a list, and month by month. A host sees the ones that they host."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from campaign_crm.platform.typed import line_of, number_of
from tracking.events.selectors import Figures, events_of, figures_by_event, midnight, slots_between, with_days
from tracking.models import Event, EventSlot

PAGE = 50
SHOWN = {
    "to_come": _("To come"),
    "past": _("Past"),
    "draft": _("Drafts"),
    "cancelled": _("Cancelled"),
}


@dataclass
class Day:
    """One day of a month's page; those of the months beside are only there to fill the week."""

    day: date
    in_month: bool
    slots: list[EventSlot] = field(default_factory=list)


class EventList(StaffView, TemplateView):
    """`?show=` to_come, past, draft or cancelled; `?view=month&month=2027-03` for a month."""

    right_required = Right.CHECK_IN
    in_territory = True
    title = _("Events")
    template_name = "tracking/events/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        events = events_of(self.request.user).select_related("territory", "commune")
        kind, typed = asked.get("kind", ""), line_of(asked.get("q", ""), at_most=80)
        if kind in Event.Kind.values:
            events = events.filter(kind=kind)
        if typed:
            events = events.filter(title__icontains=typed)
        context: dict[str, Any] = {
            "may_edit": self.request.user.has_right(Right.EDIT_EVENTS),
            "kinds": Event.Kind.choices, "kind": kind, "q": typed,
            "is_month": asked.get("view") == "month",
        }  # fmt: skip
        context |= self._month(events) if context["is_month"] else self._rows(events)
        return super().get_context_data(**context, **kwargs)

    def _rows(self, events: QuerySet[Event]) -> dict[str, Any]:
        show = self.request.GET.get("show", "to_come")
        show = show if show in SHOWN else "to_come"
        number = number_of(self.request.GET.get("page", "")) or 1
        first = (max(number, 1) - 1) * PAGE
        found = list(shown(events, show)[first : first + PAGE + 1])
        figures = figures_by_event(found[:PAGE])
        rows = [(event, figures.get(event.pk, Figures())) for event in found[:PAGE]]
        return {"show": show, "shows": SHOWN, "rows": rows, "number": number, "has_more": len(found) > PAGE}

    def _month(self, events: QuerySet[Event]) -> dict[str, Any]:
        today = timezone.localdate()
        month = _month_of(self.request.GET.get("month", ""), today)
        following = (month + timedelta(days=32)).replace(day=1)
        days = days_of(events.exclude(state=Event.State.CANCELLED), month, following)
        previous = (month - timedelta(days=1)).replace(day=1)
        return {"month": month, "previous": previous, "following": following, "days": days, "today": today}


def shown(events: QuerySet[Event], show: str) -> QuerySet[Event]:
    """Those of one of `SHOWN`, in the order in which they matter."""
    dated = with_days(events)
    if show == "draft":
        return dated.filter(state=Event.State.DRAFT).order_by("first_at", "pk")
    if show == "cancelled":
        return dated.filter(state=Event.State.CANCELLED).order_by("-first_at", "-pk")
    published = dated.filter(state=Event.State.PUBLISHED)
    if show == "past":
        return published.filter(next_at=None).order_by(F("first_at").desc(nulls_last=True), "-pk")
    return published.exclude(next_at=None).order_by("next_at", "pk")


def days_of(events: QuerySet[Event], month: date, following: date) -> list[Day]:
    """The weeks of a month, from Monday to Sunday, with what begins on each day."""
    first = month - timedelta(days=month.weekday())
    last = following + timedelta(days=-following.weekday() % 7)
    by_day: dict[date, list[EventSlot]] = defaultdict(list)
    for slot in slots_between(events, midnight(first), midnight(last)):
        by_day[timezone.localdate(slot.starts_at)].append(slot)
    days = (first + timedelta(days=number) for number in range((last - first).days))
    return [Day(day, day.month == month.month, by_day.get(day, [])) for day in days]


def _month_of(text: str, today: date) -> date:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return found if 1 < found.year < 9999 else today.replace(day=1)
