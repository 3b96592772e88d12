"""The fields of one block of a form, as Django checks and draws them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from contacts.services.wordings import current_wording
from tracking.forms.block_types import CONSENT_BOXES
from tracking.forms.content import Block, Content
from tracking.forms.fields import make_field

LONGEST_WORDS, LONGEST_LINE, LONGEST_SOURCE = 5_000, 300, 100  # characters
EXTENTS = {"commune": ("postcode", "city"), "whole": ("street", "postcode", "city")}
NAMES = ("first_name", "last_name", "gender")


def answer_name(block: Block) -> str:
    """The name under which a browser posts the answer to a question of the form's own."""
    return f"q_{block.id}"


def box_name(block: Block) -> str:
    """The same of a consent: "consent_email_messages"."""
    return f"consent_{block.values['box'].replace(':', '_')}"


def fields_of(block: Block, content: Content, language: str) -> dict[str, forms.Field]:
    """The fields of a block by name, in order; none for texts, pictures and pages."""
    make = _MAKERS.get(block.type)
    return make(block, content, language) if make is not None else {}


def _identity(block: Block, _content: Content, _language: str) -> dict[str, forms.Field]:
    asked = {name: make_field(name) for name in NAMES if block.values[name] != "no"}
    for name, field in asked.items():
        field.required = block.values[name] == "required"
    return asked


def _point(block: Block, content: Content, language: str) -> dict[str, forms.Field]:
    field = make_field(block.type)
    field.required = block.values["required"]
    field.help_text = content.said(block.values["help"], language)
    return {block.type: field}


def _address(block: Block, _content: Content, _language: str) -> dict[str, forms.Field]:
    asked = {name: make_field(name) for name in EXTENTS[block.values["extent"]]}
    for name, field in asked.items():
        field.required = block.values["required"] and name != "street"
    asked["postcode"].widget.attrs |= {"inputmode": "numeric", "data-postcode": True}
    asked["city"].widget.attrs |= {"list": "communes", "data-commune": True}
    return asked


def _age(block: Block, content: Content, language: str) -> dict[str, forms.Field]:
    field = forms.BooleanField(
        label=_("I am 17 or older."),
        required=block.values["required"],
        help_text=content.said(block.values["help"], language),
    )
    return {answer_name(block): field}


def _choice(block: Block, content: Content, language: str) -> dict[str, forms.Field]:
    several = block.values["several"] == "several"
    kind = forms.MultipleChoiceField if several else forms.ChoiceField
    widget = forms.CheckboxSelectMultiple if several else forms.RadioSelect
    options = [(one["id"], content.said(one["label"], language)) for one in block.options]
    return _question(block, content, language, kind, choices=options, widget=widget)


def _scale(block: Block, content: Content, language: str) -> dict[str, forms.Field]:
    options = [(one["id"], one["id"]) for one in block.options]
    return _question(block, content, language, forms.ChoiceField, choices=options, widget=forms.RadioSelect)


def _words(block: Block, content: Content, language: str) -> dict[str, forms.Field]:
    line = block.values["size"] == "line"
    widget = forms.TextInput() if line else forms.Textarea({"rows": 4})
    longest = LONGEST_LINE if line else LONGEST_WORDS
    return _question(block, content, language, forms.CharField, max_length=longest, widget=widget)


def _question(
    block: Block, content: Content, language: str, kind: type[forms.Field], **more: Any
) -> dict[str, forms.Field]:
    field = kind(
        label=content.said(block.values["label"], language),
        help_text=content.said(block.values["help"], language),
        required=block.values["required"],
        **more,
    )
    return {answer_name(block): field}


def _consent(block: Block, _content: Content, language: str) -> dict[str, forms.Field]:
    channel, purpose, _label = CONSENT_BOXES[block.values["box"]]
    wording = current_wording(channel, purpose, language)
    return {box_name(block): forms.BooleanField(label=wording.text, required=False)}


def _public_name(block: Block, content: Content, language: str) -> dict[str, forms.Field]:
    words = content.said(block.values["label"], language) or _(
        "Show my first name and last name on this page."
    )
    return {"shows_name": forms.BooleanField(label=words, required=False)}


def _hidden(block: Block, _content: Content, _language: str) -> dict[str, forms.Field]:
    field = forms.CharField(
        required=False, widget=forms.HiddenInput({"data-from": block.values["parameter"]})
    )
    return {answer_name(block): field}


_MAKERS: dict[str, Any] = {
    "identity": _identity,
    "email": _point,
    "phone": _point,
    "address": _address,
    "age": _age,
    "choice": _choice,
    "scale": _scale,
    "words": _words,
    "consent": _consent,
    "public_name": _public_name,
    "hidden": _hidden,
}
