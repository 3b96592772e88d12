"""Where people live, by what they or a source gave as their address; nothing from an electoral roll."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.enums import PointStatus, TargetingClass, TerritoryKind
from contacts.models import PostalAddress, TerritoryAncestor
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_condition
from contacts.segments.errors import ValueRefused
from contacts.segments.standard.pieces import having, territories
from contacts.segments.values import NOTHING, TextValue, one_of

_POSTCODE = re.compile(r"[0-9]{2,5}|2[AB]")
MAX_POSTCODES = 50

PLACES = territories(
    TerritoryKind.REGION,
    TerritoryKind.DEPARTMENT,
    TerritoryKind.COMMUNE,
    TerritoryKind.MUNICIPAL_ARRONDISSEMENT,
    TerritoryKind.CANTON,
    TerritoryKind.CONSTITUENCY,
    only_searched=True,
)


class PostcodesValue(TextValue):
    """Postcodes or their beginnings, separated by spaces or commas: "60000, 80"."""

    def parse(self, raw: Any) -> tuple[str, ...]:  # type: ignore[override]
        words = [word for word in re.split(r"[\s,;]+", super().parse(raw)) if word]
        wrong = next((word for word in words if not _POSTCODE.fullmatch(word)), None)
        if wrong is not None:
            raise ValueRefused(gettext("“%(value)s” is not a postcode.") % {"value": wrong[:20]})
        if len(words) > MAX_POSTCODES:
            raise ValueRefused(gettext("Write at most %(count)s postcodes.") % {"count": MAX_POSTCODES})
        return tuple(dict.fromkeys(words))

    def describe(self, value: Sequence[str]) -> str:
        return one_of(list(value))


def _territory(operator: str, value: Any, _context: Context) -> Q:
    if operator in ("known", "unknown"):
        return Q(commune__isnull=operator == "unknown")
    inside = TerritoryAncestor.objects.filter(ancestor__in=value, descendant=OuterRef("commune"))
    return ~Q(Exists(inside)) if operator == "outside" else Q(Exists(inside))


def _postcode(_operator: str, value: tuple[str, ...], _context: Context) -> Q:
    begins = Q()
    for prefix in value:
        begins |= Q(postcode__startswith=prefix)
    return having(PostalAddress.objects.filter(begins, status=PointStatus.ACTIVE))


register_condition(
    Condition(
        key="territory",
        label=_("Territory"),
        group=ConditionGroup.TERRITORY,
        operators={"inside": PLACES, "outside": PLACES, "known": NOTHING, "unknown": NOTHING},
        targeting_class=TargetingClass.CRITERION,
        compile=_territory,
        note=_(
            "By the commune of the person. A commune that several cantons or constituencies share"
            " counts in none."
        ),
    )
)
register_condition(
    Condition(
        key="postcode",
        label=_("Postcode"),
        group=ConditionGroup.TERRITORY,
        operators={"starts": PostcodesValue()},
        targeting_class=TargetingClass.CRITERION,
        compile=_postcode,
        note=_("By the postal addresses that people gave."),
    )
)
