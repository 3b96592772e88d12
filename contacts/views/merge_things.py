"""What two records have several of, side by side: addresses, electors, lists, notes; and their birthplace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from contacts.folding import fold
from contacts.models import (
    Contact,
    ContactSource,
    ContactTag,
    ElectoralRegistration,
    EmailAddress,
    ListMembership,
    Note,
    PhoneNumber,
    PostalAddress,
    Subscription,
)

Text = str | Promise
NOTES_SHOWN = 3  # of each record, the newest
NOTE_SHOWN = 120  # characters


@dataclass(frozen=True)
class KeptFact:
    """Things that the one record has all of: values of each side, and whether both have one of them.

    Where `tells` is false, to differ says nothing: two records of one person may well have other tags.
    """

    label: Text
    icon: str
    kept: list[str]
    absorbed: list[str]
    agrees: bool | None
    tells: bool = True


def things_of(kept: Contact, absorbed: Contact) -> list[KeptFact]:
    """All of it, in a constant number of queries; what neither has is left out."""
    pair = (kept.pk, absorbed.pk)
    electors = list(
        ElectoralRegistration.objects.filter(contact__in=pair).select_related("commune").order_by("pk")
    )
    found = [
        *_reached_at(pair),
        _birthplace(kept, absorbed, electors),
        _electors(pair, electors),
        *_rest(pair),
    ]
    return [thing for thing in found if thing.kept or thing.absorbed]


def _reached_at(pair: Sequence[int]) -> list[KeptFact]:
    return [
        _thing(label, icon, pair, model.objects.filter(contact__in=pair).order_by("-is_primary", "pk"))
        for label, icon, model in (
            (_("E-mail"), "mail", EmailAddress),
            (_("Phone"), "phone", PhoneNumber),
            (_("Address"), "house", PostalAddress),
        )
    ]


def _birthplace(kept: Contact, absorbed: Contact, electors: Sequence[ElectoralRegistration]) -> KeptFact:
    """Only whether it is one place can be said: a keyed hash is all that is kept of it."""
    hashes: defaultdict[int, set[bytes]] = defaultdict(set)
    for one in (kept, absorbed):
        hashes[one.pk].add(bytes(one.birthplace_hash or b""))
    for elector in electors:
        hashes[elector.contact_id or 0].add(bytes(elector.birthplace_hash or b""))
    mine, other = (hashes[one.pk] - {b""} for one in (kept, absorbed))
    agrees = bool(mine & other) if mine and other else None
    words = [([_("known")] if known else []) for known in (mine, other)]
    return KeptFact(_("Birthplace"), "map-pin", *words, agrees)


def _electors(pair: Sequence[int], electors: Sequence[ElectoralRegistration]) -> KeptFact:
    return _thing(_("Elector"), "vote", pair, ((one, _elector(one)) for one in electors))


def _elector(elector: ElectoralRegistration) -> str:
    born = formats.date_format(elector.birth_date, "SHORT_DATE_FORMAT") if elector.birth_date else ""
    return " · ".join(part for part in (str(elector), born, elector.commune.name) if part)


def _rest(pair: Sequence[int]) -> list[KeptFact]:
    tags = ContactTag.objects.filter(contact__in=pair).select_related("tag").order_by("tag__name")
    lists = ListMembership.objects.filter(contact__in=pair).select_related("list").order_by("list__name")
    chosen = Subscription.objects.filter(contact__in=pair, ended_at=None).select_related("newsletter")
    sources = ContactSource.objects.filter(contact__in=pair).select_related("source")
    return [
        _thing(_("Tags"), "tag", pair, ((one, one.tag.name) for one in tags), tells=False),
        _thing(_("Fixed lists"), "list", pair, ((one, one.list.name) for one in lists), tells=False),
        _thing(
            _("Newsletters"),
            "newspaper",
            pair,
            ((one, one.newsletter.name) for one in chosen.order_by("newsletter__name")),
            tells=False,
        ),
        _thing(_("Notes"), "notebook-pen", pair, _notes(pair), tells=False),
        _thing(
            _("Where it comes from"),
            "database",
            pair,
            ((one, str(one.source)) for one in sources),
            tells=False,
        ),
    ]


def _notes(pair: Sequence[int]) -> Iterable[tuple[Note, str]]:
    for person in pair:
        for note in Note.objects.filter(contact=person).order_by("-created_at", "-pk")[:NOTES_SHOWN]:
            day = formats.date_format(timezone.localtime(note.created_at), "SHORT_DATE_FORMAT")
            yield note, f"{day} · {Truncator(note.body).chars(NOTE_SHOWN)}"


def _thing(
    label: Text, icon: str, pair: Sequence[int], rows: Iterable[Any], *, tells: bool = True
) -> KeptFact:
    """Rows of both people, apart; a row is one that names itself, or a row and its text."""
    texts: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        one, text = row if isinstance(row, tuple) else (row, str(row))
        texts[one.contact_id].append(text)
    mine, other = texts[pair[0]], texts[pair[1]]
    shared = {fold(text) for text in mine} & {fold(text) for text in other}
    return KeptFact(label, icon, mine, other, bool(shared) if mine and other else None, tells)
