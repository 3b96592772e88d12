"""Forms of the acts on a person's page."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.enums import Channel, ConsentPurpose, Support

PROOF_CHARACTERS = 300


class PointForm(forms.Form):
    """One more way to reach a person."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[
            ("email", gettext_lazy("E-mail")),
            ("phone", gettext_lazy("Phone")),
            ("postal", gettext_lazy("Address")),
        ],
    )
    value = forms.CharField(label=gettext_lazy("E-mail, phone, or number and street"), max_length=254)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=16, required=False)
    city = forms.CharField(label=gettext_lazy("Town"), max_length=100, required=False)


class SaidForm(forms.Form):
    """How a person said something to a member of staff, and where it can be read again."""

    how = forms.ChoiceField(
        label=gettext_lazy("How they said it"),
        choices=[
            ("paper", gettext_lazy("On a paper form")),
            ("letter", gettext_lazy("By letter or e-mail")),
            ("face", gettext_lazy("Face to face")),
            ("phone", gettext_lazy("On the phone")),
        ],
    )
    reference = forms.CharField(
        label=gettext_lazy("Proof"),
        max_length=PROOF_CHARACTERS,
        required=False,
        help_text=gettext_lazy("Where it is kept, or who heard it: “form 112, box of the Beauvais office”."),
    )

    def proof(self) -> dict[str, Any]:
        said = {"how": self.cleaned_data["how"], "reference": self.cleaned_data["reference"]}
        return {name: value for name, value in said.items() if value}


class ConsentForm(SaidForm):
    """One thing a person agreed to, or takes back; an agreement needs its proof."""

    field_order = ["channel", "purpose", "given", "as_worded", "how", "reference", "day"]

    channel = forms.TypedChoiceField(label=gettext_lazy("Channel"), choices=Channel.choices, coerce=Channel)
    purpose = forms.TypedChoiceField(
        label=gettext_lazy("What for"), choices=ConsentPurpose.choices, coerce=ConsentPurpose
    )
    given = forms.TypedChoiceField(
        label=gettext_lazy("They said"),
        choices=[("yes", gettext_lazy("Yes, they agree")), ("no", gettext_lazy("No more"))],
        coerce=lambda chosen: chosen == "yes",
    )
    as_worded = forms.BooleanField(
        label=gettext_lazy("They read our wording of that box"), required=False, initial=False
    )
    day = forms.DateField(
        label=gettext_lazy("Day"),
        initial=timezone.localdate,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("given") and not cleaned.get("reference"):
            self.add_error(
                "reference", _("An agreement that cannot be proven is not one: say where its proof is.")
            )
        return cleaned

    def moment(self) -> datetime | None:
        """Noon of an earlier day; None for now: what was said today comes after what was written today."""
        day = self.cleaned_data["day"]
        return None if day == timezone.localdate() else timezone.make_aware(datetime.combine(day, time(12)))


class ObjectionForm(SaidForm):
    """Channels on which a person no longer wants to be written to."""

    field_order = ["channels", "how", "reference"]

    channels = forms.TypedMultipleChoiceField(
        label=gettext_lazy("No more political messages by"),
        choices=Channel.choices,
        coerce=Channel,
        widget=forms.CheckboxSelectMultiple,
    )


class MembershipForm(SaidForm):
    """The day on which somebody joined or left, and its proof."""

    field_order = ["day", "how", "reference"]

    day = forms.DateField(
        label=gettext_lazy("Day"),
        initial=timezone.localdate,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )


class SupportForm(forms.Form):
    """How close the person is to the campaign, as somebody of the team heard it."""

    level = forms.TypedChoiceField(
        label=gettext_lazy("What they think of us"),
        help_text=gettext_lazy(
            "What they told you themselves. It never chooses who gets an e-mail or a text message."
        ),
        choices=[("", gettext_lazy("Not known")), *Support.choices],
        coerce=lambda chosen: Support(int(chosen)),
        empty_value=None,
        required=False,
    )
