"""The public registration form: a time slot, who comes, and boxes that are never ticked beforehand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, ConsentPurpose
from contacts.models import ConsentWording
from contacts.services.consents import current_wording
from tracking.events.registering import Answers
from tracking.events.selectors import open_slots
from tracking.events.words import when_words
from tracking.forms.fields import TRAP, clean_email, clean_mobile, make_field
from tracking.models import Event, EventSlot

QUESTIONS = ("first_name", "last_name", "email", "phone", "postcode")


class RegistrationForm(forms.Form):
    """`boxes` are the names of the fields of consents, by the wording that each shows."""

    def __init__(self, event: Event, language: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event, self.language = event, language
        self.slots = {str(slot.pk): slot for slot in open_slots(event)}
        if len(self.slots) > 1:
            self.fields["slot"] = forms.ChoiceField(
                label=_("When"),
                choices=[(pk, slot_words(slot)) for pk, slot in self.slots.items()],
                widget=forms.RadioSelect,
            )
        for name in QUESTIONS:
            self.fields[name] = make_field(name)
        if event.guests_allowed:
            self.fields["guests"] = forms.TypedChoiceField(
                label=_("Who comes with you?"),
                choices=guest_choices(event),
                coerce=int,
                required=False,
                empty_value=0,
            )
        self.boxes = {f"consent_{one.channel}_{one.purpose}": one for one in wordings_of(event, language)}
        for name, wording in self.boxes.items():
            self.fields[name] = forms.BooleanField(label=wording.text, required=False)
        self.fields[TRAP] = forms.CharField(
            required=False, label=_("Leave this empty"), widget=forms.TextInput({"tabindex": "-1"})
        )

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])

    def clean_phone(self) -> str:
        value = self.cleaned_data["phone"]
        return clean_mobile(value) if value else ""

    def clean(self) -> dict[str, Any]:
        """A consent to calls or text messages is worth nothing without the number."""
        cleaned = super().clean() or {}
        for name, wording in self.boxes.items():
            needs_phone = wording.channel in (Channel.SMS, Channel.CALL)
            if cleaned.get(name) and needs_phone and not cleaned.get("phone"):
                self.add_error("phone", _("Write your number, or untick the box about it."))
        return cleaned

    def question_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.boxes and name != TRAP]

    def box_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.boxes]

    @property
    def looks_automatic(self) -> bool:
        return bool(self.cleaned_data.get(TRAP))

    @property
    def slot(self) -> EventSlot:
        """The chosen one; call after `is_valid()`."""
        chosen = self.cleaned_data.get("slot")
        return self.slots[chosen] if chosen else next(iter(self.slots.values()))

    def answers(self, *, came_from: str = "") -> Answers:
        """What was sent; call after `is_valid()`."""
        data = self.cleaned_data
        return Answers(
            values={name: data[name] for name in QUESTIONS if data.get(name)},
            guests=int(data.get("guests") or 0),
            consents=[wording for name, wording in self.boxes.items() if data.get(name)],
            language=self.language,
            came_from=came_from,
        )


def guest_choices(event: Event) -> list[tuple[int, Any]]:
    """ "Nobody", "1 guest"… as many as the event allows."""
    more = range(2, event.guests_allowed + 1)
    return [
        (0, _("I come alone")),
        (1, _("One guest")),
        *((number, _("%(number)d guests") % {"number": number}) for number in more),
    ][: event.guests_allowed + 1]


def slot_words(slot: EventSlot) -> str:
    """When, and what to know before choosing it."""
    return (
        _("%(when)s – full: waiting list") % {"when": when_words(slot)} if slot.is_full else when_words(slot)
    )


def wordings_of(event: Event, language: str) -> list[ConsentWording]:
    """The boxes of an event's form, with the wording in force."""
    return [
        current_wording(Channel(box["channel"]), ConsentPurpose(box["purpose"]), language)
        for box in event.consents
    ]
