"""The organisation's extra fields: one condition each, by the kind of the field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, TargetingClass
from contacts.models import CustomField
from contacts.rules.forbidden import forbidden_matter
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_family
from contacts.segments.values import (
    NOTHING,
    ChoiceValue,
    DateValue,
    NumberValue,
    RangeValue,
    TextValue,
    ValueKind,
)

PREFIX = "extra."
_NUMBER = NumberValue(-1e12, 1e12, whole=False)
_TEXT = TextValue()
_DAY = DateValue()
_KNOWN: Mapping[str, ValueKind] = {"known": NOTHING, "unknown": NOTHING}

_OPERATORS: Mapping[str, Mapping[str, ValueKind]] = {
    CustomField.Kind.TEXT: {"is": _TEXT, "is_not": _TEXT, "contains": _TEXT, **_KNOWN},
    CustomField.Kind.NUMBER: {"from": _NUMBER, "to": _NUMBER, "between": RangeValue(_NUMBER), **_KNOWN},
    CustomField.Kind.DATE: {"since": _DAY, "before": _DAY, "between": RangeValue(_DAY), **_KNOWN},
    CustomField.Kind.BOOLEAN: {"has": NOTHING, "has_not": NOTHING, **_KNOWN},
}


def extra_field_conditions() -> Iterable[Condition]:
    """A condition for each extra field there is."""
    return [_condition(field) for field in CustomField.objects.order_by("label")]


def _condition(field: CustomField) -> Condition:
    """A field whose name tells a forbidden matter, defined before names were looked at, chooses nobody."""
    forbidden = bool(forbidden_matter(field.label, field.key))
    return Condition(
        key=f"{PREFIX}{field.key}",
        label=field.label,
        group=ConditionGroup.STAFF,
        operators=_operators(field),
        targeting_class=TargetingClass.FORBIDDEN if forbidden else TargetingClass.CRITERION,
        never_on=frozenset(Channel) if forbidden else frozenset(),
        compile=_compiler(field.key),
        note=_("Extra field"),
    )


def _operators(field: CustomField) -> Mapping[str, ValueKind]:
    if field.kind != CustomField.Kind.CHOICE:
        return _OPERATORS[field.kind]
    choices = ChoiceValue(lambda: [(choice, choice) for choice in field.choices])
    return {"is": choices, "is_not": choices, **_KNOWN}


def _compiler(key: str) -> Callable[[str, Any, Context], Q]:
    """Lookups inside `Contact.custom`; a missing key is "not known", never NULL."""

    def compile(operator: str, value: Any, _context: Context) -> Q:
        known = Q(custom__has_key=key)
        if operator in ("known", "unknown"):
            return known if operator == "known" else ~known
        if operator == "is_not":
            return ~(known & _lookup(key, "is", value))
        return known & _lookup(key, operator, value)

    return compile


def _lookup(key: str, operator: str, value: Any) -> Q:
    field = f"custom__{key}"
    if operator == "is":
        return Q(**{f"{field}__in": list(value) if isinstance(value, tuple) else [value]})
    if operator == "contains":
        return Q(**{f"{field}__icontains": value})
    if operator in ("has", "has_not"):
        return Q(**{field: operator == "has"})
    first, last = value if operator == "between" else (value, value)
    bounds = {
        "from": {f"{field}__gte": _json(first)},
        "since": {f"{field}__gte": _json(first)},
        "to": {f"{field}__lte": _json(first)},
        "before": {f"{field}__lt": _json(first)},
        "between": {f"{field}__gte": _json(first), f"{field}__lte": _json(last)},
    }
    return Q(**bounds[operator])


def _json(value: Any) -> Any:
    """Days are kept as ISO texts, which compare as days do."""
    return value.isoformat() if hasattr(value, "isoformat") else value


register_family(PREFIX, extra_field_conditions)
