"""The document of a form: what the builder saves, checked and cleaned before anything is made of it.

A JSON object: `title`, `introduction`, `button` and `thank_you` are texts by language, `languages` lists
those in use (the first is the main one), `redirect` is a page of an allowed host, and `blocks` is a list of
blocks, each `{"id", "type", …the fields of its type}`, with `only_if` where it is shown by an earlier answer:
`{"block": "b1", "is": ["o1"]}`. Types and fields: `tracking.forms.block_types.BLOCK_TYPES`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from messaging.content.errors import Problem
from messaging.content.links import image_fault
from tracking.errors import TrackingError
from tracking.forms.block_types import BLOCK_TYPES, BlockType, FieldKind, FieldSpec

TEXTS = {"title": 150, "introduction": 4_000, "button": 60, "thank_you": 4_000}  # characters
LONGEST = {FieldKind.TEXT: 500, FieldKind.LONG: 8_000, FieldKind.PLAIN: 60, FieldKind.IMAGE: 2_000}
MOST_BLOCKS, MOST_OPTIONS = 100, 60
LONGEST_REDIRECT = 500
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_FRAME = {"id", "type", "only_if"}
LANGUAGES = [code for code, _name in settings.LANGUAGES]

Text = dict[str, str]


class Unreadable(TrackingError):
    """What was sent is not the document of a form; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A block is shown when the answer to an earlier one is among `values`."""

    block: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One checked block; `position` is its place among the blocks, from 1."""

    id: str
    type: str
    position: int
    values: Mapping[str, Any]
    only_if: Shown | None = None

    @property
    def kind(self) -> BlockType:
        return BLOCK_TYPES[self.type]

    @property
    def options(self) -> list[dict[str, Any]]:
        """Answers of a question that has some, each with `id` and `label`."""
        if self.type == "choice":
            return list(self.values["options"])
        if self.type == "scale":
            steps = range(self.values["least"], self.values["most"] + 1)
            return [{"id": str(step), "label": {LANGUAGES[0]: str(step)}} for step in steps]
        if self.type == "age":
            return [{"id": "yes", "label": {"en": "Yes", "fr": "Oui"}}]
        return []

    def as_json(self) -> dict[str, Any]:
        saved: dict[str, Any] = {"id": self.id, "type": self.type, **self.values}
        if self.only_if:
            saved["only_if"] = {"block": self.only_if.block, "is": list(self.only_if.values)}
        return saved


@dataclass(frozen=True, slots=True)
class Content:
    """A whole form, checked."""

    languages: tuple[str, ...]
    texts: Mapping[str, Text]
    redirect: str
    blocks: tuple[Block, ...]

    def said(self, text: Mapping[str, str], language: str) -> str:
        """A text in a language, else in the main one, else in any."""
        for code in (language, self.languages[0]):
            if text.get(code):
                return text[code]
        return next((words for words in text.values() if words), "")

    def say(self, name: str, language: str) -> str:
        """One of the texts about the whole form."""
        return self.said(self.texts[name], language)

    def of_type(self, *types: str) -> list[Block]:
        return [block for block in self.blocks if block.type in types]

    def as_json(self) -> dict[str, Any]:
        return {
            "languages": list(self.languages),
            **{name: dict(text) for name, text in self.texts.items()},
            "redirect": self.redirect,
            "blocks": [block.as_json() for block in self.blocks],
        }


def read_content(data: object) -> tuple[Content, list[Problem]]:
    """A document and everything wrong with it; a draft may be saved with problems.

    Raises Unreadable for what cannot even be drawn.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("blocks"), list):
        raise Unreadable(_("A form is an object with a list of blocks."))
    if len(data["blocks"]) > MOST_BLOCKS:
        raise Unreadable(_("There are more than %(most)s blocks.") % {"most": MOST_BLOCKS})
    languages = _languages(data.get("languages"))
    reader = _Reader(languages)
    texts = {name: reader.text(data.get(name), name, most) for name, most in TEXTS.items()}
    if not texts["title"].get(languages[0]):
        reader.problems.append(Problem(_("Give the form a title."), "title"))
    redirect = data.get("redirect") or ""
    if not isinstance(redirect, str) or len(redirect) > LONGEST_REDIRECT:
        raise Unreadable(_("The address of the page after the form is too long."))
    blocks = tuple(reader.block(item, number) for number, item in enumerate(data["blocks"], start=1))
    return Content(languages, texts, redirect.strip(), blocks), reader.problems


def stored(data: Mapping[str, Any]) -> Content:
    """The document as it was saved, already checked."""
    return read_content(data)[0]


def empty_document() -> dict[str, Any]:
    """A form that asks nothing yet."""
    return {"languages": LANGUAGES[:1], "blocks": []}


def _languages(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or any(code not in LANGUAGES for code in given):
        raise Unreadable(_("A form is in one or several of: %(codes)s.") % {"codes": ", ".join(LANGUAGES)})
    return tuple(dict.fromkeys(given))


@dataclass
class _Reader:
    languages: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    once: set[str] = field(default_factory=set)
    answers: dict[str, set[str]] = field(default_factory=dict)
    position: int = 0
    id: str = ""

    def block(self, data: object, position: int) -> Block:
        if not isinstance(data, Mapping):
            raise Unreadable(_("Block %(number)s must be an object.") % {"number": position})
        kind = BLOCK_TYPES.get(data["type"]) if isinstance(data.get("type"), str) else None
        given = data.get("id")
        if kind is None or not isinstance(given, str) or not _ID.fullmatch(given) or given in self.ids:
            raise Unreadable(
                _("Block %(number)s has no known type, or no identifier of its own.") % {"number": position}
            )
        self.id, self.position = given, position
        self.ids.add(given)
        unknown = set(map(str, data)) - {spec.name for spec in kind.fields} - _FRAME
        if unknown:
            raise Unreadable(_("A block of this kind has no field “%(name)s”.") % {"name": min(unknown)})
        if kind.once and kind.name in self.once:
            self.problem(_("A form has one block of this kind: delete the other."), "type")
        self.once.add(kind.name)
        values = {spec.name: self._value(spec, data.get(spec.name)) for spec in kind.fields}
        block = Block(given, kind.name, position, values, self._only_if(data.get("only_if")))
        if kind.asks:
            self.answers[given] = {option["id"] for option in block.options}
        return block

    def problem(self, message: str, name: str) -> None:
        self.problems.append(Problem(message, name, self.id, str(self.position) if self.position else ""))

    def text(self, given: object, name: str, most: int, *, required: bool = False) -> Text:
        """A text by language, its spaces tidied."""
        if given in (None, ""):
            given = {}
        if not isinstance(given, Mapping) or not all(
            code in LANGUAGES and isinstance(words, str) for code, words in given.items()
        ):
            raise Unreadable(_("“%(field)s” must be a text by language.") % {"field": name})
        tidy = {code: given[code].replace("\x00", "").strip() for code in LANGUAGES if given.get(code)}
        if any(len(words) > most for words in tidy.values()):
            self.problem(_("This text is too long: %(most)s characters at most.") % {"most": most}, name)
            tidy = {code: words[:most] for code, words in tidy.items()}
        if required and not tidy.get(self.languages[0]):
            self.problem(_("This field is empty: fill it in, or delete the block."), name)
        return {code: words for code, words in tidy.items() if words}

    def _value(self, spec: FieldSpec, given: Any) -> Any:
        match spec.kind:
            case FieldKind.TEXT | FieldKind.LONG:
                return self.text(given, spec.name, LONGEST[spec.kind], required=spec.required)
            case FieldKind.SWITCH:
                return bool(spec.default) if given is None else given is True
            case FieldKind.NUMBER:
                return self._number(spec, given)
            case FieldKind.OPTIONS:
                return self._options(spec, given)
        value = spec.default if given in (None, "") and spec.kind is not FieldKind.PLAIN else given or ""
        if not isinstance(value, str) or len(value) > LONGEST.get(spec.kind, 60):
            raise Unreadable(_("“%(field)s” must be a short text.") % {"field": spec.name})
        if spec.choices and value not in dict(spec.choices):
            raise Unreadable(_("“%(value)s” is not one of the choices.") % {"value": value})
        if spec.required and not value:
            self.problem(_("This field is empty: fill it in, or delete the block."), spec.name)
        elif spec.kind is FieldKind.IMAGE and value and image_fault(value):
            self.problem(image_fault(value), spec.name)
        elif spec.kind is FieldKind.PLAIN and value and not _PARAMETER.fullmatch(value):
            self.problem(_("Use letters, digits, points, - and _ only."), spec.name)
        return value

    def _number(self, spec: FieldSpec, given: Any) -> int:
        value = spec.default if given in (None, "") else given
        if isinstance(value, bool) or not isinstance(value, int):
            raise Unreadable(_("“%(field)s” must be a whole number.") % {"field": spec.name})
        if not spec.least <= value <= spec.most:
            bounds = {"least": spec.least, "most": spec.most}
            self.problem(_("Write a whole number from %(least)s to %(most)s.") % bounds, spec.name)
            return int(spec.default)
        return value

    def _options(self, spec: FieldSpec, given: Any) -> list[dict[str, Any]]:
        options = [] if given is None else given
        if not isinstance(options, list) or len(options) > MOST_OPTIONS:
            raise Unreadable(_("A question has at most %(most)s answers.") % {"most": MOST_OPTIONS})
        found: list[dict[str, Any]] = []
        for option in options:
            known = isinstance(option, Mapping) and isinstance(option.get("id"), str)
            if not known or not _ID.fullmatch(option["id"]) or option["id"] in {one["id"] for one in found}:
                raise Unreadable(_("Each answer needs an identifier of its own."))
            tag = option.get("tag")
            label = self.text(option.get("label"), spec.name, 200)
            found.append({"id": option["id"], "label": label, "tag": tag if isinstance(tag, int) else None})
        if len(found) < 2 or not all(one["label"].get(self.languages[0]) for one in found):
            self.problem(_("Write at least two answers, each with its words."), spec.name)
        return found

    def _only_if(self, given: Any) -> Shown | None:
        if not given:
            return None
        values = given.get("is") if isinstance(given, Mapping) else None
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise Unreadable(_("“Shown only if” names an earlier question and answers."))
        shown = Shown(str(given.get("block")), tuple(values))
        known = self.answers.get(shown.block)
        if known is None:
            self.problem(_("“Shown only if” needs a question that comes before this block."), "only_if")
        elif not values or set(values) - known:
            self.problem(_("Choose the answers that show this block."), "only_if")
        return shown
