"""Saved mappings: found again on the next file with the same columns, in any order, and how it is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.folding import fold
from contacts.imports.columns.shipped_profiles import SHIPPED, ShippedProfile
from contacts.imports.errors import ImportProblem
from contacts.imports.layouts import Mapping
from contacts.imports.remembered import Kept, reading_of, unlike_words
from contacts.imports.signatures import keys_of, signature_of
from contacts.imports.sketch import Layout, folded_header
from contacts.models import Import, MappingProfile

# Options that are the same for every delivery; the others belong to one file.
KEPT_OPTIONS = (
    *("tags", "list", "scope", "policies", "numbers", "reason", "country", "region", "place_name"),
    *("roll_kind",),
)
LONGEST_NAME = 100
MOST_READINGS = 50  # saved mappings whose way of reading is tried on a new file


@dataclass(frozen=True)
class Known:
    """A saved or shipped mapping, applied to the header of one file."""

    name: str
    kind: str
    mapping: Mapping
    options: dict[str, Any]
    month_first: bool
    source_id: int | None = None


def kept_readings(*, kind: str = "") -> Kept:
    """How the files of saved mappings are read, the newest mapping first; of one kind if it is given."""
    saved = MappingProfile.objects.order_by("-pk").values_list("signature", "reading")
    kept: Kept = {}
    for signature, reading in (saved.filter(kind=kind) if kind else saved)[:MOST_READINGS]:
        kept.setdefault(signature, reading)
    return kept


def known_mapping(header: list[str], *, kind: str = "") -> Known | None:
    """Find the newest saved mapping of these columns, else a shipped one; of one kind if it is given."""
    saved = MappingProfile.objects.filter(signature=signature_of(header)).order_by("-pk")
    found = (saved.filter(kind=kind) if kind else saved).first()
    if found is not None:
        options = {**found.options, **({"country": found.country} if found.country else {})}
        mapping = _mapping(header, found.columns)
        return Known(found.name, found.kind, mapping, options, found.month_first, found.source_id)
    if kind not in ("", Import.Kind.ROLL):
        return None
    return next((_shipped(header, one) for one in SHIPPED if _has(header, one.signs)), None)


def unlike_kept(run: Import) -> list[str]:
    """In what a file is read another way than its saved mapping says, in sentences."""
    profile = _applied(run)
    if profile is None:
        return []
    return unlike_words(Layout.from_json(run.layout), profile.reading, name=profile.name)


def _shipped(header: list[str], profile: ShippedProfile) -> Known:
    there = set(keys_of(header))
    columns: dict[str, str] = {}
    for name, field in profile.columns.items():
        if fold(name) in there and field not in columns.values():
            columns[fold(name)] = field
    options = {**profile.options, "country": profile.country}
    return Known(profile.name, Import.Kind.ROLL, _mapping(header, columns), options, profile.month_first)


def _mapping(header: list[str], columns: dict[str, str]) -> Mapping:
    return {index: columns[key] for index, key in enumerate(keys_of(header)) if columns.get(key)}


def _has(header: list[str], names: Iterable[str]) -> bool:
    return {fold(name) for name in names} <= set(folded_header(header))


@transaction.atomic
def save_profile(*, run: Import, name: str, by: User | None) -> MappingProfile:
    """Keep the mapping and options of an import, and how its file is read, under a name.

    The same name again replaces what it held.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise ImportProblem(_("Give the saved mapping a name."))
    header: list[str] = run.layout["header"]
    keys = keys_of(header)
    values = {
        "kind": run.kind,
        "signature": signature_of(header),
        "columns": {key: run.mapping.get(str(index), "") for index, key in enumerate(keys)},
        "options": {key: run.options[key] for key in KEPT_OPTIONS if run.options.get(key)},
        "month_first": bool(run.layout.get("month_first")),
        "reading": reading_of(Layout.from_json(run.layout)),
        "country": str(run.options.get("country") or "")[:2],
        "source": run.source,
    }
    profile, created = MappingProfile.objects.update_or_create(
        name=name, defaults=values, create_defaults={**values, "created_by": by}
    )
    audit.record(action="mapping.save" if created else "mapping.replace", on=profile, by=by)
    run.options = {**run.options, "profile": name}
    Import.objects.filter(pk=run.pk).update(options=run.options)
    return profile


def remember_padding(*, run: Import, by: User | None) -> None:
    """Somebody said of a file that missing cells are empty ones: so they are in the next of its mapping."""
    profile = _applied(run)
    if profile is None or profile.reading.get("may_pad"):
        return
    profile.reading = {**profile.reading, "may_pad": True}
    profile.save(update_fields=["reading"])
    audit.record(action="mapping.change", on=profile, by=by)


def _applied(run: Import) -> MappingProfile | None:
    """The saved mapping that is applied to a file, or was saved of it."""
    return MappingProfile.objects.filter(
        name=run.options.get("profile") or "", signature=signature_of(run.layout["header"])
    ).first()


@transaction.atomic
def change_profile(
    *,
    profile: MappingProfile,
    name: str,
    columns: dict[str, str],
    month_first: bool,
    by: User | None,
    forget_reading: bool = False,
) -> None:
    """Rename a saved mapping, or say something else of its columns; raises ImportProblem.

    `forget_reading`: encoding, separator and sheet are found anew in each file.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name or MappingProfile.objects.filter(name=name).exclude(pk=profile.pk).exists():
        raise ImportProblem(_("Give the saved mapping a name that no other one has."))
    profile.name, profile.month_first = name, month_first
    profile.columns = dict.fromkeys(profile.columns, "") | columns
    if forget_reading:
        profile.reading = {}
    profile.save(update_fields=["name", "month_first", "columns", "reading"])
    audit.record(action="mapping.change", on=profile, by=by)


@transaction.atomic
def delete_profile(*, profile: MappingProfile, by: User | None) -> None:
    """Forget a saved mapping; imports that used it stay as they are."""
    audit.record(action="mapping.delete", on=profile, by=by)
    profile.delete()
