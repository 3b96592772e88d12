"""The staff's form about a public form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, ConsentPurpose
from contacts.models import Newsletter
from tracking.forms.fields import FIELD_CHOICES
from tracking.models import Form

# A box a channel and purpose; the wording shown is the newest of each, in the form's language.
BOXES = (
    (Channel.EMAIL, ConsentPurpose.MESSAGES, _("Receive e-mails")),
    (Channel.SMS, ConsentPurpose.MESSAGES, _("Receive text messages")),
    (Channel.CALL, ConsentPurpose.MESSAGES, _("Be called")),
    (Channel.EMAIL, ConsentPurpose.TARGETING, _("Receive e-mails chosen for them")),
    (Channel.EMAIL, ConsentPurpose.MEASUREMENT, _("Have their opens and clicks measured")),
)
DEFAULT_FIELDS = ["first_name", "last_name", "email", "phone", "postcode", "city"]
DEFAULT_BOXES = [f"{channel}:{purpose}" for channel, purpose, _label in BOXES]


def box_key(channel: str, purpose: str) -> str:
    return f"{channel}:{purpose}"


class FormEditor(forms.ModelForm[Form]):
    """Title, questions, boxes and newsletters; the address of the page follows the title at first."""

    fields_asked = forms.MultipleChoiceField(
        label=_("Questions"), choices=FIELD_CHOICES, widget=forms.CheckboxSelectMultiple
    )
    boxes = forms.MultipleChoiceField(
        label=_("Boxes to tick"),
        choices=[(box_key(channel, purpose), label) for channel, purpose, label in BOXES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each is separate and never ticked beforehand; the exact wording is kept as proof."),
    )

    class Meta:
        model = Form
        fields = [
            "title",
            "introduction",
            "language",
            "newsletters",
            "registers",
            "tag",
            "thank_you",
            "is_open",
        ]
        widgets = {
            "introduction": forms.Textarea({"rows": 3}),
            "thank_you": forms.Textarea({"rows": 2}),
            "newsletters": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["newsletters"].queryset = Newsletter.objects.order_by("name")  # type: ignore[attr-defined]
        known = self.instance.pk is not None
        self.initial["fields_asked"] = self.instance.fields if known else DEFAULT_FIELDS
        self.initial["boxes"] = (
            [box_key(box["channel"], box["purpose"]) for box in self.instance.consents]
            if known
            else DEFAULT_BOXES
        )

    def clean_fields_asked(self) -> list[str]:
        asked: list[str] = self.cleaned_data["fields_asked"]
        if not {"email", "phone"} & set(asked):
            raise forms.ValidationError(_("Ask for an e-mail or a phone number, or nobody can be answered."))
        return [name for name, _label in FIELD_CHOICES if name in asked]

    def clean(self) -> dict[str, Any]:
        """A box about a channel needs the question that makes it useful."""
        cleaned = super().clean() or {}
        asked = set(cleaned.get("fields_asked", []))
        needs = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.CALL: "phone"}
        for channel, purpose, label in BOXES:
            missing = needs[channel] not in asked
            if box_key(channel, purpose) in cleaned.get("boxes", []) and asked and missing:
                self.add_error("boxes", _("“%(box)s” needs the matching question above.") % {"box": label})
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """Values of the model's fields; call after `is_valid()`."""
        data = self.cleaned_data
        plain = {
            name: data[name]
            for name in ("title", "introduction", "language", "registers", "tag", "thank_you", "is_open")
        }
        chosen_boxes = [
            {"channel": channel.value, "purpose": purpose.value}
            for channel, purpose, _label in BOXES
            if box_key(channel, purpose) in data["boxes"]
        ]
        return {**plain, "fields": data["fields_asked"], "consents": chosen_boxes}


def free_slug(title: str) -> str:
    """An address for the page of this title that no other form has."""
    base = slugify(title)[:60] or "form"
    taken = set(Form.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(slug for slug in candidates if slug not in taken)
