"""Forms of the keys of the API: of programs, of web pages, of members."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaign_crm.platform.models import ApiKey
from campaign_crm.platform.scopes import IN_TERRITORY, OF_PUBLIC_KEYS, OF_TOKENS_ALONE, Scope
from campaign_crm.shell.forms import PLACES
from contacts.views.place_field import PlaceField

A_YEAR = timedelta(days=365)
ORIGINS_MOST = 20
OF_PROGRAMS = [one for one in Scope.choices if one[0] not in OF_TOKENS_ALONE]
Kind = ApiKey.Kind


class WithEnd(forms.Form):
    """What a key is called, what it may do, and its last day."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Who holds it, such as “Website, sign-up form”."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), choices=OF_PROGRAMS, widget=forms.CheckboxSelectMultiple
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Left empty, it works until somebody revokes it."),
    )

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("This day is past."))
        return day

    @property
    def expires_at(self) -> datetime | None:
        """The end of the last day, where the installation is; None for a key without end."""
        day = self.cleaned_data["last_day"]
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time())) if day else None


class ApiKeyForm(WithEnd):
    """A key of a program, or one that stands in web pages: what it may do, where, until when."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Whose"),
        choices=[
            (Kind.MACHINE, gettext_lazy("A program’s: it stays secret on a server")),
            (
                Kind.PUBLIC,
                gettext_lazy("Of web pages: everybody can read it, it only sends what people send"),
            ),
        ],
        widget=forms.RadioSelect,
        initial=Kind.MACHINE,
        required=False,
    )
    origins = forms.CharField(
        label=gettext_lazy("Websites"),
        required=False,
        widget=forms.Textarea({"rows": 2, "placeholder": "https://www.example.org"}),
        help_text=gettext_lazy("Whose pages may use it in a browser, one a line, without a path."),
    )
    territory = PlaceField(
        label=gettext_lazy("Territory"),
        kinds=PLACES,
        required=False,
        help_text=gettext_lazy(
            "Whose people it reads: a region, department, constituency, canton or commune, with all that it "
            "contains. Empty: the whole country."
        ),
    )
    field_order = ["name", "kind", "scopes", "origins", "territory", "last_day"]

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Kind.MACHINE

    def clean_origins(self) -> list[str]:
        origins = [_origin(text) for text in self.cleaned_data["origins"].split()]
        if len(origins) > ORIGINS_MOST:
            raise forms.ValidationError(_("At most %(count)s websites.") % {"count": ORIGINS_MOST})
        return list(dict.fromkeys(origins))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        scopes, is_public = set(cleaned.get("scopes") or []), cleaned.get("kind") == Kind.PUBLIC
        if cleaned.get("territory") and (is_public or scopes - IN_TERRITORY):
            self.add_error(
                "territory",
                _(
                    "In a territory a program reads and writes people, and nothing else. Leave this empty, "
                    "or make two keys."
                ),
            )
        if is_public and scopes - OF_PUBLIC_KEYS:
            self.add_error(
                "scopes", _("Everybody can read this key: it sends sign-ups and reads forms, no more.")
            )
        if is_public and not cleaned.get("origins") and "origins" not in self.errors:
            self.add_error("origins", _("Say on which websites a public key is used."))
        return cleaned


class TokenForm(WithEnd):
    """A personal token: it always ends."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Never more than your own role lets you do, where it does."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].required = True
        self.fields["last_day"].help_text = _("Within a year.")
        self.fields["name"].help_text = _("What uses it, such as “My spreadsheet”.")

    def clean_last_day(self) -> date | None:
        day = super().clean_last_day()
        if day is not None and day > timezone.localdate() + A_YEAR:
            raise forms.ValidationError(_("A personal token ends within a year."))
        return day


class RotateForm(forms.Form):
    """How many days the secret that is replaced stays good."""

    days = forms.IntegerField(min_value=0, max_value=90, initial=7)


def _origin(text: str) -> str:
    """What a browser says of a page of this website; raises ValidationError."""
    parts = urlsplit(text if "://" in text else f"https://{text}")
    is_local = parts.hostname in ("localhost", "127.0.0.1")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise forms.ValidationError(_("Websites are reached by https://: %(text)s") % {"text": text})
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = None
    if not parts.hostname or port is None or parts.path.strip("/") or parts.query or parts.username:
        raise forms.ValidationError(_("This is no address of a website: %(text)s") % {"text": text})
    return f"{parts.scheme}://{parts.hostname}{port}"
