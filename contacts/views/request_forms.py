"""Forms of requests: one written down by hand, and the acts on its page."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.enums import Channel
from contacts.models import PersonRequest

WORDS = 5000  # characters
REASON = 300


class NewRequestForm(forms.Form):
    """A request that came by letter, on the phone or face to face."""

    kind = forms.ChoiceField(label=gettext_lazy("What they ask"), choices=PersonRequest.Kind.choices)
    channels = forms.TypedMultipleChoiceField(
        label=gettext_lazy("No more messages by"),
        choices=Channel.choices,
        coerce=Channel,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For “no more messages” only. Nothing ticked: none at all."),
    )
    name = forms.CharField(label=gettext_lazy("First and last name"), max_length=200, required=False)
    address = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    words = forms.CharField(
        label=gettext_lazy("In their words"),
        max_length=WORDS,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    day = forms.DateField(
        label=gettext_lazy("Received on"),
        initial=timezone.localdate,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The month to answer runs from this day."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES, initial="fr")

    def __init__(self, *args: Any, known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        if known:  # the person is in the base: their name, address and language are there
            for name in ("name", "address", "language"):
                del self.fields[name]

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.known and not self.errors and not (cleaned["name"].strip() or cleaned["address"]):
            self.add_error("name", _("Write a name or an e-mail address: whose request is it?"))
        return cleaned

    def request(self) -> dict[str, Any]:
        """What `open_request` takes."""
        told = {name: value for name, value in self.cleaned_data.items() if name != "day"}
        day = self.cleaned_data["day"]
        if day != timezone.localdate():
            told["received_at"] = timezone.make_aware(datetime.combine(day, time(12)))
        return told


class KindForm(forms.Form):
    """What they really ask."""

    kind = forms.ChoiceField(label=gettext_lazy("What they ask"), choices=PersonRequest.Kind.choices)
    channels = forms.TypedMultipleChoiceField(
        label=gettext_lazy("No more messages by"),
        choices=Channel.choices,
        coerce=Channel,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class ChannelsForm(forms.Form):
    """Where messages end; nothing ticked: everywhere."""

    channels = forms.TypedMultipleChoiceField(
        label=gettext_lazy("No more political messages by"),
        choices=Channel.choices,
        coerce=Channel,
        widget=forms.CheckboxSelectMultiple,
    )


class IdentityForm(forms.Form):
    """How the team knows who asks."""

    how = forms.CharField(
        label=gettext_lazy("How you know that it is this person"),
        max_length=REASON,
        help_text=gettext_lazy(
            "“Called back on the number that we know”, “came to the office with a card”. Keep no copy of a"
            " card."
        ),
    )


class ReasonForm(forms.Form):
    """Why it takes longer, or why it is refused: the person reads it."""

    reason = forms.CharField(label=gettext_lazy("Why"), max_length=REASON, widget=forms.Textarea({"rows": 3}))


class AnswerForm(forms.Form):
    """What was done, in words that the person reads."""

    answer = forms.CharField(
        label=gettext_lazy("Your answer"), max_length=WORDS, widget=forms.Textarea({"rows": 5})
    )
