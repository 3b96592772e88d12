"""The public form where a person asks about their data."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel
from contacts.models import PersonRequest
from tracking.forms.fields import TRAP, clean_email

Kind = PersonRequest.Kind
WORDS = 2000  # characters
EXPLAINED = [
    (Kind.ACCESS, _("See what you know of me, and where you have it from")),
    (Kind.RECTIFICATION, _("Correct something that is wrong")),
    (Kind.ERASURE, _("Erase my data")),
    (Kind.OBJECTION, _("Receive no more political messages")),
    (Kind.PORTABILITY, _("Take what I gave you along, as a file")),
]


class AskForm(forms.Form):
    """What they want, who they are, and a trap for robots."""

    kind = forms.ChoiceField(label=_("What would you like?"), choices=EXPLAINED, widget=forms.RadioSelect)
    name = forms.CharField(
        label=_("First and last name"), max_length=200, widget=forms.TextInput({"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
        help_text=_("The one that we write to, if you can: a link goes there, and proves that it is you."),
    )
    words = forms.CharField(
        label=_("Anything that helps us"),
        max_length=WORDS,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("What is wrong and what is right; another address or number that we may know you by."),
    )
    website = forms.CharField(
        required=False, label=_("Leave this empty"), widget=forms.TextInput({"tabindex": "-1"})
    )
    channels = forms.TypedMultipleChoiceField(
        label=_("No more messages by"),
        choices=Channel.choices,
        coerce=Channel,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("If you want no more messages: tick nothing to end them all."),
    )
    field_order = ["kind", "channels", "name", "email", "words", TRAP]

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])

    @property
    def looks_automatic(self) -> bool:
        return bool(self.cleaned_data.get(TRAP))
