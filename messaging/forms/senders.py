"""Forms of senders and ways out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from contacts.enums import TerritoryKind
from contacts.models import Territory
from messaging.models import ProviderAccount, SenderIdentity
from messaging.providers import registry
from messaging.providers.registry import SettingField
from messaging.services.senders import completed_credentials, known_secrets, secret_fields


class SenderForm(forms.Form):
    """Name and address that people see. The address never changes: mailings and replies refer to it."""

    from_name = forms.CharField(
        label=_("Name shown"),
        max_length=100,
        help_text=_("As readers see it: a person is opened more often."),
    )
    address = forms.EmailField(label=_("Sender address"), max_length=254)
    reply_to = forms.EmailField(
        label=_("Answers go to"),
        max_length=254,
        required=False,
        help_text=_("Empty: to the sender address. Somebody must read it."),
    )
    provider_account = forms.ModelChoiceField(
        ProviderAccount.objects.order_by("name"), label=_("Way out"), empty_label=None
    )
    territory = forms.ModelChoiceField(
        Territory.objects.filter(
            kind__in=[TerritoryKind.REGION, TerritoryKind.DEPARTMENT], replaced_by__isnull=True
        ).order_by("kind", "name"),
        label=_("Territory"),
        required=False,
        empty_label=_("The whole country"),
        help_text=_("For a local team’s own sender."),
    )
    for_service = forms.BooleanField(
        label=_("Sends service messages"),
        required=False,
        help_text=_("Confirmations and answers come from one sender. None chosen: from the oldest in use."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, sender: SenderIdentity | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sender is not None:
            self.fields["address"].disabled = True
            self.initial = {name: getattr(sender, name) for name in self.fields} | self.initial


class AccountForm(forms.Form):
    """A way out, its fields drawn from what its kind of provider asks for; secrets are never shown again."""

    SECONDARY = frozenset(
        (
            *("connections", "messages_per_connection", "helo_name", "sources", "timeout", "final_timeout"),
            *("per_hour", "per_day", "warm_up_from"),
        )
    )
    # For the configuration of a server, not for a form.
    HIDDEN = frozenset(("ca_file", "batch_timeout", "api_url", "stream"))

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("For your team."))

    def __init__(self, *args: Any, kind: str, account: ProviderAccount | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.account = kind, account
        self.asked = [field for field in registry.kind(kind).fields if field.name not in self.HIDDEN]
        kept = account.settings | known_secrets(account) if account else {}
        for field in self.asked:
            self.fields[field.name] = _setting_field(field, is_kept=account is not None)
            if field.type != "secret":
                self.initial.setdefault(field.name, kept.get(field.name, field.default))
        self.fields["messages_per_second"] = forms.IntegerField(
            label=_("Messages per second, at most"),
            required=False,
            min_value=1,
            max_value=10_000,
            help_text=_("What your provider allows. Empty: as fast as it takes them."),
        )
        self.fields |= _cap_fields()
        self.fields["is_active"] = forms.BooleanField(label=_("In use"), required=False, initial=True)
        if account is not None:
            own = ("name", "messages_per_second", *_cap_fields(), "is_active")
            self.initial |= {name: getattr(account, name) for name in own}

    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.SECONDARY]

    def other_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name in self.SECONDARY]

    def settings(self) -> dict[str, Any]:
        """What is kept in plain: what the form shows, and what it does not ask for."""
        secret = set(secret_fields(self.kind))
        kept = dict(self.account.settings) if self.account else {}
        for field in self.asked:
            if field.name in secret:
                continue
            value = self.cleaned_data.get(field.name)
            kept.pop(field.name, None)
            if value not in (None, "", False):
                kept[field.name] = value
        return kept

    def credentials(self) -> dict[str, str] | None:
        """User name, passwords and keys; None keeps those there are."""
        typed = {name: self.cleaned_data.get(name) or "" for name in secret_fields(self.kind)}
        return completed_credentials(self.account, typed, self.settings())

    def tell(self, problems: dict[str, str]) -> None:
        """Put what the provider's own check found beside the fields."""
        for name, problem in problems.items():
            self.add_error(name if name in self.fields else None, capfirst(problem))


def _cap_fields() -> dict[str, forms.Field]:
    """What an account may hand over in an hour and a day."""
    return {
        "per_hour": forms.IntegerField(
            label=_("Messages in any hour, at most"), required=False, min_value=1, max_value=100_000_000
        ),
        "per_day": forms.IntegerField(
            label=_("Messages in 24 hours, at most"),
            required=False,
            min_value=1,
            max_value=100_000_000,
            help_text=_("Your provider’s quota: another way out of the sender takes what is beyond it."),
        ),
        "warm_up_from": forms.DateField(
            label=_("Warm-up begins"),
            required=False,
            widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            help_text=_(
                "A new address or server begins with 50 messages a day to each family of mailboxes, and "
                "doubles about every day."
            ),
        ),
    }


def _setting_field(field: SettingField, *, is_kept: bool) -> forms.Field:
    common: dict[str, Any] = {
        "label": field.label,
        # A secret that we have stays when its field is left empty.
        "required": field.required and not (is_kept and field.type == "secret"),
        "help_text": field.help,
    }
    if field.type == "choice":
        return forms.ChoiceField(**common, choices=[(str(value), label) for value, label in field.choices])
    if field.type == "number":
        return forms.IntegerField(**common, min_value=1)
    if field.type == "flag":
        return forms.BooleanField(**common)
    if field.type == "lines":
        widget = forms.Textarea({"rows": 4, "autocomplete": "off", "spellcheck": "false", "class": "mono"})
        return forms.CharField(**common, max_length=10_000, widget=widget)
    if field.type == "secret":
        common["help_text"] = _("Never shown again. Empty: the one we have stays.") if is_kept else field.help
        widget = forms.PasswordInput({"autocomplete": "new-password"})
        return forms.CharField(**common, widget=widget, strip=False, max_length=500)
    return forms.CharField(**common, max_length=255, widget=forms.TextInput({"autocomplete": "off"}))
