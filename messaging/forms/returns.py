"""Forms of what comes back to a way out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from messaging.models import Mailbox, ProviderAccount
from messaging.providers.hooks import NAMES, HookKind, hook_kind

SECRET = {"autocomplete": "off"}


class HookForm(forms.Form):
    """Who reports, and what proves its calls; secrets are never shown again."""

    def __init__(self, *args: Any, account: ProviderAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        kinds = [(name, hook_kind(name).label) for name in sorted(NAMES)]
        # A provider's own account is reported on by that provider; a relay by SMTP, by whoever runs it.
        if account.kind in NAMES:
            kinds = [(name, label) for name, label in kinds if name == account.kind]
        self.fields["hook_kind"] = forms.ChoiceField(
            label=_("Who reports"),
            choices=[("", _("Nobody")), *kinds],
            required=False,
            initial=account.hook_kind or (account.kind if account.kind in NAMES else ""),
        )
        self.kind: HookKind | None = hook_kind(account.hook_kind) if account.hook_kind else None
        for field in self.kind.fields if self.kind else ():
            self.fields[field.name] = self._field(field)

    def settings(self) -> dict[str, str]:
        return self._typed(secret=False)

    def secrets(self) -> dict[str, str]:
        return self._typed(secret=True)

    def _typed(self, *, secret: bool) -> dict[str, str]:
        fields = self.kind.fields if self.kind and self.cleaned_data["hook_kind"] == self.kind.name else ()
        named = [field.name for field in fields if (field.type == "secret") is secret]
        return {name: self.cleaned_data[name] for name in named if self.cleaned_data.get(name)}

    def _field(self, field: Any) -> forms.Field:
        if field.type == "secret":
            is_kept = bool(self.account.sealed_hook_secrets)
            return forms.CharField(
                label=field.label,
                required=False,
                max_length=500,
                strip=True,
                help_text=_("Never shown again. Empty: the one we have stays.") if is_kept else field.help,
                widget=forms.PasswordInput({"autocomplete": "new-password"}),
            )
        return forms.CharField(
            label=field.label,
            required=False,
            max_length=1000,
            help_text=field.help,
            initial=self.account.hook_settings.get(field.name, ""),
            widget=forms.TextInput({"autocomplete": "off"}),
        )


class ReturnDomainForm(forms.Form):
    return_domain = forms.CharField(
        label=_("Domain of returns"),
        required=False,
        max_length=253,
        help_text=_(
            "For example returns.example.org. Every message then leaves with a return address of its own at "
            "this domain; all of them must reach the mailbox below. Empty: returns go to the sender. "
            "A host for returns of the sender’s own domain comes before this one, once its records are right."
        ),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )


class MailboxForm(forms.Form):
    """One IMAP mailbox; its secrets are never shown again."""

    TOKENS = ("client_id", "client_secret", "refresh_token")
    SECRETS = ("password", *TOKENS)

    host = forms.CharField(
        label=_("IMAP server"), max_length=253, help_text=_("For example imap.example.org")
    )
    security = forms.ChoiceField(label=_("Encryption"), choices=Mailbox.Security.choices)
    port = forms.IntegerField(
        label=_("Port"), required=False, min_value=1, max_value=65535, help_text=_("Empty: the usual one.")
    )
    username = forms.CharField(
        label=_("User name"), max_length=254, widget=forms.TextInput({"autocomplete": "off"})
    )
    sign_in = forms.ChoiceField(
        label=_("Signs in with"),
        choices=Mailbox.SignIn.choices,
        required=False,
        help_text=_("Microsoft 365 and Google take no passwords of programs: they need a token."),
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        max_length=500,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    client_id = forms.CharField(
        label=_("Client id"), required=False, max_length=500, widget=forms.PasswordInput(SECRET)
    )
    client_secret = forms.CharField(
        label=_("Client secret"), required=False, max_length=500, widget=forms.PasswordInput(SECRET)
    )
    refresh_token = forms.CharField(
        label=_("Refresh token"), required=False, max_length=4_000, widget=forms.PasswordInput(SECRET)
    )
    token_url = forms.CharField(
        label=_("Token endpoint"),
        required=False,
        max_length=300,
        help_text=_("Empty: that of Microsoft or Google. An application of one organisation names its own."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    token_scope = forms.CharField(
        label=_("Scope"),
        required=False,
        max_length=300,
        help_text=_("Empty: the usual one."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    folder = forms.CharField(label=_("Folder"), max_length=200, initial="INBOX")
    is_active = forms.BooleanField(label=_("Read it"), required=False, initial=True)

    def __init__(self, *args: Any, mailbox: Mailbox | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if mailbox is not None:
            names = set(self.fields) - {*self.SECRETS}
            self.initial = {name: getattr(mailbox, name) for name in names} | self.initial
            by_password = mailbox.sign_in == Mailbox.SignIn.PASSWORD
            for name in ("password",) if by_password else self.TOKENS:
                self.fields[name].help_text = _("Never shown again. Empty: the one we have stays.")

    def clean_sign_in(self) -> str:
        return self.cleaned_data["sign_in"] or Mailbox.SignIn.PASSWORD.value

    def fields_before(self) -> list[forms.BoundField]:
        return [self[name] for name in ("host", "security", "port", "username", "sign_in", "password")]

    def fields_of_tokens(self) -> list[forms.BoundField]:
        return [self[name] for name in (*self.TOKENS, "token_url", "token_scope")]

    def fields_after(self) -> list[forms.BoundField]:
        return [self[name] for name in ("folder", "is_active")]

    @property
    def is_by_token(self) -> bool:
        """True when what a token needs is to be seen at once."""
        chosen = self["sign_in"].value() or Mailbox.SignIn.PASSWORD
        return chosen != Mailbox.SignIn.PASSWORD or any(field.errors for field in self.fields_of_tokens())

    def settings(self) -> dict[str, Any]:
        """Everything but the secrets."""
        return {name: value for name, value in self.cleaned_data.items() if name not in self.SECRETS}

    def secrets(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.SECRETS}
