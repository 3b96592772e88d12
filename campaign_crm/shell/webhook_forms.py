"""The form of a webhook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.models import Webhook
from campaign_crm.platform.webhooks.events import WebhookEvent
from campaign_crm.shell.forms import PLACES
from contacts.views.place_field import PlaceField


class WebhookForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Who is told, such as “Website”."))
    url = forms.URLField(
        label=_("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=_("Each event is sent there by POST, with a signature."),
    )
    events = forms.MultipleChoiceField(
        label=_("What it is told of"), choices=WebhookEvent.choices, widget=forms.CheckboxSelectMultiple
    )
    tells_people = forms.BooleanField(
        label=_("Say who the people are"),
        required=False,
        help_text=Webhook._meta.get_field("tells_people").help_text,
    )
    territory = PlaceField(
        label=_("Territory"),
        kinds=PLACES,
        required=False,
        help_text=_("It is told of people of this place alone. Empty: of the whole country."),
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def asked(self) -> dict[str, Any]:
        """What the services take."""
        place = self.cleaned_data["territory"]
        names = ("name", "url", "events", "tells_people")
        return {name: self.cleaned_data[name] for name in names} | {"territory": place.pk if place else None}
