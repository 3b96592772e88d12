"""Forms of the shell: accounts and the organisation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.models import User
from campaign_crm.platform.models.audit import AuditEntry
from campaign_crm.platform.models.organisation import colour
from campaign_crm.platform.rights import Role
from contacts.enums import TerritoryKind
from messaging.services.images import MOST_BYTES, Encoded, ImageRefused, encode

LANGUAGES = User._meta.get_field("language").choices
ROLE_HELP = _(
    "Administrators do everything, directors everything but settings and the rules of the law. "
    "Data officers work with people and files, digital officers write and send, approvers agree to what "
    "others wrote. Local coordinators see, write and send in their territory, event hosts and volunteers see "
    "people there. Read-only members see, and change nothing."
)
PLACES = tuple(kind for kind in TerritoryKind if kind != TerritoryKind.COUNTRY)
NO_ROLE = ("", _("None: only what is given below"))


class FirstAdministratorForm(forms.Form):
    """The account of the first administrator."""

    full_name = forms.CharField(
        label=_("Your name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"})
    )
    email = forms.EmailField(label=_("Your e-mail"), widget=forms.EmailInput({"autocomplete": "email"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        password = cleaned.get("password")
        if password:
            owner = User(email=cleaned.get("email", ""), full_name=cleaned.get("full_name", ""))
            try:
                validate_password(password, owner)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class RoleForm(forms.Form):
    """Another role in the whole country for a member."""

    role = forms.ChoiceField(
        label=_("Role"), choices=[NO_ROLE, *Role.choices], required=False, help_text=ROLE_HELP
    )


class ProfileForm(forms.Form):
    """What a person may change of their own account."""

    full_name = forms.CharField(
        label=_("Name"), max_length=150, required=False, widget=forms.TextInput({"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)


class OrganisationForm(forms.Form):
    """Identity and look of the organisation."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As people know you: it stands on messages and pages.")
    )
    legal_name = forms.CharField(
        label=_("Legal name"),
        max_length=200,
        required=False,
        help_text=_("Who answers for the data: the party, the candidate or the financing association."),
    )
    postal_address = forms.CharField(
        label=_("Postal address"), required=False, widget=forms.Textarea({"rows": 3})
    )
    contact_email = forms.EmailField(label=_("Contact e-mail"), required=False)
    dpo_contact = forms.CharField(
        label=_("Data-protection contact"),
        max_length=200,
        required=False,
        help_text=_("Who people write to about their data."),
    )
    privacy_url = forms.URLField(label=_("Privacy page"), required=False, assume_scheme="https")
    primary_colour = forms.CharField(
        label=_("Main colour"),
        validators=[colour],
        widget=forms.TextInput({"type": "color"}),
        help_text=_("For sign-up pages and buttons; made darker or lighter where text needs it."),
    )
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG, WebP or GIF, 10 MB at most."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)
    default_language = forms.ChoiceField(label=_("Language of public pages"), choices=LANGUAGES)

    def clean_logo(self) -> Encoded | None:
        """Write the picture anew, so that nothing of the file is kept but its pixels."""
        upload = self.cleaned_data["logo"]
        if not upload:
            return None
        try:
            return encode(upload.read(MOST_BYTES + 1))
        except ImageRefused as error:
            raise forms.ValidationError(str(error)) from error


class SendingForm(forms.Form):
    """The switch of sending: a reason always, and a confirmation before anything may leave."""

    turn = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=AuditEntry._meta.get_field("reason").max_length,
        help_text=_("Kept in the audit trail with your name."),
    )
    confirmed = forms.BooleanField(
        label=_(
            "I have looked at what leaves by itself. If a backup was restored, whoever left after it was "
            "made is on the do-not-contact list again."
        ),
        required=False,
    )

    def __init__(self, *args: Any, is_on: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["turn"].initial = "off" if is_on else "on"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("turn") == "on" and not cleaned.get("confirmed"):
            self.add_error("confirmed", _("Confirm this first."))
        return cleaned


class CountingForm(forms.Form):
    """The switch of counting opens and clicks: a reason always."""

    turn = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=AuditEntry._meta.get_field("reason").max_length,
        help_text=_("Kept in the audit trail with your name."),
    )

    def __init__(self, *args: Any, is_on: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["turn"].initial = "off" if is_on else "on"
