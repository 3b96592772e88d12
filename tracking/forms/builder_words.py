"""What the builder's script says to people, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from messaging.views.composer_words import composer_words
from tracking.forms.content import TEXTS


def builder_words() -> dict[str, str]:
    """The composer's words, and those that only forms have."""
    return composer_words() | {
        "preview": _("Preview of the form"),
        "no_block": _("Nothing yet: begin with a name and an e-mail."),
        "some_readers": _("By an answer"),
        "only_for": _("Shown only if…"),
        "shown_if": _("Show this block"),
        "shown_always": _("Always"),
        "question_gone": _("A question that is no longer above"),
        "answer_is": _("… when the answer is"),
        "no_question_above": _(
            "Put a question with answers above this block: it can decide whether it shows."
        ),
        "kept_nowhere": _("Only in the answers to this form"),
        "add_option": _("Add an answer"),
        "option": _("Answer"),
        "option_tag": _("Tag of whoever chooses it"),
        "no_tag": _("No tag"),
        "yes": _("Yes"),
        "conflict_earlier": _(
            "What you wrote last time had not reached the server, and this form has changed since."
            " Nothing is lost: choose."
        ),
        "all_fine": _("Ready to be published."),
    }


def text_fields() -> list[dict[str, Any]]:
    """The texts about the whole form, in the order in which they are written."""
    return [
        _text("title", _("Title")),
        _text("introduction", _("Introduction"), long=True),
        _text("button", _("Words of the button"), placeholder=_("Sign up")),
        _text("thank_you", _("What people read once it is sent"), long=True),
    ]


def _text(name: str, label: str, *, long: bool = False, placeholder: str = "") -> dict[str, Any]:
    return {"name": name, "label": label, "long": long, "most": TEXTS[name], "placeholder": placeholder}
