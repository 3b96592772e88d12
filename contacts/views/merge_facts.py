"""Two records side by side: what each says, where they agree, and what one record would say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from contacts.enums import Channel, ConsentPurpose
from contacts.folding import fold
from contacts.merging.fields import FIELDS, Side, usual_side
from contacts.merging.service import disagreements
from contacts.models import (
    Contact,
    ContactSource,
    ContactTag,
    ElectoralRegistration,
    EmailAddress,
    PhoneNumber,
    PostalAddress,
)

Text = str | Promise
NEVER_SHOWN = {"language"}  # it is chosen by the rule: nobody should have to


@dataclass(frozen=True)
class FieldFact:
    """One field of two records. `agrees` is None when one says nothing; `side` is the value taken."""

    name: str
    label: Text
    kept: str
    absorbed: str
    agrees: bool | None
    side: Side


@dataclass(frozen=True)
class KeptFact:
    """Things that the one record has all of: values of each side, and those that both have."""

    label: Text
    icon: str
    kept: list[str]
    absorbed: list[str]
    agrees: bool | None


@dataclass(frozen=True)
class TwoRecords:
    """All that the page of a merge shows."""

    kept: Contact
    absorbed: Contact
    fields: list[FieldFact]
    things: list[KeptFact]
    refusals: list[str]


def compare_records(kept: Contact, absorbed: Contact) -> TwoRecords:
    """Compare two records as they are now, in a constant number of queries."""
    refusals = [
        f"{ConsentPurpose(purpose).label} · {Channel(channel).label}"
        for channel, purpose in disagreements(kept, absorbed)
    ]
    return TwoRecords(kept, absorbed, _fields(kept, absorbed), _things(kept, absorbed), refusals)


def _fields(kept: Contact, absorbed: Contact) -> list[FieldFact]:
    facts = []
    for name, label in FIELDS.items():
        mine, other = _text(kept, name), _text(absorbed, name)
        if name in NEVER_SHOWN or not (mine or other):
            continue
        agrees = fold(mine) == fold(other) if mine and other else None
        facts.append(FieldFact(name, label, mine, other, agrees, usual_side(name, kept, absorbed)))
    return facts


def _text(person: Contact, name: str) -> str:
    if name == "birth_date":
        return formats.date_format(person.birth_date, "j F Y") if person.birth_date else ""
    if name == "commune_id":
        return person.commune.name if person.commune else ""
    if name in ("gender", "relationship"):
        return str(getattr(person, f"get_{name}_display")())
    return str(getattr(person, name))


def _things(kept: Contact, absorbed: Contact) -> list[KeptFact]:
    pair = (kept.pk, absorbed.pk)
    emails = EmailAddress.objects.filter(contact__in=pair).order_by("-is_primary", "pk")
    phones = PhoneNumber.objects.filter(contact__in=pair).order_by("-is_primary", "pk")
    postal = PostalAddress.objects.filter(contact__in=pair).order_by("-is_primary", "pk")
    tags = ContactTag.objects.filter(contact__in=pair).select_related("tag").order_by("tag__name")
    sources = ContactSource.objects.filter(contact__in=pair).select_related("source")
    electors = ElectoralRegistration.objects.filter(contact__in=pair).select_related("commune")
    found = [
        _thing(_("E-mail"), "mail", pair, emails),
        _thing(_("Phone"), "phone", pair, phones),
        _thing(_("Address"), "house", pair, postal),
        _thing(_("Elector"), "vote", pair, ((one, f"{one} · {one.commune.name}") for one in electors)),
        _thing(_("Tags"), "tag", pair, ((one, one.tag.name) for one in tags)),
        _thing(_("Where it comes from"), "database", pair, ((one, str(one.source)) for one in sources)),
    ]
    return [thing for thing in found if thing.kept or thing.absorbed]


def _thing(label: Text, icon: str, pair: Sequence[int], rows: Iterable[Any]) -> KeptFact:
    """Rows of both people, apart; a row is one that names itself, or a row and its text."""
    texts: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        one, text = row if isinstance(row, tuple) else (row, str(row))
        texts[one.contact_id].append(text)
    mine, other = texts[pair[0]], texts[pair[1]]
    shared = {fold(text) for text in mine} & {fold(text) for text in other}
    return KeptFact(label, icon, mine, other, bool(shared) if mine and other else None)
