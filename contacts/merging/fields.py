"""What the record that stays takes from the one that it absorbs, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.enums import Relationship
from contacts.models import Contact

Side = Literal["kept", "absorbed"]
Chosen = Mapping[str, Side]

# Columns of Contact, with their names on screen. Extra fields are chosen by EXTRA and their key.
FIELDS = {
    "civility": pgettext_lazy("of a person", "Title"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "birth_name": _("Birth name"),
    "gender": _("Sex"),
    "birth_date": _("Birth date"),
    "birth_year": _("Year of birth"),
    "language": _("Language"),
    "relationship": _("Relationship"),
    "commune_id": _("Commune"),
}
EXTRA = "extra_"  # before the key of an extra field, where sides are chosen
HIDDEN_FIELDS = ("birthplace_hash",)
# Whoever was closer stays so: it is the same person.
_CLOSER = [
    Relationship.MEMBER,
    Relationship.REGULAR,
    Relationship.FORMER,
    Relationship.OCCASIONAL,
    Relationship.ROLL_ONLY,
]


def closer(one: str, other: str) -> str:
    """The closer of two relationships."""
    return min(one, other, key=lambda name: _CLOSER.index(Relationship(name)))


def usual_side(field: str, kept: Contact, absorbed: Contact) -> Side:
    """Whose value of a field is taken when nobody chooses: the kept record's, unless it has none."""
    mine, other = getattr(kept, field), getattr(absorbed, field)
    if field == "relationship":
        return "kept" if closer(mine, other) == mine else "absorbed"
    if field == "birth_year" and kept.birth_date:
        return "kept"
    if field == "language" and kept.is_stub and not absorbed.is_stub:
        return "absorbed"
    return "absorbed" if mine in (None, "") and other not in (None, "") else "kept"


def decided_by_hand(kept: Contact, absorbed: Contact, chosen: Chosen) -> list[str]:
    """The fields of which the records said different things and somebody chose, as the journal names them.

    Extra fields by EXTRA and their key.
    """
    found = []
    for name in chosen:
        if name.startswith(EXTRA):
            mine, other = (one.custom.get(name.removeprefix(EXTRA)) for one in (kept, absorbed))
        else:
            mine, other = (getattr(one, name) for one in (kept, absorbed))
        if mine != other and not {mine, other} & {None, ""}:
            found.append(name.removesuffix("_id"))
    return sorted(found)


def merged_values(kept: Contact, absorbed: Contact, chosen: Chosen) -> dict[str, Any]:
    """The columns of the kept record that change, with their new values."""
    values: dict[str, Any] = {}
    for field in (*FIELDS, *HIDDEN_FIELDS):
        side = _side(field, kept, absorbed, chosen)
        value = getattr(absorbed if side == "absorbed" else kept, field)
        if value != getattr(kept, field):
            values[field] = value
    custom = _merged_extra(kept.custom, absorbed.custom, chosen)
    if custom != kept.custom:
        values["custom"] = custom
    if kept.is_stub and not absorbed.is_stub:
        values["is_stub"] = False
    return values


def _side(field: str, kept: Contact, absorbed: Contact, chosen: Chosen) -> Side:
    """Whose value is taken; what a person is to the organisation follows their acts: nobody chooses it."""
    if field == "relationship":
        return usual_side(field, kept, absorbed)
    return chosen.get(field) or usual_side(field, kept, absorbed)


def _merged_extra(mine: dict[str, Any], other: dict[str, Any], chosen: Chosen) -> dict[str, Any]:
    """The kept record's extra fields and what only the other one has, unless its value was chosen."""
    taken = {key: value for key, value in other.items() if chosen.get(EXTRA + key) == "absorbed"}
    return {**other, **mine, **taken}
