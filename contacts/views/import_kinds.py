"""Which kind of file this seems to be, with the reason, so that a person can agree or not."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.folding import fold
from contacts.imports.columns import opt_out_names
from contacts.imports.guessing import Guess
from contacts.imports.layouts import FORMAT_LABELS, Format
from contacts.models import Import

Text = str | Promise
Kind = Import.Kind

KIND_TEXTS: dict[str, Text] = {
    Kind.ROLL: gettext_lazy("Who votes where. Electors, not people you may write to."),
    Kind.ADDRESS_BOOK: gettext_lazy("People who are in touch with you, from your own contacts or sign-ups."),
    Kind.BROKER: gettext_lazy("People whose addresses a supplier sold or rented to you."),
    Kind.ENRICHMENT: gettext_lazy(
        "Phones, e-mails or addresses of people you know already. It creates nobody and tells its price."
    ),
    Kind.SUPPRESSION: gettext_lazy("Addresses and numbers that must not be written to. It creates nobody."),
}
KIND_ICONS = {
    Kind.ROLL: "vote",
    Kind.ADDRESS_BOOK: "contact",
    Kind.BROKER: "package",
    Kind.SUPPRESSION: "ban",
    Kind.ENRICHMENT: "user-plus",
}
# What suppliers write beside an address, and people's own address books do not.
BROKER_SIGNS = {"agrees_email", "agrees_sms", "agrees_call", "agrees_post", "collected_on"}


HASH_NAMES = {
    name for field in ("md5", "sha1", "sha256", "keyed_hash") for name in opt_out_names.NAMES[field]
}
# Words of the names that people and providers give to files of opt-outs, folded.
OPT_OUT_WORDS = frozenset(
    "unsubscribed unsubscribes unsubscribe unsub optout optouts suppression suppressions blacklist"
    " blacklisted desinscrits desinscriptions desabonnes desabonnements opposition oppositions repoussoir"
    " stop stops bounces hardbounces complaints plaintes donotcontact".split()
)


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


def kind_of(run: Import, guess: Guess) -> KindGuess:
    """What a file seems to be; a saved mapping of its columns knows."""
    profile = run.options.get("profile")
    if profile:
        return KindGuess(run.kind, _("Its columns are known: saved mapping “%(name)s”.") % {"name": profile})
    return guess_kind(guess, run.file_name)


def guess_kind(guess: Guess, file_name: str = "") -> KindGuess:
    """Say what a file seems to be; a table without a sign of its own counts as an address book."""
    names = {fold(column.name) for column in guess.columns}
    if names & HASH_NAMES:
        return KindGuess(Kind.SUPPRESSION, _("It holds hashes of addresses, as opt-out files do."))
    if guess.format == Format.OTHER and OPT_OUT_WORDS & set(fold(file_name).split()):
        return KindGuess(Kind.SUPPRESSION, _("Its name says that it is a list of opt-outs."))
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
