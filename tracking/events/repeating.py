"""Copies of an event: once more, or on every date of a series."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from tracking.events.errors import EventRefused
from tracking.events.preparing import free_slug
from tracking.events.series import dates_of, moved
from tracking.events.silent import ask_page_may_change, silence_of_slot
from tracking.events.slots import SlotPlan, plan_of
from tracking.models import Event, EventSeries, EventSlot

COPIED = (
    *("kind", "title", "title_en", "text", "text_en", "venue", "street", "postcode", "city", "commune"),
    *("map_url", "access", "online_url", "territory", "time_zone", "guests_allowed", "consents"),
    *("is_listed", "thank_you", "thank_you_en"),
)


@transaction.atomic
def duplicate_event(*, event: Event, by: User | None) -> Event:
    """The same as a draft, on the same weekdays, the first ones to come after the original's."""
    first = _first(event)
    past = max(timezone.now() - first.starts_at, timedelta())
    day = first.local_start.date() + timedelta(weeks=past.days // 7 + 1)
    copy = _copy(event, _moved_to(event, first, day), by)
    audit.record(action="event.duplicate", on=copy, by=by, detail={"of": event.pk})
    return copy


@transaction.atomic
def repeat_as_events(*, event: Event, rule: str, until: date, by: User | None) -> list[Event]:
    """Make a draft a date of a series, each with its page and registrations; dates inside a silence are left
    out. Raises EventRefused when none is left.
    """
    first = _first(event)
    days = dates_of(first.local_start.date(), rule, until)[1:]
    plans = [plan for day in days if _is_allowed(event, plan := _moved_to(event, first, day))]
    if not plans:
        raise EventRefused(_("No date is left until that day."))
    series = event.series or EventSeries.objects.create(rule=rule, until=until)
    Event.objects.filter(pk=event.pk).update(series=series)
    made = [_copy(event, plan, by, series=series) for plan in plans]
    audit.record(action="event.repeat", on=event, by=by, detail={"rows": len(made)})
    return made


@transaction.atomic
def repeat_as_slots(*, event: Event, rule: str, until: date, by: User | None) -> int:
    """Add a time slot a date to the same page, like its first one; returns how many. Raises as above."""
    if event.state == Event.State.PUBLISHED:
        ask_page_may_change(event)
    first = _first(event)
    taken = set(event.slots.values_list("starts_at", flat=True))
    days = dates_of(first.local_start.date(), rule, until)[1:]
    plans = [_moved(event, plan_of(first), first, day) for day in days]
    free = [plan for plan in plans if plan.starts_at not in taken and _is_allowed(event, [plan])]
    if not free:
        raise EventRefused(_("No date is left until that day."))
    _add_slots(event, free)
    Event.objects.filter(pk=event.pk).update(updated_at=Now())
    audit.record(action="event.repeat", on=event, by=by, detail={"rows": len(free)})
    return len(free)


def _first(event: Event) -> EventSlot:
    slot: EventSlot = event.slots.select_related("event").earliest("starts_at")
    return slot


def _moved_to(event: Event, first: EventSlot, day: date) -> list[SlotPlan]:
    """All slots of an event, its first one being on `day`; the hours of the clock stay."""
    return [_moved(event, plan_of(slot), first, day) for slot in event.slots.order_by("starts_at")]


def _moved(event: Event, plan: SlotPlan, first: EventSlot, day: date) -> SlotPlan:
    by = day - first.local_start.date()
    return SlotPlan(
        moved(plan.starts_at, by, event.time_zone), moved(plan.ends_at, by, event.time_zone), plan.capacity
    )


def _is_allowed(event: Event, plans: list[SlotPlan]) -> bool:
    return not any(silence_of_slot(event, plan) for plan in plans)


def _copy(
    event: Event, plans: list[SlotPlan], by: User | None, *, series: EventSeries | None = None
) -> Event:
    values = {name: getattr(event, name) for name in COPIED}
    copy = Event.objects.create(slug=free_slug(event.title), created_by=by, series=series, **values)
    copy.hosts.set(event.hosts.all())
    _add_slots(copy, plans)
    return copy


def _add_slots(event: Event, plans: list[SlotPlan]) -> None:
    EventSlot.objects.bulk_create(
        EventSlot(event=event, starts_at=plan.starts_at, ends_at=plan.ends_at, capacity=plan.capacity)
        for plan in plans
    )
