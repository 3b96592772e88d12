"""What the team types in the inbox."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tracking.inbox.service import LONGEST_TEXT
from tracking.models import CannedAnswer

MORNING = time(9)


class WriteForm(forms.Form):
    """A plain message: a subject and a text."""

    subject = forms.CharField(label=_("Subject"), max_length=200)
    text = forms.CharField(
        label=_("Your message"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 9})
    )


class ReadyAnswerForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CannedAnswer
        fields = ("name", "text")
        widgets = {"text": forms.Textarea(attrs={"rows": 8})}

    def validate_unique(self) -> None:
        """The service says so, for every face of it."""


class SnoozeForm(forms.Form):
    """When a conversation comes back: a usual moment, or another."""

    until = forms.ChoiceField(
        label=_("Until"),
        choices=[
            ("tomorrow", _("Tomorrow morning")),
            ("week", _("Next Monday morning")),
            ("fortnight", _("In two weeks")),
            ("day", pgettext_lazy("a moment", "Another day")),
        ],
        widget=forms.RadioSelect,
        initial="tomorrow",
    )
    day = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def moment(self) -> datetime | None:
        """The morning that was chosen, in the installation's zone; None for no such day."""
        today = timezone.localdate()
        days = {
            "tomorrow": today + timedelta(days=1),
            "week": today + timedelta(days=7 - today.weekday()),
            "fortnight": today + timedelta(days=14),
            "day": self.cleaned_data.get("day"),
        }
        day = days.get(self.cleaned_data["until"])
        return timezone.make_aware(datetime.combine(day, MORNING)) if day is not None else None
