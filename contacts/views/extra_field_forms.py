"""Extra fields in the form of a person: one form field each, by its kind."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext as _

from contacts.imports.extra_values import LARGEST
from contacts.models import Contact, CustomField

PREFIX = "extra_"
TEXT_LIMIT = 500
Kind = CustomField.Kind


def extra_form_fields(custom: dict[str, Any]) -> dict[str, forms.Field]:
    """Form fields by name, holding what a person has."""
    fields = CustomField.objects.order_by("label", "pk")
    return {f"{PREFIX}{field.key}": _form_field(field, custom.get(field.key)) for field in fields}


def extra_values(cleaned: dict[str, Any]) -> dict[str, Any]:
    """The values as `Contact.custom` keeps them; None takes one away."""
    extra = {name.removeprefix(PREFIX): value for name, value in cleaned.items() if name.startswith(PREFIX)}
    return {key: _kept(value) for key, value in extra.items()}


def shown_values(contact: Contact) -> list[tuple[str, str]]:
    """(label, value in words) of the extra fields that a person has, in the order of their labels."""
    if not contact.custom:
        return []
    fields = CustomField.objects.filter(key__in=list(contact.custom)).order_by("label", "pk")
    return [(field.label, _shown(field, contact.custom[field.key])) for field in fields]


def shown_beside(one: Contact, other: Contact) -> list[tuple[CustomField, str, str]]:
    """(extra field, value of each in words) of what one of two people has, in the order of the labels."""
    keys = [*one.custom, *other.custom]
    fields = CustomField.objects.filter(key__in=keys).order_by("label", "pk") if keys else ()
    pair = (one.custom, other.custom)
    return [
        (field, *(_shown(field, custom[field.key]) if field.key in custom else "" for custom in pair))
        for field in fields
    ]


def _form_field(field: CustomField, value: Any) -> forms.Field:
    shape: dict[str, Any] = {"label": field.label, "required": False, "initial": value}
    match field.kind:
        case Kind.NUMBER:
            return forms.FloatField(min_value=-LARGEST, max_value=LARGEST, **shape)
        case Kind.DATE:
            widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(widget=widget, **shape | {"initial": _day(value)})
        case Kind.BOOLEAN:
            said = {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else ""
            choices = [("", _("Not known")), ("yes", _("Yes")), ("no", _("No"))]
            return forms.TypedChoiceField(
                choices=choices,
                coerce=lambda chosen: chosen == "yes",
                empty_value=None,
                **shape | {"initial": said},
            )
        case Kind.CHOICE:
            offered = dict.fromkeys([*field.choices, *([value] if isinstance(value, str) else [])])
            return forms.ChoiceField(
                choices=[("", _("Not known")), *((one, one) for one in offered)], **shape
            )
    return forms.CharField(max_length=TEXT_LIMIT, **shape)


def _kept(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value == "" else value


def _shown(field: CustomField, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    day = _day(value) if field.kind == Kind.DATE else None
    if day is not None:
        return formats.date_format(day, "DATE_FORMAT")
    return formats.localize(value) if isinstance(value, int | float) else str(value)


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
