"""What is asked to set up a recurring import: its place, when it is looked at, and what is unusual."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Import, RecurringImport, Source
from contacts.services.sources import PREFERENCE_PAGE
from contacts.views.import_bases import SOURCE_KINDS

Place = RecurringImport.Place
KEPT = gettext_lazy("Empty: the one that is kept stays.")
SECRETS = ("password", "private_key", "passphrase")


class RecurringForm(forms.Form):
    """Fields that every place has; `place_fields` come from a subclass."""

    place_fields: tuple[str, ...] = ()

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("For your team.")
    )
    kind = forms.ChoiceField(label=gettext_lazy("What the files are"), choices=Import.Kind.choices)
    source = forms.ModelChoiceField(
        label=gettext_lazy("Where the data comes from"),
        queryset=Source.objects.exclude(name=PREFERENCE_PAGE).order_by("name"),
        empty_label=None,
        help_text=gettext_lazy("One that is missing is described under Sources first."),
    )
    every = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=RecurringImport.Every.choices, initial="day"
    )
    at = forms.TimeField(
        label=gettext_lazy("At"),
        initial=time(3),
        widget=forms.TimeInput({"type": "time", "class": "short"}, format="%H:%M"),
        help_text=gettext_lazy("Of an hourly one only the minutes count."),
    )
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Day of a weekly one"), choices=list(WEEKDAYS.items()), coerce=int, initial=0
    )
    most_rejected = forms.IntegerField(
        label=gettext_lazy("Ask me when more rows than this are rejected, in per cent"),
        min_value=0,
        max_value=100,
        initial=5,
        widget=forms.NumberInput({"class": "short"}),
    )
    most_new = forms.IntegerField(
        label=gettext_lazy("Ask me when more people or electors than this would be new"),
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        initial=1_000,
        help_text=gettext_lazy("Empty: never."),
        widget=forms.NumberInput({"class": "short"}),
    )

    schedule_fields = ("every", "at", "weekday")
    limit_fields: tuple[str, ...] = ("most_rejected", "most_new")

    def __init__(
        self,
        *args: Any,
        recurring: RecurringImport | None = None,
        like: Import | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].label_from_instance = str  # type: ignore[attr-defined]
        if recurring is not None:
            self.initial = {**self._kept(recurring), **self.initial}
            for name in SECRETS:
                if name in self.fields and recurring.sealed_credentials:
                    self.fields[name].help_text = KEPT
                    self.fields[name].required = False
        if recurring is not None or like is not None:
            del self.fields["kind"]
        if like is not None:
            self.initial = {"source": like.source, "name": like.file_name[:100], **self.initial}
        fixed = recurring.kind if recurring else like.kind if like else ""
        if fixed:
            source: Any = self.fields["source"]
            source.queryset = source.queryset.filter(kind__in=SOURCE_KINDS[fixed])

    @staticmethod
    def _kept(recurring: RecurringImport) -> dict[str, Any]:
        names = ("name", "source", "every", "at", "weekday", "most_rejected", "most_new", "most_gone")
        return recurring.location | {name: getattr(recurring, name) for name in names}

    @property
    def location(self) -> dict[str, Any]:
        """What goes into `RecurringImport.location`."""
        return {name: self.cleaned_data[name] for name in self.place_fields if name not in SECRETS}

    @property
    def credentials(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(name, "") for name in SECRETS if name in self.fields}

    @property
    def values(self) -> dict[str, Any]:
        """The other fields of the model."""
        names = ("name", "source", *self.schedule_fields, *self.limit_fields)
        return {name: self.cleaned_data[name] for name in names}

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Fields under their headings, as the page shows them."""
        first = [name for name in ("name", "kind", "source") if name in self.fields]
        return [
            (_("What"), [self[name] for name in first]),
            (_("Where"), [self[name] for name in self.place_fields]),
            (_("When"), [self[name] for name in self.schedule_fields]),
            (_("What is unusual"), [self[name] for name in self.limit_fields]),
        ]


class _Files(RecurringForm):
    pattern = forms.CharField(
        label=gettext_lazy("Only files whose name is like"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("For example *.csv; empty for every file. Folders below are not read."),
        widget=forms.TextInput({"class": "short"}),
    )


class FolderForm(_Files):
    place_fields = ("path", "pattern")

    path = forms.CharField(
        label=gettext_lazy("Folder below that of the server"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Empty: the folder of the server itself."),
    )


class SftpForm(_Files):
    place_fields = ("host", "port", "user", "password", "private_key", "passphrase", "path", "pattern")

    host = forms.RegexField(r"^[A-Za-z0-9.:_-]+$", label=gettext_lazy("Server"), max_length=253, strip=True)
    port = forms.IntegerField(
        label=gettext_lazy("Port"),
        min_value=1,
        max_value=65_535,
        initial=22,
        widget=forms.NumberInput({"class": "short"}),
    )
    user = forms.CharField(label=gettext_lazy("User name"), max_length=100)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=500,
        required=False,
        strip=False,
        help_text=gettext_lazy("Or a private key. Both are kept sealed."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    private_key = forms.CharField(
        label=gettext_lazy("Private key"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
    )
    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase of the key"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    path = forms.CharField(
        label=gettext_lazy("Folder on the server"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Empty: the one after the login."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        is_new = self.fields["password"].help_text != KEPT
        if is_new and not data.get("password") and not data.get("private_key"):
            self.add_error("password", _("Give a password or a private key."))
        return data


class CardDavForm(RecurringForm):
    place_fields = ("url", "user", "password")
    limit_fields = ("most_rejected", "most_new", "most_gone")

    url = forms.URLField(
        label=gettext_lazy("Address of the address book"),
        max_length=1_000,
        assume_scheme="https",
        help_text=gettext_lazy(
            "As its settings show it. Only https:// and http://; over http:// the password can be read on "
            "the way."
        ),
    )
    user = forms.CharField(label=gettext_lazy("User name"), max_length=200)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=500,
        strip=False,
        help_text=gettext_lazy("Best one for this program alone. It is kept sealed."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    most_gone = forms.IntegerField(
        label=gettext_lazy("Ask me when more cards than this are gone, in per cent"),
        min_value=0,
        max_value=100,
        initial=20,
        help_text=gettext_lazy("Nobody is removed here because a card is gone there."),
        widget=forms.NumberInput({"class": "short"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            kinds = (Import.Kind.ADDRESS_BOOK, Import.Kind.BROKER, Import.Kind.ENRICHMENT)
            self.fields["kind"].choices = [(one.value, one.label) for one in kinds]  # type: ignore[attr-defined]


FORM_OF: dict[str, type[RecurringForm]] = {
    Place.FOLDER: FolderForm,
    Place.SFTP: SftpForm,
    Place.CARDDAV: CardDavForm,
}
