"""What leaves and has left, month by month, as a list of days."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from campaign_crm.platform.walls import current_scope
from messaging.enums import BrokerState, CampaignState
from messaging.models import BrokerMailing, Campaign
from messaging.views.campaigns import mailings

MOST = 500  # mailings of one month


@dataclass
class Day:
    """One day and its mailings, each with the moment it leaves or left."""

    day: date
    entries: list[tuple[datetime, Campaign]] = field(default_factory=list)
    by_brokers: list[BrokerMailing] = field(default_factory=list)


class Calendar(StaffView, TemplateView):
    """One month: `?month=2027-03`, this one by default."""

    right_required = Right.VIEW_CAMPAIGNS
    in_territory = True
    title = gettext_lazy("Calendar")
    subtitle = gettext_lazy("Mailings that are scheduled, and those that have left.")
    template_name = "messaging/calendar.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        month = _month(self.request.GET.get("month", ""), today.replace(day=1))
        days = days_of(month)
        return super().get_context_data(
            month=month,
            previous=_shifted(month, -1),
            following=_shifted(month, 1),
            days=_with_today(days, today, month),
            today=today,
            is_empty=not days,
            may_edit=self.request.user.has_right(Right.EDIT_CAMPAIGN),
            **kwargs,
        )


def days_of(month: date) -> list[Day]:
    """The days of a month on which a mailing leaves or left, in the installation's time zone."""
    first, after = (_midnight(month), _midnight(_shifted(month, 1)))
    planned = Q(state=CampaignState.SCHEDULED, scheduled_at__gte=first, scheduled_at__lt=after)
    left = Q(started_at__gte=first, started_at__lt=after)
    found = mailings().filter(planned | left).select_related("sender", "operation")
    by_day: dict[date, list[tuple[datetime, Campaign]]] = defaultdict(list)
    for campaign in found.defer("blocks", "compiled", "audience_tree")[:MOST]:
        is_planned = campaign.state == CampaignState.SCHEDULED
        at = campaign.scheduled_at if is_planned else campaign.started_at
        if at is not None:
            by_day[timezone.localdate(at)].append((at, campaign))
    brokers: dict[date, list[BrokerMailing]] = defaultdict(list)
    planned_there = BrokerMailing.objects.filter(leaves_at__gte=first, leaves_at__lt=after)
    if current_scope() is not None:
        planned_there = planned_there.none()  # what brokers send is the whole organisation's
    for mailing in planned_there.exclude(state=BrokerState.CANCELLED).select_related("campaign")[:MOST]:
        brokers[timezone.localdate(mailing.leaves_at)].append(mailing)
    return [
        Day(
            day,
            sorted(by_day.get(day, []), key=lambda entry: (entry[0], entry[1].pk)),
            sorted(brokers.get(day, []), key=lambda one: (one.leaves_at, one.pk)),
        )
        for day in sorted({*by_day, *brokers})
    ]


def _with_today(days: list[Day], today: date, month: date) -> list[Day]:
    """Today has its line in its own month, with or without a mailing."""
    if today.replace(day=1) != month or any(day.day == today for day in days):
        return days
    return sorted([*days, Day(today)], key=lambda day: day.day)


def _month(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return otherwise


def _shifted(month: date, months: int) -> date:
    number = min(max(month.year * 12 + month.month - 1 + months, 12), 9999 * 12 + 11)
    return date(number // 12, number % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
