"""Where each value of a person comes from, and since when.

Nothing is kept twice: the journal says who wrote a field by hand or by a form, ImportChange which file
changed it, Merge which record brought it, and the creation of the record stands for the rest. Contact points
carry their source themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from campaign_crm.platform.models import AuditEntry, User
from contacts.models import Contact, ContactSource, Import, ImportChange, Merge, Source

FIELDS = (
    "civility",
    "last_name",
    "first_name",
    "birth_name",
    "gender",
    "birth_date",
    "language",
    "relationship",
    "commune",
    "custom",
)


@dataclass(frozen=True)
class Origin:
    """The newest thing that wrote a value: a file or form (`source`), a person (`by`), a merge."""

    at: datetime
    source: Source | None = None
    by: User | None = None
    import_run: Import | None = None
    merge: Merge | None = None


def origins_of(contact: Contact) -> dict[str, Origin]:
    """The origin of each filled field of a person, in the order of `FIELDS`; a constant number of queries."""
    creation = _creation(contact)
    newest: dict[str, Origin] = {}
    for name, origin in (*_by_imports(contact), *_by_the_journal(contact), *_by_merges(contact)):
        if name not in newest or newest[name].at <= origin.at:
            newest[name] = origin
    return {name: newest.get(name, creation) for name in FIELDS if getattr(contact, name)}


def _creation(contact: Contact) -> Origin:
    """What made the record: a file, or the first source that named the person."""
    run = contact.created_by_import
    if run is not None:
        return Origin(contact.created_at, source=run.source, import_run=run)
    links = ContactSource.objects.filter(contact=contact, created_by_import=None).select_related("source")
    first = links.order_by("first_seen_at").first()
    entry = _journal(contact, "contact.create").order_by("at").first()
    return Origin(
        contact.created_at, source=first.source if first else None, by=entry.actor if entry else None
    )


def _by_imports(contact: Contact) -> Iterator[tuple[str, Origin]]:
    changes = ImportChange.objects.filter(table="contact", row_id=contact.pk).exclude(
        import_run__state__in=[Import.State.UNDOING, Import.State.UNDONE]
    )
    for change in changes.select_related("import_run__source"):
        run = change.import_run
        origin = Origin(run.finished_at or run.created_at, source=run.source, import_run=run)
        yield from ((_field(name), origin) for name in change.after)


def _by_the_journal(contact: Contact) -> Iterator[tuple[str, Origin]]:
    entries = list(_journal(contact, "contact.update"))
    sources = Source.objects.in_bulk(
        {entry.detail["source"] for entry in entries if "source" in entry.detail}
    )
    for entry in entries:
        origin = Origin(entry.at, source=sources.get(entry.detail.get("source")), by=entry.actor)
        yield from ((_field(name), origin) for name in entry.fields)


def _by_merges(contact: Contact) -> Iterator[tuple[str, Origin]]:
    for merge in Merge.objects.filter(kept=contact, undone_at=None).select_related("merged_by"):
        origin = Origin(merge.merged_at, by=merge.merged_by, merge=merge)
        yield from ((_field(name), origin) for name in merge.snapshot["fields"])


def _journal(contact: Contact, action: str) -> Iterable[AuditEntry]:
    return AuditEntry.objects.filter(
        object_type="contacts.contact", object_id=str(contact.pk), action=action
    ).select_related("actor")


def _field(column: str) -> str:
    return column.removesuffix("_id")
