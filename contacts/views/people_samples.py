"""Samples of a file of people: what changes on whom, who stands there twice, which address looks wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from contacts.enums import Gender, Relationship
from contacts.imports.samples import Samples
from contacts.models import Contact, Territory
from contacts.views.sample_cells import Cell, SampleGroup, Text, cells, day

Change = tuple[str, Any, Any]  # field, value before, value after
Counts = dict[str, int]

# What a person would get that has no value to show.
GAINS: dict[str, Text] = {
    "consents": gettext_lazy("what they said"),
    "sources": gettext_lazy("this source"),
    "tags": gettext_lazy("tags"),
    "lists": gettext_lazy("the list"),
    "memberships": gettext_lazy("their membership"),
}
_POINTS: dict[str, Text] = {
    "email": gettext_lazy("new e-mail: %(value)s"),
    "phone": gettext_lazy("new phone: %(value)s"),
    "address": gettext_lazy("new address: %(value)s"),
}
_DAYS: dict[str, Text] = {
    "joined_on": gettext_lazy("joined on %(value)s"),
    "left_on": gettext_lazy("left on %(value)s"),
}
_HIDDEN = {"birthplace_hash": gettext_lazy("birthplace"), "custom": gettext_lazy("extra fields")}
_CHOICES: dict[str, dict[str, Any]] = {
    "gender": dict(Gender.choices),
    "relationship": dict(Relationship.choices),
}


def new_people(samples: Samples, counts: Counts) -> SampleGroup:
    headings = [
        *[_("Line"), pgettext("of a person", "Name"), _("E-mail"), _("Phone"), _("City"), _("Birth date")]
    ]
    rows = [
        cells([row["line"], row["name"], row["email"], row["phone"], row["city"], day(row["birth_date"])])
        for row in samples["new"]
    ]
    return SampleGroup(_("New people"), counts.get("new", 0), headings, rows)


def updated_people(samples: Samples, counts: Counts) -> SampleGroup:
    """Each person with their values before and after, and what they would get beside."""
    communes = _communes(samples["updated"])
    rows = [
        [
            Cell(row["name"] or f"#{row['id']}", reverse("contacts:person", args=[row["id"]])),
            Cell("; ".join(_in_words(row, communes)), is_long=True),
        ]
        for row in samples["updated"]
    ]
    return SampleGroup(_("Updated"), counts.get("updated", 0), [_("Person"), _("What changes")], rows)


def people_on_several_lines(samples: Samples, counts: Counts) -> SampleGroup:
    rows = [
        cells([", ".join(map(str, row["lines"])), row["name"], row["email"], row["phone"]])
        for row in samples["duplicate"]
    ]
    headings = [_("Lines"), pgettext("of a person", "Name"), _("E-mail"), _("Phone")]
    return SampleGroup(_("Twice in the file"), counts.get("duplicate", 0), headings, rows)


def misspelt_addresses(samples: Samples, counts: Counts) -> SampleGroup:
    rows = [cells([row["line"], row["name"], row["address"], row["meant"]]) for row in samples["misspelt"]]
    headings = [_("Line"), pgettext("of a person", "Name"), _("In the file"), _("Perhaps meant")]
    return SampleGroup(_("E-mails that look misspelt"), counts.get("misspelt", 0), headings, rows)


def _in_words(row: dict[str, Any], communes: dict[int, str]) -> list[str]:
    beside = [str(GAINS[what]) for what in row["gains"] if what in GAINS]
    return [*_changes(row["changes"] or [], communes), *beside]


def _changes(changes: Iterable[Change], communes: dict[int, str]) -> Iterable[str]:
    """Yield “first name: Lea → Léa”, “new phone: +33…”."""
    for field, before, after in changes:
        if field in _POINTS:
            yield str(_POINTS[field]) % {"value": after}
        elif field in _DAYS:
            yield str(_DAYS[field]) % {"value": day(after)}
        elif field in _HIDDEN:
            yield str(_HIDDEN[field])
        else:
            yield _("%(field)s: %(before)s → %(after)s") % {
                "field": Contact._meta.get_field(field.removesuffix("_id")).verbose_name,  # type: ignore[union-attr]
                "before": _shown(field, before, communes) or pgettext_lazy("value", "empty"),
                "after": _shown(field, after, communes) or pgettext_lazy("value", "empty"),
            }


def _shown(field: str, value: Any, communes: dict[int, str]) -> str:
    if field == "commune_id":
        return communes.get(value, "")
    if field == "birth_date":
        return day(value)
    return str(_CHOICES.get(field, {}).get(value, value) or "")


def _communes(rows: list[dict[str, Any]]) -> dict[int, str]:
    """Names of the communes that changes speak of, in one query."""
    ids = {
        value
        for row in rows
        for field, *values in row["changes"] or []
        if field == "commune_id"
        for value in values
        if value is not None
    }
    return dict(Territory.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def unknown_states(samples: Samples, counts: Counts) -> SampleGroup:
    """Words in columns of states that nobody here knows: who has one is not written to on that channel."""
    rows = [cells([row["word"], row["rows"]]) for row in samples["unknown_states"]]
    label = _("States that are not known: nobody with one is written to")
    return SampleGroup(label, counts.get("unknown_states", 0), [_("State"), _("Rows")], rows, is_bad=True)
