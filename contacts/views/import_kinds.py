"""Which kind of file this seems to be, with the reason, so that a person can agree or not."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.imports.guessing import Guess
from contacts.imports.layouts import FORMAT_LABELS, Format
from contacts.models import Import

Text = str | Promise
Kind = Import.Kind

KIND_TEXTS: dict[str, Text] = {
    Kind.ROLL: gettext_lazy("Who votes where. Electors, not people you may write to."),
    Kind.ADDRESS_BOOK: gettext_lazy("People who are in touch with you, from your own contacts or sign-ups."),
    Kind.BROKER: gettext_lazy("People whose addresses a supplier sold or rented to you."),
    Kind.SUPPRESSION: gettext_lazy("Addresses and numbers that must not be written to. It creates nobody."),
}
KIND_ICONS = {
    Kind.ROLL: "vote",
    Kind.ADDRESS_BOOK: "contact",
    Kind.BROKER: "package",
    Kind.SUPPRESSION: "ban",
}
# What suppliers write beside an address, and people's own address books do not.
BROKER_SIGNS = {"agrees_email", "agrees_sms", "agrees_call", "agrees_post", "collected_on"}


@dataclass(frozen=True)
class KindGuess:
    kind: str
    reason: str


@dataclass(frozen=True)
class KindChoice:
    kind: str
    label: Text
    text: Text
    icon: str


def guess_kind(guess: Guess) -> KindGuess:
    """Say what a file seems to be; a table without a sign of its own counts as an address book."""
    if guess.format == Format.ROLL:
        return KindGuess(Kind.ROLL, _("It has the columns of an electoral roll."))
    if guess.format != Format.OTHER:
        name = FORMAT_LABELS[guess.format]
        return KindGuess(Kind.ADDRESS_BOOK, _("It is an export of %(name)s.") % {"name": name})
    signs = [column.name for column in guess.columns if column.field in BROKER_SIGNS]
    if signs:
        return KindGuess(
            Kind.BROKER,
            _("It has columns that suppliers add: %(names)s.") % {"names": ", ".join(signs[:3])},
        )
    return KindGuess(Kind.ADDRESS_BOOK, _("It is a table of people. Say so if a supplier gave it to you."))


def kind_choices() -> list[KindChoice]:
    return [KindChoice(kind, Kind(kind).label, KIND_TEXTS[kind], KIND_ICONS[kind]) for kind in Kind]
