"""A public form as its template draws it: pages of blocks, each with its bound fields."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.forms import BoundField

from tracking.forms.content import Block
from tracking.forms.public import PublicForm

BOXES = ("consent", "public_name", "age")
WITHOUT_FIELDS = ("text", "image", "counter")


@dataclass(frozen=True)
class Drawn:
    """One block: its texts in the language of the page, its fields, and which answer shows it."""

    block: Block
    fields: list[BoundField]
    words: dict[str, str]

    @property
    def shown_by(self) -> str:
        return f"q_{self.block.only_if.block}" if self.block.only_if else ""

    @property
    def shown_values(self) -> str:
        return " ".join(self.block.only_if.values) if self.block.only_if else ""

    @property
    def is_shown_alone(self) -> bool:
        return self.block.type in WITHOUT_FIELDS

    @property
    def is_box(self) -> bool:
        return self.block.type in BOXES


@dataclass
class Page:
    title: str = ""
    blocks: list[Drawn] = field(default_factory=list)


def pages_of(answers: PublicForm) -> list[Page]:
    """The pages of a form, in order; one without a page break."""
    pages = [Page()]
    for block in answers.content.blocks:
        if block.type == "page":
            pages.append(Page(answers.content.said(block.values["title"], answers.language)))
        else:
            pages[-1].blocks.append(_drawn(block, answers))
    return pages


def _drawn(block: Block, answers: PublicForm) -> Drawn:
    words = {
        name: answers.content.said(value, answers.language)
        for name, value in block.values.items()
        if isinstance(value, dict)
    }
    return Drawn(block, [_marked(answers, name) for name in answers.names[block.id]], words)


def _marked(answers: PublicForm, name: str) -> BoundField:
    """A field that is asked only sometimes is not announced as optional where it must be answered."""
    bound = answers[name]
    if name in answers.needed:
        bound.field.required = True
    return bound
