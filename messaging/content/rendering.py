"""A compiled message for one recipient: a few slot values, from which any provider's message is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from messaging.content.compile import CompiledMessage
from messaging.content.escaping import ContextKind, for_header
from messaging.content.slots import SlotTemplate, compile_slots


@dataclass(frozen=True, slots=True)
class MessageValues:
    """What differs for one recipient: the whole subject, and the slot values of the two parts, in order."""

    subject: str
    html: list[str]
    text: list[str]


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """The three templates of a message, parsed. `html.segments`, `.order` and values make the whole."""

    subject: SlotTemplate
    html: SlotTemplate
    text: SlotTemplate

    @property
    def fields(self) -> frozenset[str]:
        """Names that a recipient's context must hold."""
        return self.subject.fields | self.html.fields | self.text.fields

    def render_values(self, context: Mapping[str, object]) -> MessageValues:
        """Values for one recipient; raises `ContentError` when the context is incomplete."""
        return MessageValues(
            subject=for_header(self.subject.render(context)),
            html=self.html.render_values(context),
            text=self.text.render_values(context),
        )


def message_template(compiled: CompiledMessage) -> MessageTemplate:
    """The parsed templates of a message; kept, so a worker parses a campaign once."""
    return _parsed(compiled.subject, compiled.html, compiled.text)


@lru_cache(maxsize=32)
def _parsed(subject: str, html: str, text: str) -> MessageTemplate:
    return MessageTemplate(
        subject=compile_slots(subject, ContextKind.HEADER),
        html=compile_slots(html, ContextKind.HTML),
        text=compile_slots(text, ContextKind.TEXT),
    )
