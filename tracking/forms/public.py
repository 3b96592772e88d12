"""The public form as Django sees it: built from the blocks of a form, no box ever ticked beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from contacts.enums import Channel, ConsentPurpose
from contacts.models import ConsentWording, Newsletter
from contacts.services.wordings import current_wording
from tracking.forms.block_types import CONSENT_BOXES
from tracking.forms.content import Block, Content
from tracking.forms.fields import TRAP, clean_email, clean_mobile
from tracking.forms.questions import EXTENTS, LONGEST_SOURCE, NAMES, answer_name, box_name, fields_of
from tracking.models import Form

NEEDS_NUMBER = (Channel.SMS, Channel.CALL)


@dataclass(frozen=True)
class ConsentBox:
    """One box: a channel, a purpose, and the exact wording shown."""

    name: str
    channel: Channel
    purpose: ConsentPurpose
    wording: ConsentWording


@dataclass(frozen=True)
class SignUp:
    """What one person sent, checked. `answers`: by block, the chosen options or the text."""

    values: dict[str, str]
    consents: list[ConsentBox]
    newsletters: list[Newsletter]
    looks_automatic: bool
    answers: dict[str, Any] = field(default_factory=dict)
    shows_name: bool = False
    credit: str = ""
    language: str = ""


def question_names(content: Content) -> list[str]:
    """Names of the answers about the person that a form asks for: "first_name", "email", "postcode"…"""
    names: list[str] = []
    for block in content.of_type("identity", "email", "phone", "address"):
        if block.type == "identity":
            names += [name for name in NAMES if block.values[name] != "no"]
        else:
            names += EXTENTS[block.values["extent"]] if block.type == "address" else (block.type,)
    return names


def boxes_offered(content: Content) -> list[str]:
    """The consents that a form asks for: "email:messages"…"""
    return [block.values["box"] for block in content.of_type("consent")]


def consent_box(block: Block, language: str) -> ConsentBox:
    """The box of a consent block, with the wording in force in a language."""
    channel, purpose, _label = CONSENT_BOXES[block.values["box"]]
    return ConsentBox(box_name(block), channel, purpose, current_wording(channel, purpose, language))


class PublicForm(forms.Form):
    """The questions of a form in one language, and a trap for robots.

    A block that depends on an earlier answer is asked only where that answer was given: what was sent for a
    hidden one is dropped.
    """

    def __init__(
        self,
        form: Form,
        data: Any = None,
        *,
        content: Content | None = None,
        language: str = "",
        known: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(known or {}))
        self.content = content or form.content
        self.language = language or self.content.languages[0]
        self.names: dict[str, list[str]] = {}  # of fields, by block
        self.needed: set[str] = set()
        for block in self.content.blocks:
            asked = self._newsletters(form) if block.type == "newsletters" else self._fields(block)
            self.names[block.id] = list(asked)
            for name, one in asked.items():
                if block.only_if and one.required:
                    self.needed.add(name)
                    one.required = False
            self.fields |= asked
        self.fields[TRAP] = forms.CharField(
            required=False, label=_("Leave this empty"), widget=forms.TextInput({"tabindex": "-1"})
        )

    def _fields(self, block: Block) -> dict[str, forms.Field]:
        return fields_of(block, self.content, self.language)

    def _newsletters(self, form: Form) -> dict[str, forms.Field]:
        offered = form.newsletters.filter(is_open=True) if form.pk else Newsletter.objects.none()
        if not offered:
            return {}
        box = forms.ModelMultipleChoiceField(
            label=_("I would like to receive"),
            queryset=offered,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        return {"newsletters": box}

    def clean_email(self) -> str:
        value = self.cleaned_data["email"]
        return clean_email(value) if value else ""

    def clean_phone(self) -> str:
        value = self.cleaned_data["phone"]
        return clean_mobile(value) if value else ""

    def clean(self) -> dict[str, Any]:
        """Hidden blocks were not asked; a consent is worth nothing without what it is about."""
        cleaned = super().clean() or {}
        self._drop_hidden(cleaned)
        ticked = [
            CONSENT_BOXES[block.values["box"]]
            for block in self.content.of_type("consent")
            if cleaned.get(box_name(block))
        ]
        needs_number = any(channel in NEEDS_NUMBER for channel, _purpose, _label in ticked)
        if needs_number and "phone" in self.fields and not cleaned.get("phone"):
            self._complain("phone", _("Write your number, or untick the box about it."))
        needs_age = any(purpose == ConsentPurpose.TARGETING for _channel, purpose, _label in ticked)
        for block in self.content.of_type("age") if needs_age else ():
            if not cleaned.get(answer_name(block)):
                words = _("Tick this box too: messages are chosen only for people of 17 or older.")
                self._complain(answer_name(block), words)
        return cleaned

    def _drop_hidden(self, cleaned: dict[str, Any]) -> None:
        """In the order of the blocks: a block that depends on a hidden one is hidden too."""
        for block in self.content.blocks:
            is_shown = self.is_shown(block, cleaned)
            for name in self.names[block.id]:
                if not is_shown:
                    cleaned.pop(name, None)
                    self.errors.pop(name, None)
                elif name in self.needed and not cleaned.get(name):
                    self._complain(name, _("This field is required."))

    def _complain(self, name: str, words: str) -> None:
        if name not in self.errors:
            self.add_error(name, words)

    def is_shown(self, block: Block, cleaned: Mapping[str, Any]) -> bool:
        """Whether the answers so far show a block."""
        if block.only_if is None:
            return True
        given = cleaned.get(f"q_{block.only_if.block}")
        chosen = given if isinstance(given, list) else ["yes"] if given is True else [given]
        return bool(set(chosen) & set(block.only_if.values))

    def sign_up(self) -> SignUp:
        """The checked answers; call after `is_valid()`."""
        data = self.cleaned_data
        hidden = [data.get(answer_name(block)) for block in self.content.of_type("hidden")]
        boxes = [consent_box(block, self.language) for block in self.content.of_type("consent")]
        return SignUp(
            values={name: data[name] for name in question_names(self.content) if data.get(name)},
            consents=[box for box in boxes if data.get(box.name)],
            newsletters=list(data.get("newsletters", [])),
            looks_automatic=bool(data.get(TRAP)),
            answers=self._answers(),
            shows_name=bool(data.get("shows_name")),
            credit=next(filter(None, hidden), "")[:LONGEST_SOURCE],
            language=self.language,
        )

    def _answers(self) -> dict[str, Any]:
        """Options as lists, so that one question is counted as another; texts as they are."""
        found: dict[str, Any] = {}
        for block in self.content.of_type("choice", "scale", "age", "words", "hidden"):
            given = self.cleaned_data.get(answer_name(block))
            if given:
                listed = {True: ["yes"]}.get(given) if isinstance(given, bool) else given
                plain = block.type in ("words", "hidden") or isinstance(listed, list)
                found[block.id] = listed if plain else [listed]
        return found
