"""Typing a person in, and correcting what is known: names, birth date, commune, extra fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact, Territory
from contacts.services.residence import may_live_at
from contacts.views.extra_field_forms import PREFIX, extra_form_fields, extra_values
from contacts.views.place_field import PlaceField


class PersonForm(forms.ModelForm[Contact]):
    commune = PlaceField(
        label=gettext_lazy("Commune"),
        required=False,
        help_text=gettext_lazy("Its name, postcode or INSEE code."),
    )

    class Meta:
        model = Contact
        fields = [
            *["civility", "first_name", "last_name", "birth_name", "gender", "birth_date"],
            *["birth_year", "language"],
        ]
        labels = {"birth_year": gettext_lazy("Year of birth, if the day is not known")}
        widgets = {
            "birth_date": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "language": forms.Select(choices=[("fr", "Français"), ("en", "English")]),
        }

    def __init__(self, *args: Any, known: Contact | None = None, **kwargs: Any) -> None:
        """`known` is the person whose form is shown; what is typed is never put on them here."""
        self.known = known
        super().__init__(*args, **kwargs)
        self.fields["commune"].initial = known.commune if known else None
        self.fields |= extra_form_fields(known.custom if known else {})

    @property
    def extra(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(PREFIX)]

    def clean_commune(self) -> Territory | None:
        place: Territory | None = self.cleaned_data["commune"]
        says_where = "commune" in self.data or self.known is None
        if says_where and not may_live_at(place, known=self.known):
            raise forms.ValidationError(_("Choose a commune of your territory."))
        return place

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("first_name") or cleaned.get("last_name")):
            self.add_error("last_name", _("Write a first name or a last name."))
        if cleaned.get("birth_date"):
            cleaned["birth_year"] = None
        return cleaned

    def person(self) -> dict[str, Any]:
        """What `create_contact` and `update_contact` take; what the page did not send stays as it is."""
        sent = {name: value for name, value in self.cleaned_data.items() if not name.startswith(PREFIX)}
        if "commune" not in self.data:
            del sent["commune"]
        extra = {name: value for name, value in self.cleaned_data.items() if name in self.data}
        return sent | {"custom": extra_values(extra)}


class NewPersonForm(PersonForm):
    """A person with their first address and number."""

    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=30, required=False)
    street = forms.CharField(label=gettext_lazy("Number and street"), max_length=200, required=False)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=16, required=False)
    city = forms.CharField(label=gettext_lazy("Town"), max_length=100, required=False)

    def person(self) -> dict[str, Any]:
        values = super().person()
        values["custom"] = {key: value for key, value in values["custom"].items() if value is not None}
        lines = {
            "line1": values.pop("street"),
            "postcode": values.pop("postcode"),
            "city": values.pop("city"),
        }
        return values | {"address": lines if any(lines.values()) else None}
