"""Who people are: gender, age, language, relationship, name."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, Gender, Relationship, TargetingClass
from contacts.folding import fold
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_condition
from contacts.segments.standard.pieces import AGE, AGE_RANGE, age_lookups, year_lookups
from contacts.segments.values import NOTHING, ChoiceValue, TextValue


def _gender(operator: str, value: Any, _context: Context) -> Q:
    if operator == "unknown":
        return Q(gender="")
    chosen = Q(gender__in=value)
    return ~chosen if operator == "is_not" else chosen


def _age(operator: str, value: Any, context: Context) -> Q:
    """A year of birth alone counts where every day of that year gives the asked age."""
    unknown = Q(birth_date__isnull=True, birth_year__isnull=True)
    if operator in ("known", "unknown"):
        return unknown if operator == "unknown" else ~unknown
    by_year = Q(birth_date__isnull=True) & year_lookups(operator, value, context.day)
    return age_lookups(operator, value, context.day) | by_year


def _language(operator: str, value: Any, _context: Context) -> Q:
    chosen = Q(language__in=value)
    return ~chosen if operator == "is_not" else chosen


def _relationship(operator: str, value: Any, _context: Context) -> Q:
    chosen = Q(relationship__in=value)
    return ~chosen if operator == "is_not" else chosen


def _relationship_class(operator: str, value: Any) -> TargetingClass:
    """Members joined by themselves: writing to them all is no targeting. Any other choice is."""
    members_only = operator == "is" and set(value) == {Relationship.MEMBER}
    return TargetingClass.SUBSCRIPTION if members_only else TargetingClass.CRITERION


def _name(operator: str, value: Any, _context: Context) -> Q:
    folded = fold(value)
    if not folded:
        return Q(pk__in=[])
    return Q(name_folded__startswith=folded) if operator == "starts" else Q(name_folded__contains=folded)


_GENDERS = ChoiceValue(lambda: Gender.choices)
_LANGUAGES = ChoiceValue(lambda: settings.LANGUAGES)
_RELATIONSHIPS = ChoiceValue(lambda: Relationship.choices)

register_condition(
    Condition(
        key="gender",
        label=_("Gender"),
        group=ConditionGroup.IDENTITY,
        operators={"is": _GENDERS, "is_not": _GENDERS, "unknown": NOTHING},
        targeting_class=TargetingClass.CRITERION,
        compile=_gender,
    )
)
register_condition(
    Condition(
        key="age",
        label=_("Age"),
        group=ConditionGroup.IDENTITY,
        operators={"from": AGE, "to": AGE, "between": AGE_RANGE, "known": NOTHING, "unknown": NOTHING},
        targeting_class=TargetingClass.CRITERION,
        compile=_age,
        note=_("People whose birth date is not known are left out."),
    )
)
register_condition(
    Condition(
        key="language",
        label=_("Language"),
        group=ConditionGroup.IDENTITY,
        operators={"is": _LANGUAGES, "is_not": _LANGUAGES},
        targeting_class=TargetingClass.TECHNICAL,
        compile=_language,
    )
)
register_condition(
    Condition(
        key="relationship",
        label=_("Relationship"),
        group=ConditionGroup.IDENTITY,
        operators={"is": _RELATIONSHIPS, "is_not": _RELATIONSHIPS},
        targeting_class=_relationship_class,
        compile=_relationship,
    )
)
register_condition(
    Condition(
        key="name",
        label=_("Name"),
        group=ConditionGroup.IDENTITY,
        operators={"contains": TextValue(), "starts": TextValue()},
        targeting_class=TargetingClass.FORBIDDEN,
        compile=_name,
        note=_(
            "To find people on screen only: choosing recipients by their name is not allowed on any channel."
        ),
        never_on=frozenset(Channel),
    )
)
