"""What a sign-up form may ask, and how each answer is checked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.enums import Gender
from contacts.errors import ContactsError
from contacts.services.addresses import normalise_email, normalise_phone

FIELD_CHOICES = [
    ("first_name", _("First name")),
    ("last_name", _("Last name")),
    ("email", _("E-mail")),
    ("phone", _("Mobile phone")),
    ("gender", pgettext_lazy("of a person", "Title")),
    ("postcode", _("Postcode")),
    ("city", _("Town")),
    ("street", _("Number and street")),
]
TRAP = "website"  # people do not see it; robots fill it


def clean_email(value: str) -> str:
    """The normal form of an address, or a ValidationError that says what is wrong."""
    try:
        return normalise_email(value)
    except ContactsError as error:
        raise ValidationError(str(error)) from error


def clean_mobile(value: str) -> str:
    """The E.164 form of a number, or a ValidationError that says what is wrong."""
    try:
        return normalise_phone(value).e164
    except ContactsError as error:
        raise ValidationError(str(error)) from error


def make_field(name: str) -> forms.Field:
    """The field of one question; only the names of `FIELD_CHOICES`."""
    makers: dict[str, Any] = {
        "first_name": lambda: _text(_("First name"), 100, "given-name", required=True),
        "last_name": lambda: _text(_("Last name"), 100, "family-name", required=True),
        "email": lambda: forms.EmailField(
            label=_("E-mail"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
        ),
        "phone": lambda: forms.CharField(
            label=_("Mobile phone"),
            max_length=30,
            required=False,
            widget=forms.TextInput({"autocomplete": "tel", "type": "tel", "inputmode": "tel"}),
        ),
        "gender": lambda: forms.ChoiceField(
            label=pgettext_lazy("of a person", "Title"),
            required=False,
            choices=[("", _("I prefer not to say")), (Gender.FEMALE, _("Ms")), (Gender.MALE, _("Mr"))],
        ),
        "postcode": lambda: _text(_("Postcode"), 16, "postal-code"),
        "city": lambda: _text(_("Town"), 100, "address-level2"),
        "street": lambda: _text(_("Number and street"), 200, "address-line1"),
    }
    field: forms.Field = makers[name]()
    return field


def _text(label: Any, length: int, autocomplete: str, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=length,
        required=required,
        widget=forms.TextInput({"autocomplete": autocomplete}),
    )
