"""Forms of mailings by brokers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from messaging.brokers.mailings import RESULTS
from messaging.models import BrokerMailing, Campaign

MOMENT = "%Y-%m-%dT%H:%M"
OFFERED = 100


class BrokerMailingForm(forms.ModelForm[BrokerMailing]):
    """What is planned with a broker."""

    class Meta:
        model = BrokerMailing
        fields = ["campaign", "broker", "leaves_at", "expected", "cost", "origin_text", "proof"]
        widgets = {
            "leaves_at": forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT),
            "proof": forms.Textarea({"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mailings = Campaign.objects.mailings()
        offered = list(mailings.order_by("-pk").values_list("pk", flat=True)[:OFFERED])
        asked = self.initial.get("campaign") or self.instance.campaign_id
        queryset = mailings.filter(pk__in=[*offered, asked] if asked else offered).order_by("-pk")
        self.fields["campaign"].queryset = queryset  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """The service checks the whole; checking here as well would say everything twice."""


class ResultsForm(forms.Form):
    """Totals, typed or from a file."""

    sent = forms.IntegerField(label=gettext_lazy("Sent"), min_value=0, required=False)
    delivered = forms.IntegerField(label=gettext_lazy("Delivered"), min_value=0, required=False)
    opens = forms.IntegerField(label=gettext_lazy("Opens"), min_value=0, required=False)
    clicks = forms.IntegerField(label=gettext_lazy("Clicks"), min_value=0, required=False)
    unsubscribes = forms.IntegerField(label=gettext_lazy("Unsubscribed"), min_value=0, required=False)
    file = forms.FileField(
        label=gettext_lazy("Or the broker’s file"),
        required=False,
        help_text=gettext_lazy("CSV with the columns sent, delivered, opens, clicks, unsubscribes."),
    )

    def results(self) -> dict[str, int | None]:
        return {name: self.cleaned_data.get(name) for name in RESULTS}


class OptOutsForm(forms.Form):
    """What the broker hands back."""

    file = forms.FileField(
        label=gettext_lazy("Opt-outs from the broker"),
        help_text=gettext_lazy("One a line: an address, or the SHA-256 hash of one."),
    )
