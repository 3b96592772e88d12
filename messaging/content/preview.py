"""A message as one person will read it, and what its author should look at before sending."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from messaging.content.compile import CompiledMessage
from messaging.content.escaping import ContextKind
from messaging.content.fields import Reads, example_values, field_named
from messaging.content.rendering import message_template
from messaging.content.slots import compile_slots
from messaging.content.syntax import LIQUID

GMAIL_CLIP_BYTES = 102 * 1024  # beyond, Gmail cuts the message, opt-out and pixel included
LONG_SUBJECT = 70  # characters; phones show about 40
_ALWAYS_KNOWN = frozenset({"greeting"})
_VALUE = re.compile(r"\{\{-?\s*(\w+)\s*(\|[^}]*)?-?\}\}")
_TEST = re.compile(r"\{%-?\s*(?:if|elsif|unless|case)\b([^%]*)%\}")
_NAME = re.compile(r"\b[a-z]\w*")
SHORT_LABELS = frozenset({"ici", "cliquez ici", "lien", "here", "click here", "link"})


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Check:
    """One remark; `block_id` is empty when it concerns the whole message."""

    level: Level
    message: str
    block_id: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The message of one recipient. Show `html` only in a sandboxed frame with its own CSP."""

    subject: str
    preheader: str
    html: str
    text: str


def render_preview(compiled: CompiledMessage, context: Mapping[str, object]) -> Preview:
    """Render for one context; raises `ContentError` when it lacks a name."""
    template = message_template(compiled)
    values = template.render_values(context)
    return Preview(
        subject=values.subject,
        preheader=compile_slots(compiled.preheader, ContextKind.TEXT).render(context),
        html=template.html.join(values.html),
        text=template.text.join(values.text),
    )


def checks(compiled: CompiledMessage) -> list[Check]:
    """Remarks on a compiled message, errors first."""
    order = list(Level)
    return sorted(_checks(compiled), key=lambda check: order.index(check.level))


def _checks(compiled: CompiledMessage) -> Iterator[Check]:
    yield from _subject_checks(compiled)
    yield from _size_checks(compiled)
    yield from _link_checks(compiled)
    yield from _field_checks(compiled)
    for picture in compiled.pictures:
        if not picture.alt:
            message = _("This picture has no description: people who cannot see it will miss what it says.")
            yield Check(Level.WARNING, message, picture.block_id)


def _subject_checks(compiled: CompiledMessage) -> Iterator[Check]:
    if not _subject_of_a_stranger(compiled):
        message = _(
            "The subject is empty for readers of whom nothing is known: add a word, or a fallback to its"
            " variables."
        )
        yield Check(Level.ERROR, message)
    length = len(LIQUID.sub("12345678", compiled.subject))
    if length > LONG_SUBJECT:
        message = _("The subject has about %(length)s characters: most readers see the first 40 to 70.")
        yield Check(Level.WARNING, message % {"length": length})
    letters = [char for char in LIQUID.sub("", compiled.subject) if char.isalpha()]
    if len(letters) > 10 and all(char.isupper() for char in letters):
        yield Check(Level.WARNING, _("The subject is all in capitals: filters and readers take it badly."))
    if not compiled.preheader:
        message = _("There is no preview text: mailboxes will show the first words of the message.")
        yield Check(Level.HINT, message)


def _subject_of_a_stranger(compiled: CompiledMessage) -> str:
    values = dict.fromkeys(compiled.fields) | example_values(known=False)
    return compile_slots(compiled.subject, ContextKind.HEADER).render(values).strip()


def _size_checks(compiled: CompiledMessage) -> Iterator[Check]:
    if compiled.html_bytes > GMAIL_CLIP_BYTES:
        message = _(
            "The message weighs about %(size)s kB: Gmail cuts it at 102 kB and hides the end, opt-out"
            " included. Shorten it."
        )
        yield Check(Level.ERROR, message % {"size": compiled.html_bytes // 1024})
    elif compiled.html_bytes > GMAIL_CLIP_BYTES * 0.85:
        message = _("The message weighs about %(size)s kB; Gmail cuts at 102 kB.")
        yield Check(Level.WARNING, message % {"size": compiled.html_bytes // 1024})


def _link_checks(compiled: CompiledMessage) -> Iterator[Check]:
    if not compiled.links:
        yield Check(Level.WARNING, _("The message has no link: readers have nothing to do next."))
    for link in compiled.links:
        if link.label.strip().lower() in SHORT_LABELS:
            message = _("“%(label)s” does not say where the link goes.") % {"label": link.label}
            yield Check(Level.WARNING, message, link.block_id)
        if compiled.tracking and LIQUID.search(link.url):
            message = _("The address of “%(label)s” differs for each person: its clicks are not counted.")
            yield Check(Level.HINT, message % {"label": link.label}, link.block_id)
        if link.url.lower().startswith("http://"):
            message = _("“%(label)s” leads to an address without https.") % {"label": link.label}
            yield Check(Level.WARNING, message, link.block_id)


def _field_checks(compiled: CompiledMessage) -> Iterator[Check]:
    for name in compiled.fields:
        field = field_named(name)
        if field is not None and field.reads is Reads.ROLL:
            message = _(
                "“%(label)s” is never read from the electoral roll in a digital message: it stays empty for"
                " people who did not give it themselves."
            )
            yield Check(Level.WARNING, message % {"label": field.label})
    if gaps := _without_fallback(compiled):
        message = _("Without a fallback: %(labels)s. Where it is not known, the text has a gap.")
        yield Check(Level.HINT, message % {"labels": ", ".join(gaps)})


def _without_fallback(compiled: CompiledMessage) -> list[str]:
    """Labels of the variables that may be empty, with no default and no test around them."""
    written = "\n".join((compiled.subject, compiled.preheader, compiled.text))
    tested = {name for test in _TEST.findall(written) for name in _NAME.findall(test)}
    bare = [name for name, filters in _VALUE.findall(written) if "default" not in filters]
    return [label for name in dict.fromkeys(bare) if name not in tested and (label := _label_of_a_gap(name))]


def _label_of_a_gap(name: str) -> str:
    """Empty for what is known of everybody, for addresses, and for what has a remark of its own."""
    if name.startswith("extra_"):
        return name.removeprefix("extra_")
    field = field_named(name)
    if field is None or field.is_url or field.name in _ALWAYS_KNOWN:
        return ""
    return str(field.label) if field.reads in (Reads.IDENTITY, Reads.PLACE) else ""
