"""Samples of a preview as small tables: who is new, what would change on whom, which rows are refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from contacts.imports.samples import Samples, preview_samples
from contacts.models import ElectoralRegistration, Import, Source, Territory
from contacts.views.people_samples import (
    misspelt_addresses,
    new_people,
    people_on_several_lines,
    unknown_states,
    updated_people,
)
from contacts.views.sample_cells import Cell, SampleGroup, Text, cells, day

CELLS_SHOWN = 6  # first values of a refused row

_NAMED: dict[str, tuple[Text, Any]] = {
    "source_id": (gettext_lazy("source"), Source),
    "polling_station_id": (gettext_lazy("polling station"), Territory),
}


def sample_groups(run: Import) -> list[SampleGroup]:
    """The samples of a previewed import; a kind without a row is left out."""
    samples, counts = preview_samples(run), run.preview
    is_roll = run.kind == Import.Kind.ROLL
    groups = [
        _rejected(run, samples, counts.get("rejected", 0)),
        *(_electors(samples, counts) if is_roll else _people(samples, counts)),
    ]
    return [group for group in groups if group.rows]


def _electors(samples: Samples, counts: dict[str, int]) -> list[SampleGroup]:
    groups = (_new_electors, _updated_electors, _departed_electors)
    return [group(samples, counts) for group in groups]


def _people(samples: Samples, counts: dict[str, int]) -> list[SampleGroup]:
    groups = (unknown_states, misspelt_addresses, new_people, updated_people, people_on_several_lines)
    return [group(samples, counts) for group in groups]


def _rejected(run: Import, samples: Samples, number: int) -> SampleGroup:
    header = run.layout.get("header", [])
    shown = _telling_columns(run, samples["rejected"])
    rows = [
        [
            Cell(str(row["line"])),
            Cell("; ".join(row["reasons"]), is_long=True),
            *cells(row["values"][index] if index < len(row["values"]) else "" for index in shown),
        ]
        for row in samples["rejected"]
    ]
    headings = [_("Line"), _("Why"), *[header[index] for index in shown]]
    return SampleGroup(_("Rejected"), number, headings, rows, is_bad=True)


def _telling_columns(run: Import, rows: list[dict[str, Any]]) -> list[int]:
    """The first columns that are imported and that some refused row fills."""
    filled = {index for row in rows for index, value in enumerate(row["values"]) if value}
    mapped = sorted(int(index) for index in run.mapping)
    return [index for index in mapped if index in filled][:CELLS_SHOWN]


def _new_electors(samples: Samples, counts: dict[str, int]) -> SampleGroup:
    headings = [
        *[_("Line"), _("Elector"), _("Used name"), _("Birth date"), _("Address")],
        *[_("Polling station"), _("Order number")],
    ]
    rows = [
        cells(
            [
                *[row["line"], row["name"], row["used_name"], day(row["birth_date"])],
                *[_joined(row["street"], row["city"]), row["station"], row["order_number"]],
            ]
        )
        for row in samples["new"]
    ]
    return SampleGroup(_("New electors"), counts.get("new", 0), headings, rows)


def _updated_electors(samples: Samples, counts: dict[str, int]) -> SampleGroup:
    names = _names_of(samples["updated"])
    rows = [
        [
            *cells([row["line"], row["name"]]),
            Cell("; ".join(_changes(row["changes"] or {}, names)), is_long=True),
        ]
        for row in samples["updated"]
    ]
    headings = [_("Line"), _("Elector"), _("What changes")]
    return SampleGroup(_("Updated"), counts.get("updated", 0), headings, rows)


def _departed_electors(samples: Samples, counts: dict[str, int]) -> SampleGroup:
    rows = [
        cells(
            [
                *[row["name"], row["used_name"], day(row["birth_date"]), row["address"]],
                *[row["station"], row["order_number"]],
            ]
        )
        for row in samples["departed"]
    ]
    headings = [
        *[_("Elector"), _("Used name"), _("Birth date"), _("Address")],
        *[_("Polling station"), _("Order number")],
    ]
    return SampleGroup(_("No longer in it"), counts.get("departed", 0), headings, rows)


def _changes(changes: dict[str, list[Any]], names: dict[str, dict[int, str]]) -> Iterable[str]:
    """Yield “used name: DURAND → MOREL”, fields in the order of the model."""
    for key, (before, after) in changes.items():
        if key in _NAMED:
            label: Text = _NAMED[key][0]
            before, after = (names[key].get(value, "") for value in (before, after))
        else:
            label = ElectoralRegistration._meta.get_field(key).verbose_name  # type: ignore[union-attr]
        yield _("%(field)s: %(before)s → %(after)s") % {
            "field": label,
            "before": before or pgettext_lazy("value", "empty"),
            "after": after or pgettext_lazy("value", "empty"),
        }


def _names_of(rows: list[dict[str, Any]]) -> dict[str, dict[int, str]]:
    """Names of the sources and stations that changes speak of, in one query each."""
    names = {}
    for key, (_label, model) in _NAMED.items():
        ids = {value for row in rows for value in (row["changes"] or {}).get(key, []) if value is not None}
        names[key] = dict(model.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    return names


def _joined(*parts: str | None) -> str:
    return ", ".join(part.strip() for part in parts if part and part.strip())
