"""The public form as Django sees it: built from a `tracking.Form`, never ticked beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, ConsentPurpose
from contacts.models import ConsentWording, Newsletter
from contacts.services.consents import current_wording
from tracking.forms.fields import TRAP, clean_email, clean_mobile, make_field
from tracking.models import Form


@dataclass(frozen=True)
class ConsentBox:
    """One box: a channel, a purpose, and the exact wording shown."""

    name: str
    channel: Channel
    purpose: ConsentPurpose
    wording: ConsentWording


@dataclass(frozen=True)
class SignUp:
    """What one person sent, checked: plain values, ticked boxes, chosen newsletters."""

    values: dict[str, str]
    consents: list[ConsentBox]
    newsletters: list[Newsletter]
    looks_automatic: bool


def consent_boxes(form: Form) -> list[ConsentBox]:
    """The boxes of a form, with the wording in force in its language."""
    boxes = []
    for consent in form.consents:
        channel, purpose = Channel(consent["channel"]), ConsentPurpose(consent["purpose"])
        wording = current_wording(channel, purpose, form.language)
        boxes.append(ConsentBox(f"consent_{channel}_{purpose}", channel, purpose, wording))
    return boxes


class PublicForm(forms.Form):
    """Questions, one unticked box a channel and purpose, newsletters, and a trap for robots."""

    newsletters: forms.ModelMultipleChoiceField[Newsletter]

    def __init__(self, form: Form, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.boxes = consent_boxes(form)
        for name in form.fields:
            self.fields[name] = make_field(name)
        offered = form.newsletters.filter(is_open=True)
        if offered:
            self.fields["newsletters"] = forms.ModelMultipleChoiceField(
                label=_("I would like to receive"),
                queryset=offered,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        for box in self.boxes:
            self.fields[box.name] = forms.BooleanField(label=box.wording.text, required=False)
        self.fields[TRAP] = forms.CharField(
            required=False, label=_("Leave this empty"), widget=forms.TextInput({"tabindex": "-1"})
        )

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])

    def clean_phone(self) -> str:
        value = self.cleaned_data["phone"]
        return clean_mobile(value) if value else ""

    def clean(self) -> dict[str, Any]:
        """A consent to a channel is worth nothing without the number it is for."""
        cleaned = super().clean() or {}
        for box in self.boxes:
            needs_phone = box.channel in (Channel.SMS, Channel.CALL)
            if cleaned.get(box.name) and needs_phone and "phone" in self.fields and not cleaned.get("phone"):
                self.add_error("phone", _("Write your number, or untick the box about it."))
        return cleaned

    def question_fields(self) -> list[forms.BoundField]:
        """What to draw as ordinary fields, in order."""
        boxes = {box.name for box in self.boxes}
        return [field for field in self if field.name not in boxes | {TRAP, "newsletters"}]

    def box_fields(self) -> list[forms.BoundField]:
        return [self[box.name] for box in self.boxes]

    def sign_up(self) -> SignUp:
        """The checked answers; call after `is_valid()`."""
        data = self.cleaned_data
        questions = [field.name for field in self.question_fields()]
        return SignUp(
            values={name: data[name] for name in questions if data.get(name)},
            consents=[box for box in self.boxes if data.get(box.name)],
            newsletters=list(data.get("newsletters", [])),
            looks_automatic=bool(data.get(TRAP)),
        )
