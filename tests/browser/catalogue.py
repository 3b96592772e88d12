"""A page with every component, so that one test looks at them all in light, dark and on a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.views.generic import FormView

from campaign_crm.platform.staff import StaffView


class ManyFields(forms.Form):
    """One field of each kind, one of them wrong."""

    name = forms.CharField(label="Name", help_text="As on the roll.")
    email = forms.EmailField(label="E-mail", required=False)
    department = forms.ChoiceField(label="Department", choices=[("69", "Rhône"), ("75", "Paris")])
    notes = forms.CharField(label="Notes", widget=forms.Textarea, required=False)
    day = forms.DateField(label="Day", widget=forms.DateInput({"type": "date"}))
    kind = forms.ChoiceField(
        label="Kind", widget=forms.RadioSelect, choices=[("a", "Electoral roll"), ("b", "Address book")]
    )
    agreed = forms.BooleanField(label="May be called", help_text="Between 08:00 and 20:00.")


class Catalogue(StaffView, FormView):
    """The page; its form is always shown as sent and refused."""

    right_required = None
    title = "Components"
    subtitle = "Everything a screen may be made of, with a sentence that is long enough to wrap on a phone."
    form_class = ManyFields
    template_name = "catalogue.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"data": {"name": "Astrid", "email": "astrid"}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        people = [
            ("Astrid Gros", "astrid.gros@example.org", "Lyon 3e", 12),
            ("Jean-Baptiste de La Fontaine-Montmorency", "jb@example.com", "Saint-Remy-en-Bouzemont", 1204),
            ("Anaïs Parent", "anais.parent@example.org", "La Réunion", 0),
        ]
        points = [((now - timedelta(days=29 - day)).strftime("%d/%m"), (day * 37) % 90) for day in range(30)]
        return super().get_context_data(people=people, points=points, now=now, **kwargs)
