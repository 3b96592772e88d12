"""The form that begins a mailing from a local kit."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.models import Territory
from messaging.services.variants import KINDS


class LocalMailingForm(forms.Form):
    """Where it goes, and how the team calls it."""

    territory = forms.ModelChoiceField(
        Territory.objects.filter(kind__in=KINDS).order_by("-kind", "name_folded"),
        label=_("Territory"),
        empty_label=_("Choose a region or a department"),
    )
    name = forms.CharField(
        label=_("Name of the mailing"),
        max_length=150,
        required=False,
        help_text=_("For your team; readers never see it. Empty: the kit and the territory."),
    )
