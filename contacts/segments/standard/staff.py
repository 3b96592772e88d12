"""What the team noted: tags."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.enums import TargetingClass
from contacts.models import ContactTag, Tag
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_condition
from contacts.segments.standard.pieces import having_any, named_rows

TAGS = named_rows(Tag, _("This tag does not exist any more."))


def _tag(operator: str, value: Any, _context: Context) -> Q:
    return having_any(operator, lambda ids: ContactTag.objects.filter(tag__in=ids), value)


register_condition(
    Condition(
        key="tag",
        label=_("Tag"),
        group=ConditionGroup.STAFF,
        operators={"any": TAGS, "all": TAGS, "none": TAGS},
        targeting_class=TargetingClass.CRITERION,
        compile=_tag,
    )
)
