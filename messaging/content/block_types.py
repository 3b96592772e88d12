"""The kinds of blocks that a message is made of, described once: the composer draws its forms from this.

A field's `kind` says what it holds and how it is edited: LINE (one line of text with variables), RICH (HTML
of `messaging.content.richtext`), URL, IMAGE (address of a picture), CHOICE, NUMBER, BLOCKS (blocks inside).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class FieldKind(StrEnum):
    LINE = "line"
    RICH = "rich"
    URL = "url"
    IMAGE = "image"
    CHOICE = "choice"
    NUMBER = "number"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a block. `choices` are (value, label); `least` and `most` bound a NUMBER (pixels)."""

    name: str
    kind: FieldKind
    label: Promise
    required: bool = False
    default: str | int = ""
    choices: tuple[tuple[str, Promise], ...] = ()
    least: int = 0
    most: int = 0
    help: Promise | str = ""


@dataclass(frozen=True, slots=True)
class BlockType:
    """`in_columns`: it may stand inside a column."""

    name: str
    label: Promise
    fields: tuple[FieldSpec, ...]
    in_columns: bool = True


_ALIGNMENTS = (("left", _("Left")), ("center", _("Centre")), ("right", _("Right")))
_ALIGN = FieldSpec("align", FieldKind.CHOICE, _("Alignment"), default="left", choices=_ALIGNMENTS)
_CENTRED = FieldSpec("align", FieldKind.CHOICE, _("Alignment"), default="center", choices=_ALIGNMENTS)
_ALT = FieldSpec(
    "alt",
    FieldKind.LINE,
    _("Description of the picture"),
    help=_("Read aloud, and shown while pictures are blocked."),
)

_TYPES = (
    BlockType(
        "heading",
        _("Heading"),
        (
            FieldSpec("text", FieldKind.LINE, _("Text"), required=True),
            FieldSpec(
                "level",
                FieldKind.CHOICE,
                _("Size"),
                default="2",
                choices=(("1", _("Large")), ("2", _("Medium")), ("3", _("Small"))),
            ),
            _ALIGN,
        ),
    ),
    BlockType(
        "text",
        _("Text"),
        (FieldSpec("html", FieldKind.RICH, _("Text"), required=True), _ALIGN),
    ),
    BlockType(
        "image",
        _("Image"),
        (
            FieldSpec("url", FieldKind.IMAGE, _("Picture"), required=True),
            _ALT,
            FieldSpec("link", FieldKind.URL, _("Link")),
            FieldSpec("width", FieldKind.NUMBER, _("Width in pixels"), default=552, least=16, most=600),
            _CENTRED,
        ),
    ),
    BlockType(
        "button",
        _("Button"),
        (
            FieldSpec("label", FieldKind.LINE, _("Text"), required=True),
            FieldSpec("url", FieldKind.URL, _("Link"), required=True),
            _CENTRED,
        ),
    ),
    BlockType("divider", _("Dividing line"), ()),
    BlockType(
        "spacer",
        _("Blank space"),
        (FieldSpec("height", FieldKind.NUMBER, _("Height in pixels"), default=24, least=4, most=120),),
    ),
    BlockType(
        "columns",
        _("Two columns"),
        (
            FieldSpec("left", FieldKind.BLOCKS, _("Left column")),
            FieldSpec("right", FieldKind.BLOCKS, _("Right column")),
            FieldSpec(
                "split",
                FieldKind.CHOICE,
                _("Widths"),
                default="50-50",
                choices=(
                    ("50-50", _("Equal")),
                    ("33-67", _("Narrow left")),
                    ("67-33", _("Narrow right")),
                ),
            ),
        ),
        in_columns=False,
    ),
    BlockType(
        "card",
        _("Card (event, article)"),
        (
            FieldSpec("title", FieldKind.LINE, _("Title"), required=True),
            FieldSpec("when", FieldKind.LINE, _("Date")),
            FieldSpec("where", FieldKind.LINE, _("Place")),
            FieldSpec("html", FieldKind.RICH, _("Text")),
            FieldSpec("image", FieldKind.IMAGE, _("Picture")),
            _ALT,
            FieldSpec("label", FieldKind.LINE, _("Text of the button")),
            FieldSpec("url", FieldKind.URL, _("Link")),
        ),
        in_columns=False,
    ),
    BlockType(
        "signature",
        _("Signature"),
        (
            FieldSpec("closing", FieldKind.LINE, _("Closing words")),
            FieldSpec("name", FieldKind.LINE, _("Name"), required=True),
            FieldSpec("role", FieldKind.LINE, _("Their role")),
            FieldSpec("image", FieldKind.IMAGE, _("Picture")),
            _ALT,
        ),
        in_columns=False,
    ),
)

BLOCK_TYPES: dict[str, BlockType] = {kind.name: kind for kind in _TYPES}
