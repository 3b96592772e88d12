"""When people came into the base, and other segments."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.enums import TargetingClass
from contacts.models import Segment
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_condition
from contacts.segments.nesting import compile_nested, strictest_of
from contacts.segments.standard.pieces import DAYS, named_rows
from contacts.segments.values import DateValue

# A private segment is its author's: its name and its people are shown to nobody through another one. Nor are
# those of a segment that reads support levels.
SEGMENTS = named_rows(
    Segment,
    _("This segment does not exist any more, or is not shared."),
    only=Q(is_shared=True, tells_support=False),
)
_DAY = DateValue()


def _created(operator: str, value: Any, context: Context) -> Q:
    if operator == "days":
        return Q(created_at__gte=context.at - timedelta(days=value))
    midnight = timezone.make_aware(datetime.combine(value, time.min))
    return Q(created_at__lt=midnight) if operator == "before" else Q(created_at__gte=midnight)


def _segment(operator: str, value: tuple[int, ...], context: Context) -> Q:
    found = Q()
    for segment_id in value:
        found |= compile_nested(segment_id, context)
    return ~found if operator == "none" else found


def _segment_class(_operator: str, value: Any) -> TargetingClass:
    return strictest_of(value)


register_condition(
    Condition(
        key="created",
        label=_("In the base"),
        group=ConditionGroup.OTHER,
        operators={"days": DAYS, "since": _DAY, "before": _DAY},
        targeting_class=TargetingClass.CRITERION,
        compile=_created,
    )
)
register_condition(
    Condition(
        key="segment",
        label=_("In the segment"),
        group=ConditionGroup.OTHER,
        operators={"any": SEGMENTS, "none": SEGMENTS},
        targeting_class=_segment_class,
        compile=_segment,
        note=_("Takes the targeting class of the conditions of that segment."),
    )
)
