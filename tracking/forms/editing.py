"""The staff's forms about public forms: a new one, and its settings. Its blocks are the builder's."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from contacts.models import Newsletter
from tracking.enums import FormKind
from tracking.models import Form

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(?::\d{1,5})?")
SETTINGS = (
    *("newsletters", "tag", "confirmation", "registers", "is_open", "closes_at", "quota", "embed_hosts"),
)


class NewForm(forms.Form):
    """What kind of page, its title and its main language."""

    kind = forms.ChoiceField(
        label=_("What is it for?"),
        choices=FormKind.choices,
        initial=FormKind.SIGN_UP,
        widget=forms.RadioSelect,
    )
    title = forms.CharField(
        label=_("Title"), max_length=150, required=False, help_text=_("You can change it at any time.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, initial="fr")


class FormSettings(forms.ModelForm[Form]):
    """What happens with the answers, and until when; saved at once, without a publication."""

    embed_hosts = forms.CharField(
        label=_("Websites that may show it"),
        required=False,
        widget=forms.TextInput({"placeholder": "www.example.org", "autocapitalize": "none"}),
        help_text=_("Their names, by commas: only pages of these may hold the form in a frame."),
    )

    class Meta:
        model = Form
        fields = SETTINGS
        widgets = {
            "newsletters": forms.CheckboxSelectMultiple,
            "confirmation": forms.RadioSelect,
            "closes_at": forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["newsletters"].queryset = Newsletter.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["quota"].min_value = 1  # type: ignore[attr-defined]
        self.initial["embed_hosts"] = ", ".join(self.instance.embed_hosts)

    def clean_embed_hosts(self) -> list[str]:
        hosts = [one.strip().lower() for one in re.split(r"[,\s]+", self.cleaned_data["embed_hosts"])]
        hosts = list(dict.fromkeys(host for host in hosts if host))
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise forms.ValidationError(
                    _("“%(host)s” is not the name of a website: www.example.org, for example."),
                    params={"host": host},
                )
        return hosts

    def chosen(self) -> dict[str, Any]:
        """Values of the model's fields but for newsletters; call after `is_valid()`."""
        return {name: self.cleaned_data[name] for name in SETTINGS if name != "newsletters"}


def free_slug(title: str) -> str:
    """An address for the page of this title that no other form has."""
    base = slugify(title)[:60] or "form"
    taken = set(Form.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(slug for slug in candidates if slug not in taken)
