"""Two records side by side: what each says, where they agree, and what one record would say."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import formats
from django.utils.functional import Promise

from contacts.enums import Channel, ConsentPurpose
from contacts.folding import fold
from contacts.merging.fields import EXTRA, FIELDS, Side, usual_side
from contacts.merging.refusals import disagreements, newsletters_left
from contacts.models import Contact
from contacts.views.extra_field_forms import shown_beside
from contacts.views.merge_things import KeptFact, things_of

Text = str | Promise
NEVER_SHOWN = {"language", "relationship"}  # by the rule: nobody should have to choose


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
class TwoRecords:
    """All that the page of a merge shows."""

    kept: Contact
    absorbed: Contact
    fields: list[FieldFact]
    extra: list[FieldFact]
    things: list[KeptFact]
    refusals: list[str]


def compare_records(kept: Contact, absorbed: Contact) -> TwoRecords:
    """Compare two records as they are now, in a constant number of queries."""
    refusals = [
        f"{ConsentPurpose(purpose).label} · {Channel(channel).label}"
        for channel, purpose in disagreements(kept, absorbed)
    ]
    refusals += [newsletter.name for newsletter in newsletters_left(kept, absorbed)]
    return TwoRecords(
        kept=kept,
        absorbed=absorbed,
        fields=_fields(kept, absorbed),
        extra=_extra_fields(kept, absorbed),
        things=things_of(kept, absorbed),
        refusals=refusals,
    )


def _fields(kept: Contact, absorbed: Contact) -> list[FieldFact]:
    facts = []
    for name, label in FIELDS.items():
        mine, other = _text(kept, name), _text(absorbed, name)
        if name in NEVER_SHOWN or not (mine or other) or _is_a_day_anyway(name, kept, absorbed):
            continue
        agrees = fold(mine) == fold(other) if mine and other else None
        facts.append(FieldFact(name, label, mine, other, agrees, usual_side(name, kept, absorbed)))
    return facts


def _is_a_day_anyway(name: str, kept: Contact, absorbed: Contact) -> bool:
    """True for the year of birth where neither record has a year alone."""
    return name == "birth_year" and kept.birth_year is None and absorbed.birth_year is None


def _extra_fields(kept: Contact, absorbed: Contact) -> list[FieldFact]:
    """Each extra field that one of the two has; where they differ, a side is chosen."""
    facts = []
    for field, mine, other in shown_beside(kept, absorbed):
        agrees = fold(mine) == fold(other) if mine and other else None
        facts.append(
            FieldFact(EXTRA + field.key, field.label, mine, other, agrees, "kept" if mine else "absorbed")
        )
    return facts


def _text(person: Contact, name: str) -> str:
    if name == "birth_date":
        return formats.date_format(person.birth_date, "j F Y") if person.birth_date else ""
    if name == "birth_year":
        return str(person.year_of_birth or "")
    if name == "commune_id":
        return person.commune.name if person.commune else ""
    if name in ("gender", "relationship"):
        return str(getattr(person, f"get_{name}_display")())
    return str(getattr(person, name))
