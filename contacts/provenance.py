"""Where each value of a person comes from, and since when.

Nothing is kept twice: the journal says who wrote a field by hand or by a form, ImportChange which file
changed it, and the creation of the record stands for the rest. Where a merge brought a value, the same is
asked of the record that it absorbed, whose journal and changes stay under its old number and which the
snapshot of the merge holds as it was. Contact points carry their source themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from campaign_crm.platform.models import AuditEntry, User
from contacts.merging.fields import EXTRA
from contacts.models import Contact, ContactSource, Import, ImportChange, Merge, Source

FIELDS = (
    "civility",
    "last_name",
    "first_name",
    "birth_name",
    "gender",
    "birth_date",
    "birth_year",
    "language",
    "relationship",
    "commune",
)


@dataclass(frozen=True)
class Origin:
    """The newest thing that wrote a value: a file or form (`source`), or a person (`by`).

    `merge` is the one that brought the value to this person, when another record had it.
    """

    at: datetime
    source: Source | None = None
    by: User | None = None
    import_run: Import | None = None
    merge: Merge | None = None


@dataclass(frozen=True)
class _Write:
    """Something that wrote fields of one record; extra fields by EXTRA and their key, or all (None)."""

    origin: Origin
    fields: frozenset[str]
    extra: frozenset[str] | None = frozenset()
    absorbed: int | None = None  # a merge: the record whose values it took

    def wrote(self, name: str) -> bool:
        if not name.startswith(EXTRA):
            return name in self.fields
        return self.extra is None or name.removeprefix(EXTRA) in self.extra


def origins_of(contact: Contact) -> dict[str, Origin]:
    """The origin of each filled field of a person, in the order of `FIELDS`, then of each extra field.

    Extra fields are named EXTRA and their key. A constant number of queries.
    """
    merges = list(
        Merge.objects.filter(kept=contact, undone_at=None).select_related("merged_by").order_by("pk")
    )
    records = [contact.pk, *(merge.absorbed_id for merge in merges)]
    writes: defaultdict[int, list[_Write]] = defaultdict(list)
    for record, write in (*_by_imports(records), *_by_the_journal(records), *_by_merges(merges)):
        writes[record].append(write)
    creations = _creations(contact, merges)

    def origin(record: int, name: str) -> Origin:
        found = [write for write in writes[record] if write.wrote(name)]
        if not found:
            return creations[record]
        newest = max(reversed(found), key=lambda write: write.origin.at)
        if newest.absorbed is None:
            return newest.origin
        return replace(origin(newest.absorbed, name), merge=newest.origin.merge)

    names = [name for name in FIELDS if getattr(contact, name)]
    return {name: origin(contact.pk, name) for name in [*names, *(EXTRA + key for key in contact.custom)]}


def _by_imports(records: list[int]) -> Iterator[tuple[int, _Write]]:
    changes = ImportChange.objects.filter(table="contact", row_id__in=records).exclude(
        import_run__state=Import.State.UNDONE
    )
    for change in changes.select_related("import_run__source"):
        run = change.import_run
        origin = Origin(run.finished_at or run.created_at, source=run.source, import_run=run)
        extra = _changed_keys(change.before.get("custom"), change.after.get("custom"))
        yield change.row_id, _Write(origin, _fields(change.after), extra)


def _by_the_journal(records: list[int]) -> Iterator[tuple[int, _Write]]:
    """An entry from before the journal named the keys of extra fields stands for all of them."""
    entries = list(_journal(records, "contact.update"))
    sources = _sources(entries)
    for entry in entries:
        origin = Origin(entry.at, source=sources.get(entry.detail.get("source")), by=entry.actor)
        keys = entry.detail.get("extra")
        if "custom" not in entry.fields:
            keys = ()
        extra = None if keys is None else frozenset(keys)
        yield int(entry.object_id), _Write(origin, _fields(entry.fields), extra)


def _by_merges(merges: Iterable[Merge]) -> Iterator[tuple[int, _Write]]:
    for merge in merges:
        changes = merge.snapshot["fields"]
        origin = Origin(merge.merged_at, by=merge.merged_by, merge=merge)
        extra = _changed_keys(*changes.get("custom", (None, None)))
        yield merge.snapshot["kept"], _Write(origin, _fields(changes), extra, merge.absorbed_id)


def _changed_keys(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> frozenset[str]:
    before = before or {}
    return frozenset(key for key, value in (after or {}).items() if before.get(key) != value)


def _creations(contact: Contact, merges: Iterable[Merge]) -> dict[int, Origin]:
    """What made each record: a file, else what the journal says, else the first source that named it."""
    made = {
        merge.absorbed_id: (
            parse_datetime(merge.snapshot["contact"]["created_at"]) or merge.merged_at,
            merge.snapshot["contact"]["created_by_import_id"],
        )
        for merge in merges
    } | {contact.pk: (contact.created_at, contact.created_by_import_id)}
    runs = Import.objects.select_related("source").in_bulk({run for _at, run in made.values() if run})
    entries = {int(entry.object_id): entry for entry in _journal(list(made), "contact.create")}
    sources = _sources(entries.values())
    origins = {}
    for record, (at, run_id) in made.items():
        run, entry = runs.get(run_id), entries.get(record)
        if run is not None:
            origins[record] = Origin(at, source=run.source, import_run=run)
        elif entry is not None:
            origins[record] = Origin(at, source=sources.get(entry.detail.get("source")), by=entry.actor)
        else:
            origins[record] = Origin(at)
    if origins[contact.pk].source is None:
        origins[contact.pk] = replace(origins[contact.pk], source=_first_source(contact))
    return origins


def _first_source(contact: Contact) -> Source | None:
    links = ContactSource.objects.filter(contact=contact, created_by_import=None).select_related("source")
    first = links.order_by("first_seen_at").first()
    return first.source if first else None


def _journal(records: Iterable[int], action: str) -> Iterable[AuditEntry]:
    ids = [str(record) for record in records]
    return AuditEntry.objects.filter(
        object_type="contacts.contact", object_id__in=ids, action=action
    ).select_related("actor")


def _sources(entries: Iterable[AuditEntry]) -> dict[int, Source]:
    return Source.objects.in_bulk({entry.detail["source"] for entry in entries if "source" in entry.detail})


def _fields(columns: Iterable[str]) -> frozenset[str]:
    return frozenset(column.removesuffix("_id") for column in columns)
