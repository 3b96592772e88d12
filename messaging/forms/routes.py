"""Forms of a sender's other ways out, of its limits, of a mailing's speed and of receiving mailboxes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.enums import TerritoryKind
from contacts.models import Territory
from messaging.models import ProviderAccount, SenderIdentity
from messaging.models.sender_route import MOST_WEIGHT
from messaging.services.mailboxes import FASTEST_AN_HOUR, SLOWEST_AN_HOUR, known_families
from messaging.services.senders import Route

SPARE_ROUTES = 2
"""Empty lines under the ways out that a sender has."""


def places() -> Any:
    """Territories that a sender or one of its ways out may be of."""
    kinds = [TerritoryKind.REGION, TerritoryKind.DEPARTMENT]
    return Territory.objects.filter(kind__in=kinds, replaced_by__isnull=True).order_by("kind", "name")


class LimitsForm(forms.Form):
    """What a sender keeps to by itself, whatever its ways out allow."""

    weight = forms.IntegerField(
        label=_("Share of the main way out"),
        min_value=0,
        max_value=MOST_WEIGHT,
        initial=1,
        required=False,
        help_text=_("Beside the shares of the others; 0: a reserve, only while no other can."),
    )
    messages_per_second = forms.IntegerField(
        label=_("Messages per second, at most"), required=False, min_value=1, max_value=10_000
    )
    per_day = forms.IntegerField(
        label=_("Messages in 24 hours, at most"), required=False, min_value=1, max_value=100_000_000
    )
    warm_up_from = forms.DateField(
        label=_("Warm-up begins"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_(
            "A new address or server begins with 50 messages a day to each family of mailboxes, and doubles "
            "about every day."
        ),
    )

    def __init__(self, *args: Any, sender: SenderIdentity | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sender is not None:
            self.initial = {name: getattr(sender, name) for name in self.fields} | self.initial

    def clean_weight(self) -> int:
        weight = self.cleaned_data["weight"]
        return 1 if weight is None else int(weight)


class RouteForm(forms.Form):
    """One more way out of a sender; without an account the line is nothing."""

    provider_account = forms.ModelChoiceField(
        ProviderAccount.objects.order_by("name"),
        label=_("Way out"),
        required=False,
        empty_label=_("No other way out"),
    )
    weight = forms.IntegerField(
        label=_("Share"), min_value=0, max_value=MOST_WEIGHT, initial=1, required=False
    )
    territory = forms.ModelChoiceField(
        Territory.objects.none(), label=_("For people in"), required=False, empty_label=_("The whole country")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["territory"].queryset = places()  # type: ignore[attr-defined]

    def route(self) -> Route | None:
        account = self.cleaned_data.get("provider_account")
        if account is None:
            return None
        weight = self.cleaned_data.get("weight")
        return Route(account, 1 if weight is None else weight, self.cleaned_data.get("territory"))


RouteForms = forms.formset_factory(RouteForm, extra=SPARE_ROUTES, max_num=60)


def route_forms(sender: SenderIdentity | None, data: Any = None) -> Any:
    """Lines of a sender's other ways out, and empty ones; not bound where `data` says nothing of them."""
    initial = (
        []
        if sender is None
        else list(sender.routes.order_by("pk").values("provider_account", "weight", "territory"))
    )
    is_told = data is not None and "routes-TOTAL_FORMS" in data
    return RouteForms(data if is_told else None, initial=initial, prefix="routes")


class SpeedForm(forms.Form):
    """How fast a mailing leaves: a number an hour, or the hour of its last message; nothing is full speed."""

    per_hour = forms.IntegerField(
        label=_("Messages an hour, at most"),
        required=False,
        min_value=SLOWEST_AN_HOUR,
        max_value=FASTEST_AN_HOUR,
    )
    spread_until = forms.DateTimeField(
        label=_("Or spread: the last one leaves at"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class MailboxLimitsForm(forms.Form):
    """Messages a minute to each large family of mailboxes; an empty field sets no limit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for family, label, per_minute in known_families():
            self.fields[family] = forms.IntegerField(
                label=label, required=False, min_value=1, max_value=1_000_000, initial=per_minute
            )
