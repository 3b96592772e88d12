"""What the team noted: tags, and support levels of those of whom one may be kept."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import In
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.rights import Right
from contacts.enums import Support, TargetingClass
from contacts.models import ContactTag, SupportLevel, Tag
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_condition
from contacts.segments.standard.pieces import having, having_any, named_rows
from contacts.segments.values import NOTHING, ChoiceValue
from contacts.services.support import opinion_may_be_kept

TAGS = named_rows(Tag, _("This tag does not exist any more."))


def _tag(operator: str, value: Any, _context: Context) -> Q:
    return having_any(operator, lambda ids: ContactTag.objects.filter(tag__in=ids), value)


def _support(operator: str, value: Any, _context: Context) -> Q:
    """The newest level that the rule lets be kept; whoever has none is "not known"."""
    kept = opinion_may_be_kept()
    known = having(SupportLevel.objects.all()) & kept
    if operator in ("known", "unknown"):
        return known if operator == "known" else ~known
    noted = SupportLevel.objects.filter(contact=OuterRef("pk")).order_by("-at", "-id")
    newest = Coalesce(Subquery(noted.values("level")[:1]), Value(0))
    return Q(In(newest, [int(level) for level in value])) & kept


_LEVELS = ChoiceValue(lambda: [(str(level.value), level.label) for level in Support])

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
register_condition(
    Condition(
        key="support_level",
        label=_("Support level"),
        group=ConditionGroup.STAFF,
        operators={"is": _LEVELS, "known": NOTHING, "unknown": NOTHING},
        targeting_class=TargetingClass.FORBIDDEN,
        compile=_support,
        note=_("An opinion: it never chooses who receives an e-mail or a text message."),
        right=Right.SEE_SUPPORT_LEVELS,
    )
)
