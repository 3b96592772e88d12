"""What may allow the use of a file, said in sentences, with what each basis opens beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, LawfulBasis, SourceKind
from contacts.models import Import
from contacts.rules.channels import WARNED, basis_opens, whole_file_only

Text = str | Promise
Kind = Import.Kind

SOURCE_KINDS: dict[str, tuple[SourceKind, ...]] = {
    Kind.ROLL: (SourceKind.ROLL,),
    Kind.ADDRESS_BOOK: (SourceKind.ADDRESS_BOOK, SourceKind.FORM, SourceKind.HAND),
    Kind.BROKER: (SourceKind.BROKER_PURCHASE, SourceKind.BROKER_RENTAL),
    Kind.ENRICHMENT: (SourceKind.BROKER_PURCHASE, SourceKind.BROKER_RENTAL),
    Kind.SUPPRESSION: (SourceKind.OPT_OUT,),
}
BASES: dict[str, tuple[LawfulBasis, ...]] = {
    Kind.ROLL: (LawfulBasis.PUBLIC_ROLL,),
    Kind.ADDRESS_BOOK: (
        LawfulBasis.CONSENT,
        LawfulBasis.MEMBER,
        LawfulBasis.LEGITIMATE_INTEREST,
        LawfulBasis.NONE,
    ),
    Kind.BROKER: (LawfulBasis.CONSENT, LawfulBasis.LEGITIMATE_INTEREST, LawfulBasis.NONE),
    Kind.ENRICHMENT: (LawfulBasis.CONSENT, LawfulBasis.LEGITIMATE_INTEREST, LawfulBasis.NONE),
    Kind.SUPPRESSION: (LawfulBasis.NONE,),
}

KIND_TEXTS: dict[str, Text] = {
    SourceKind.ROLL: _("Handed out by a town hall or a prefecture."),
    SourceKind.ADDRESS_BOOK: _("Contacts of a phone, a mailbox or another program of yours."),
    SourceKind.FORM: _("People signed up themselves, on paper or on a website."),
    SourceKind.HAND: _("Somebody of the team typed it in."),
    SourceKind.BROKER_PURCHASE: _("You keep the file."),
    SourceKind.BROKER_RENTAL: _("You may use the file until a day that the contract names."),
    SourceKind.OPT_OUT: _("Addresses and numbers of people who asked not to be written to."),
}
BASIS_TEXTS: dict[str, Text] = {
    LawfulBasis.CONSENT: _("Each person said yes to your messages, and you can show when and to what words."),
    LawfulBasis.MEMBER: _("They are members, or in regular touch with you, and were told how to say no."),
    LawfulBasis.LEGITIMATE_INTEREST: _(
        "You weighed your wish to write against what people expect, and wrote the balance down."
    ),
    LawfulBasis.PUBLIC_ROLL: _(
        "The electoral code lets candidates and parties use the roll to write letters and to visit. It never "
        "opens e-mail, SMS or calls."
    ),
    LawfulBasis.NONE: _(
        "Nothing yet. The file helps to recognise people; nobody is written to because of it."
    ),
}


class Opening:
    """How far a basis opens a channel."""

    OPEN = "open"
    WARNED = "warned"
    WHOLE_FILE = "whole"
    CLOSED = "closed"


OPENING_LABELS: dict[str, Text] = {
    Opening.OPEN: _("open"),
    Opening.WARNED: _("with care"),
    Opening.WHOLE_FILE: _("only in a mailing to the whole file"),
    Opening.CLOSED: _("closed"),
}


@dataclass(frozen=True)
class OpenedChannel:
    """One channel beside a basis; `opening` is one of `Opening`."""

    channel: Channel
    opening: str

    @property
    def label(self) -> Text:
        return OPENING_LABELS[self.opening]


@dataclass(frozen=True)
class BasisChoice:
    """One answer to “What allows you?”."""

    basis: LawfulBasis
    text: Text
    channels: Sequence[OpenedChannel]

    @property
    def usual(self) -> list[str]:
        """Channels ticked at first: open ones. A consent names its own channels, so that none is."""
        if self.basis == LawfulBasis.CONSENT:
            return []
        warned = WARNED.get(self.basis, ())
        return [
            one.channel.value
            for one in self.channels
            if one.opening in (Opening.OPEN, Opening.WHOLE_FILE) and one.channel not in warned
        ]


def basis_choices(kind: str) -> list[BasisChoice]:
    """The bases that a file of this kind can have, with what each opens."""
    source_kind = SOURCE_KINDS[kind][0]
    return [
        BasisChoice(
            basis,
            BASIS_TEXTS[basis],
            [OpenedChannel(channel, opening_of(basis, channel, source_kind)) for channel in Channel],
        )
        for basis in BASES[kind]
    ]


def opening_of(basis: LawfulBasis, channel: Channel, source_kind: str) -> str:
    """How far this basis opens this channel, for a source of this kind."""
    if not basis_opens(basis, channel):
        return Opening.CLOSED
    if whole_file_only(source_kind, channel):
        return Opening.WHOLE_FILE
    return Opening.WARNED if channel in WARNED.get(basis, ()) else Opening.OPEN
