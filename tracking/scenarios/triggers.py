"""What brings people into a scenario. Another part registers a trigger of its own (`register_trigger`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from contacts.enums import TargetingClass
from contacts.models import ContactTag, Newsletter, Segment, Subscription, Tag
from contacts.segments.compile import people_matching
from contacts.segments.nesting import classes_of, read_segment
from tracking.enums import Confirmation, HitClass, InteractionKind, SubmissionState
from tracking.models import Form, Interaction, Submission

MORNING = time(9)
Value = dict[str, Any]


@dataclass(frozen=True)
class Trigger:
    """`people`: (value, since, until, started_at) → rows with `contact_id`. `classes`: what choosing people
    by it is (Regulation (EU) 2024/900). `offered`: (id, name) of what may be chosen. `asks_day`: a day, too.
    `late`: what it reads may be stored long after it happened, so that it is read again.
    """

    key: str
    label: Any
    people: Callable[[Value, datetime, datetime, datetime], QuerySet[Any]]
    classes: Callable[[Value], frozenset[TargetingClass]]
    offered: Callable[[], list[tuple[int, str]]]
    asks_day: bool = False
    late: bool = True

    def say(self, value: Value) -> str:
        """In words: "Signed up by the form “Join us”"."""
        name = dict(self.offered()).get(value.get("id") or 0, "")
        day = _day(value)
        parts = [
            str(self.label),
            _("“%(name)s”") % {"name": name} if name else "",
            f"({day:%d/%m/%Y})" if day else "",
        ]
        return " ".join(part for part in parts if part)


_triggers: dict[str, Trigger] = {}


def register_trigger(trigger: Trigger) -> None:
    """Offer a trigger; called once, from an `AppConfig.ready()`."""
    if trigger.key in _triggers and _triggers[trigger.key] != trigger:
        raise ValueError(f"There is a trigger named {trigger.key!r} already.")
    _triggers[trigger.key] = trigger


def all_triggers() -> list[Trigger]:
    return list(_triggers.values())


def find_trigger(data: Value) -> Trigger | None:
    return _triggers.get(str(data.get("type", "")))


def _named(model: type[Model], order: str = "name") -> Callable[[], list[tuple[int, str]]]:
    def offered() -> list[tuple[int, str]]:
        return [(one.pk, str(one)) for one in model._default_manager.order_by(order)[:300]]

    return offered


def _of(*classes: TargetingClass) -> Callable[[Value], frozenset[TargetingClass]]:
    return lambda _value: frozenset(classes)


def _signed_up(value: Value, since: datetime, until: datetime, _started: datetime) -> QuerySet[Any]:
    """By a soft form as soon as it is accepted, by a strict one once it is confirmed."""
    span = (since, until)
    at_once = Q(at__range=span) | Q(decided_at__range=span)
    entered = at_once & Q(form__confirmation=Confirmation.SOFT) | Q(confirmed_at__range=span)
    return Submission.objects.filter(entered, form=value.get("id"), state=SubmissionState.ACCEPTED)


def _tagged(value: Value, since: datetime, until: datetime, _started: datetime) -> QuerySet[Any]:
    return ContactTag.objects.filter(tag=value.get("id"), created_at__gte=since, created_at__lte=until)


def _subscribed(value: Value, since: datetime, until: datetime, _started: datetime) -> QuerySet[Any]:
    running = Subscription.objects.filter(newsletter=value.get("id"), ended_at=None)
    return running.filter(started_at__gte=since, started_at__lte=until)


def _clicked_first(_value: Value, since: datetime, until: datetime, started: datetime) -> QuerySet[Any]:
    """Of those who agreed to be measured, whoever had never clicked before the scenario began."""
    clicks = Interaction.objects.filter(kind=InteractionKind.CLICK, hit_class=HitClass.HUMAN)
    before = clicks.filter(contact=OuterRef("contact"), at__lt=started)
    return clicks.filter(~Exists(before), contact__isnull=False, at__gte=since, at__lte=until)


def _on_the_day(value: Value, since: datetime, until: datetime, _started: datetime) -> QuerySet[Any]:
    """The people of a segment on the morning of a day: those who match then, once."""
    day, none = _day(value), Subscription.objects.none()
    if day is None or not Segment.objects.filter(pk=value.get("id")).exists():
        return none
    moment = timezone.make_aware(datetime.combine(day, MORNING))
    if not since < moment <= until:
        return none
    people = people_matching(read_segment(value["id"]), at=moment, inside=(value["id"],))
    return people.annotate(contact_id=F("pk"))


def _classes_of_segment(value: Value) -> frozenset[TargetingClass]:
    return classes_of(read_segment(value["id"]), (value["id"],))


def _day(value: Value) -> date | None:
    try:
        return date.fromisoformat(str(value.get("day") or ""))
    except ValueError:
        return None


def register() -> None:
    """Offer those of the product; called once, from `TrackingConfig.ready()`."""
    subscription, criterion = TargetingClass.SUBSCRIPTION, TargetingClass.CRITERION
    for trigger in (
        Trigger(
            "form",
            pgettext_lazy("somebody", "Signed up by the form"),
            _signed_up,
            _of(subscription),
            _named(Form, "title"),
        ),
        Trigger(
            "newsletter",
            pgettext_lazy("somebody", "Chose the newsletter"),
            _subscribed,
            _of(subscription),
            _named(Newsletter),
        ),
        Trigger("tag", pgettext_lazy("somebody", "Got the tag"), _tagged, _of(criterion), _named(Tag)),
        Trigger(
            "first_click",
            pgettext_lazy("somebody", "Clicked in a message for the first time"),
            _clicked_first,
            _of(criterion),
            list,
        ),
        Trigger(
            "date",
            pgettext_lazy("somebody", "Is in the segment on a day"),
            _on_the_day,
            _classes_of_segment,
            _named(Segment),
            asks_day=True,
            late=False,
        ),
    ):
        register_trigger(trigger)


def fault_of(data: Value) -> str:
    """What the trigger of a scenario lacks, in words; empty when it is complete."""
    trigger = find_trigger(data)
    if trigger is None:
        return _("Choose what brings people in.")
    value = data.get("value") or {}
    needs_choice = trigger.key != "first_click"
    if needs_choice and value.get("id") not in dict(trigger.offered()):
        return _("Choose of what: %(label)s…") % {"label": trigger.label}
    if trigger.asks_day and (_day(value) is None or _day(value) < timezone.localdate()):  # type: ignore[operator]
        return _("Choose a day that is still to come.")
    return ""


def people_entering(data: Value, *, since: datetime, until: datetime, started: datetime) -> Q | None:
    """A filter on people: those whom the trigger brings in; None where there is none any more."""
    trigger = find_trigger(data)
    if trigger is None:
        return None
    rows = trigger.people(data.get("value") or {}, since, until, started)
    return Q(pk__in=rows.values("contact_id"))
