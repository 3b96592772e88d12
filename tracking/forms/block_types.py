"""The kinds of blocks that a form is made of, described once: the builder draws its fields from this.

A field's `kind` says what it holds. TEXT and LONG are texts by language ({"fr": "…", "en": "…"}), of one line
or several; PLAIN is one text for all languages; OPTIONS the answers of a question.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.enums import Channel, ConsentPurpose


class FieldKind(StrEnum):
    TEXT = "text"
    LONG = "long"
    PLAIN = "plain"
    CHOICE = "choice"
    SELECT = "select"
    SWITCH = "switch"
    NUMBER = "number"
    OPTIONS = "options"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a block. `choices` are (value, label). A SELECT without any names an extra field."""

    name: str
    kind: FieldKind
    label: Promise
    required: bool = False
    default: str | int | bool = ""
    choices: tuple[tuple[str, Promise], ...] = ()
    least: int = 0
    most: int = 0
    help: Promise | str = ""


@dataclass(frozen=True, slots=True)
class BlockType:
    """`once`: a form has one at most. `asks`: it has an answer, which later blocks may depend on."""

    name: str
    label: Promise
    icon: str
    fields: tuple[FieldSpec, ...]
    once: bool = False
    asks: bool = False


OPTIONAL_OR_NOT = (
    ("required", pgettext_lazy("a question", "Required")),
    ("optional", pgettext_lazy("a question", "Optional")),
    ("no", pgettext_lazy("a question", "Not asked")),
)
_LABEL = FieldSpec("label", FieldKind.TEXT, _("Question"), required=True)
_HELP = FieldSpec("help", FieldKind.TEXT, _("Explanation below the question"))
_REQUIRED = FieldSpec("required", FieldKind.SWITCH, _("An answer is required"), default=False)
_KEPT_IN = FieldSpec(
    "field",
    FieldKind.SELECT,
    _("Kept on the person as"),
    help=_("An extra field: filled in when it is empty, never written over."),
)


def _asked(name: str, label: Promise, default: str) -> FieldSpec:
    return FieldSpec(name, FieldKind.CHOICE, label, default=default, choices=OPTIONAL_OR_NOT)


CONSENT_BOXES: dict[str, tuple[Channel, ConsentPurpose, Promise]] = {
    "email:messages": (Channel.EMAIL, ConsentPurpose.MESSAGES, _("Receive e-mails")),
    "sms:messages": (Channel.SMS, ConsentPurpose.MESSAGES, _("Receive text messages")),
    "call:messages": (Channel.CALL, ConsentPurpose.MESSAGES, _("Be called")),
    "email:targeting": (Channel.EMAIL, ConsentPurpose.TARGETING, _("Receive e-mails chosen for them")),
    "sms:targeting": (Channel.SMS, ConsentPurpose.TARGETING, _("Receive text messages chosen for them")),
    "email:measurement": (
        Channel.EMAIL,
        ConsentPurpose.MEASUREMENT,
        _("Have their opens and clicks measured"),
    ),
    "email:profile": (Channel.EMAIL, ConsentPurpose.PROFILE, _("Have their opinions and interests kept")),
}

_TYPES = (
    BlockType(
        "text",
        _("Text"),
        "text-align-start",
        (
            FieldSpec("title", FieldKind.TEXT, _("Title")),
            FieldSpec("text", FieldKind.LONG, _("Text")),
        ),
    ),
    BlockType(
        "image",
        _("Image"),
        "image",
        (
            FieldSpec("url", FieldKind.IMAGE, _("Picture"), required=True),
            FieldSpec("alt", FieldKind.TEXT, _("Description of the picture")),
        ),
    ),
    BlockType(
        "identity",
        _("Name"),
        "user-round",
        (
            _asked("first_name", _("First name"), "required"),
            _asked("last_name", _("Last name"), "required"),
            _asked("gender", pgettext_lazy("of a person", "Title"), "no"),
        ),
        once=True,
    ),
    BlockType(
        "email",
        _("E-mail"),
        "mail",
        (FieldSpec("required", FieldKind.SWITCH, _("An answer is required"), default=True), _HELP),
        once=True,
    ),
    BlockType("phone", _("Mobile phone"), "smartphone", (_REQUIRED, _HELP), once=True),
    BlockType(
        "address",
        _("Address"),
        "map-pin",
        (
            FieldSpec(
                "extent",
                FieldKind.CHOICE,
                _("Ask for"),
                default="commune",
                choices=(("commune", _("Postcode and town")), ("whole", _("The whole address"))),
            ),
            _REQUIRED,
        ),
        once=True,
    ),
    BlockType(
        "age",
        _("17 or older"),
        "cake",
        (
            FieldSpec("required", FieldKind.SWITCH, _("The box must be ticked"), default=False),
            _HELP,
        ),
        once=True,
        asks=True,
    ),
    BlockType(
        "choice",
        _("Choices"),
        "list-checks",
        (
            _LABEL,
            _HELP,
            FieldSpec(
                "several",
                FieldKind.CHOICE,
                _("People choose"),
                default="one",
                choices=(("one", _("One answer")), ("several", _("Several answers"))),
            ),
            FieldSpec("options", FieldKind.OPTIONS, _("Answers"), required=True),
            _REQUIRED,
            _KEPT_IN,
        ),
        asks=True,
    ),
    BlockType(
        "scale",
        pgettext_lazy("a question", "Scale"),
        "sliders-horizontal",
        (
            _LABEL,
            _HELP,
            FieldSpec("least", FieldKind.NUMBER, _("From"), default=1, least=0, most=1),
            FieldSpec("most", FieldKind.NUMBER, _("To"), default=5, least=2, most=10),
            FieldSpec("least_label", FieldKind.TEXT, _("Words at the lowest")),
            FieldSpec("most_label", FieldKind.TEXT, _("Words at the highest")),
            _REQUIRED,
            _KEPT_IN,
        ),
        asks=True,
    ),
    BlockType(
        "words",
        _("Free text"),
        "message-square-text",
        (
            _LABEL,
            _HELP,
            FieldSpec(
                "size",
                FieldKind.CHOICE,
                _("Room"),
                default="long",
                choices=(("line", _("One line")), ("long", _("Several lines"))),
            ),
            _REQUIRED,
            _KEPT_IN,
        ),
    ),
    BlockType(
        "consent",
        _("Agreement"),
        "badge-check",
        (
            FieldSpec(
                "box",
                FieldKind.SELECT,
                _("What people agree to"),
                default="email:messages",
                choices=tuple((key, label) for key, (_c, _p, label) in CONSENT_BOXES.items()),
                help=_("Never ticked beforehand; the exact sentence shown is kept as proof."),
            ),
        ),
    ),
    BlockType("newsletters", _("Newsletters"), "newspaper", (), once=True),
    BlockType(
        "public_name",
        _("Name shown in public"),
        "signature",
        (FieldSpec("label", FieldKind.TEXT, _("Words of the box")),),
        once=True,
    ),
    BlockType(
        "counter",
        _("Counter"),
        "chart-no-axes-column",
        (
            FieldSpec("label", FieldKind.TEXT, _("Words below the number")),
            FieldSpec("goal", FieldKind.NUMBER, _("Goal"), default=0, least=0, most=10_000_000),
            FieldSpec("names", FieldKind.SWITCH, _("Show the last names of those who agreed"), default=True),
        ),
        once=True,
    ),
    BlockType(
        "hidden",
        _("Where they come from"),
        "link",
        (
            FieldSpec(
                "parameter",
                FieldKind.PLAIN,
                _("Part of the address that is kept"),
                required=True,
                default="utm_source",
                help=_("With utm_source, a link that ends with ?utm_source=leaflet counts for “leaflet”."),
            ),
        ),
    ),
    BlockType(
        "page", _("Next page"), "separator-horizontal", (FieldSpec("title", FieldKind.TEXT, _("Title")),)
    ),
)

BLOCK_TYPES: dict[str, BlockType] = {kind.name: kind for kind in _TYPES}
