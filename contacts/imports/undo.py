"""Undoing an import: what it alone created goes, what it changed returns.

A person it created stays when something else happened to them since (a note, another source, a message, a
sign-up): they are counted and listed. A field it changed returns to its earlier value unless it was changed
again. Each step is a transaction of its own and can be repeated, so that an interrupted undo goes on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.database import analyze
from campaign_crm.platform.jobs import RunningJob
from campaign_crm.platform.models import User
from contacts.duplicates.finding import find_pairs
from contacts.imports.errors import WrongState
from contacts.models import Contact, DuplicatePair, ElectoralRegistration, Import
from contacts.registry import registry
from contacts.services.projections import refresh_projections, refresh_projections_from
from contacts.services.stop_entries import take_back

PEOPLE_AT_A_TIME = 5_000
UNDOABLE = (Import.State.DONE, Import.State.FAILED, Import.State.CANCELLED)

# What ImportChange calls its tables; a row's earlier values return by these names only.
CHANGED_TABLES = {
    "contact": "contacts_contact",
    "registration": "contacts_electoralregistration",
    "email": "contacts_emailaddress",
    "phone": "contacts_phonenumber",
    "postal": "contacts_postaladdress",
}
POINT_TABLES = ("contacts_emailaddress", "contacts_phonenumber", "contacts_postaladdress")
ADDED_TABLES = (
    "contacts_consent",
    "contacts_contacttag",
    "contacts_listmembership",
    "contacts_contactsource",
    "contacts_sourcerow",
    *POINT_TABLES,
)
# A person stays when one of ADDED_TABLES has a row that did not come with the import, or one of these any.
HOLDING_ALWAYS = ("contacts_note", "contacts_subscription")


@dataclass(frozen=True)
class Undone:
    """What went, what returned, and the people who stayed because something else happened to them.

    `entries` of the do-not-contact list went: those that this file alone gave.
    """

    people: int
    electors: int
    returned: int
    kept: int
    entries: int = 0


def undo_import(
    *, import_run: Import, by: User | None, job: RunningJob | None = None, objections_too: bool = False
) -> Undone:
    """Undo an ended import; raises WrongState for any other.

    What a file of people says of objections stays on the do-not-contact list, as people said it elsewhere,
    unless `objections_too`: somebody looked, and the file was mistaken. An opt-out file is nothing else.
    """
    if import_run.state not in UNDOABLE:
        raise WrongState(_("Only an import that has ended can be undone."))
    returned = _return_changes(import_run)
    electors = _remove_electors(import_run)
    people, kept = _remove_people(import_run, job)
    touched = _remove_additions(import_run)
    _remove_pairs(import_run)
    for start in range(0, len(touched), PEOPLE_AT_A_TIME):
        with transaction.atomic():
            refresh_projections(touched[start : start + PEOPLE_AT_A_TIME])
            find_pairs(touched[start : start + PEOPLE_AT_A_TIME])
    is_opt_out = import_run.kind == Import.Kind.SUPPRESSION
    entries = take_back(import_run.pk) if objections_too or is_opt_out else 0
    undone = Undone(people=people, electors=electors, returned=returned, kept=kept, entries=entries)
    with transaction.atomic():
        Import.objects.filter(pk=import_run.pk).update(
            state=Import.State.UNDONE, undone_at=Now(), counts={**import_run.counts, "undone": asdict(undone)}
        )
        audit.record(action="import.undo", on=import_run, by=by, detail=asdict(undone))
    analyze("contacts_contact", "contacts_electoralregistration")
    return undone


def people_kept(import_run: Import) -> list[Contact]:
    """People whom an undone import had created and who stayed, the first hundred."""
    return list(Contact.objects.visible().filter(created_by_import=import_run).order_by("pk")[:100])


@transaction.atomic
def _return_changes(import_run: Import) -> int:
    """Give fields their earlier values, where the import's value still stands. Counts fields."""
    returned = 0
    with connection.cursor() as cursor:
        for name, table in CHANGED_TABLES.items():
            cursor.execute(
                "SELECT DISTINCT jsonb_object_keys(before) FROM contacts_importchange"
                ' WHERE import_run_id = %s AND "table" = %s',
                [import_run.pk, name],
            )
            for (column,) in cursor.fetchall():
                cursor.execute(
                    _return_sql(table, column), {"import": import_run.pk, "name": name, "key": column}
                )
                returned += cursor.rowcount
    refresh_projections_from(_CHANGED_PEOPLE, {"import": import_run.pk})
    return returned


def _return_sql(table: str, column: str) -> str:
    """An UPDATE of one column; the column is one of the table, or psycopg2 would not find it."""
    quoted = connection.ops.quote_name(column)
    return f"""
        UPDATE {table} AS kept SET {quoted} = earlier.value
        FROM (
            SELECT row_id, after -> %(key)s AS written,
                   (jsonb_populate_record(NULL::{table}, before)).{quoted} AS value
            FROM contacts_importchange
            WHERE import_run_id = %(import)s AND "table" = %(name)s AND before ? %(key)s
        ) AS earlier
        WHERE kept.id = earlier.row_id AND to_jsonb(kept.{quoted}) IS NOT DISTINCT FROM earlier.written
    """


@transaction.atomic
def _remove_electors(import_run: Import) -> int:
    """Remove the registrations that the import created; people linked to them lose the link."""
    created = ElectoralRegistration.objects.filter(created_by_import=import_run)
    communes = import_run.options.get("communes")
    if communes:  # their index finds the rows
        created = created.filter(commune_id__in=communes)
    linked = list(created.filter(contact__isnull=False).values_list("contact_id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM contacts_registrationmatch WHERE registration_id IN"
            " (SELECT id FROM contacts_electoralregistration WHERE created_by_import_id = %s"
            "  AND (%s::bigint[] IS NULL OR commune_id = ANY(%s)))",
            [import_run.pk, communes, communes],
        )
    removed: int = created._raw_delete(created.db)
    refresh_projections(linked)
    return removed


def _remove_people(import_run: Import, job: RunningJob | None) -> tuple[int, int]:
    """Remove the people that nothing else holds; returns (removed, kept)."""
    ids = list(Contact.objects.filter(created_by_import=import_run).values_list("pk", flat=True))
    removed = 0
    for start in range(0, len(ids), PEOPLE_AT_A_TIME):
        batch = ids[start : start + PEOPLE_AT_A_TIME]
        with transaction.atomic():
            free = set(batch) - _held(import_run.pk, batch)
            Contact.objects.filter(pk__in=free).delete()
            removed += len(free)
            if job is not None:
                job.progress(start + len(batch), len(ids))
    return removed, len(ids) - removed


def _held(import_id: int, ids: list[int]) -> set[int]:
    """Those of the people to whom something else happened."""
    held: set[int] = set()
    with connection.cursor() as cursor:
        for table in ADDED_TABLES:
            cursor.execute(
                f"SELECT DISTINCT contact_id FROM {table} WHERE contact_id = ANY(%s)"
                " AND created_by_import_id IS DISTINCT FROM %s",
                [ids, import_id],
            )
            held.update(row[0] for row in cursor.fetchall())
        for table in HOLDING_ALWAYS:
            cursor.execute(f"SELECT DISTINCT contact_id FROM {table} WHERE contact_id = ANY(%s)", [ids])
            held.update(row[0] for row in cursor.fetchall())
        cursor.execute(_WORKED_ON, [[str(contact_id) for contact_id in ids]])
        held.update(row[0] for row in cursor.fetchall())
    for holds in registry.holds.values():
        held |= holds(ids)
    return held


@transaction.atomic
def _remove_additions(import_run: Import) -> list[int]:
    """Remove what the import added to people who stay; returns their ids."""
    touched: set[int] = set()
    with connection.cursor() as cursor:
        for table in ADDED_TABLES:
            cursor.execute(
                f"DELETE FROM {table} WHERE created_by_import_id = %s RETURNING contact_id", [import_run.pk]
            )
            touched.update(row[0] for row in cursor.fetchall())
        for table in POINT_TABLES:
            cursor.execute(_PROMOTE.format(table=table), [list(touched)])
    return sorted(touched)


def _remove_pairs(import_run: Import) -> None:
    """Remove the pairs to review that the import brought; those that still look alike are found again."""
    DuplicatePair.objects.filter(created_by_import=import_run, state=DuplicatePair.State.PENDING).delete()


# Whoever has a row that the import changed: an elector's too, whose address is read from the roll.
_CHANGED_PEOPLE = " UNION ".join(
    f"SELECT {'kept.id' if name == 'contact' else 'kept.contact_id'} FROM contacts_importchange AS change"
    f" JOIN {table} AS kept ON kept.id = change.row_id"
    f" WHERE change.import_run_id = %(import)s AND change.\"table\" = '{name}'"
    for name, table in CHANGED_TABLES.items()
)
# Somebody of the team did something with the person: an import's own acts stand on the import.
_WORKED_ON = """
SELECT DISTINCT object_id::bigint FROM platform_auditentry
WHERE object_type = 'contacts.contact' AND object_id = ANY(%s)
"""
# The main address went: the oldest that is left takes its place.
_PROMOTE = """
UPDATE {table} AS point SET is_primary = true
FROM (
    SELECT contact_id, min(id) AS id FROM {table} WHERE contact_id = ANY(%s)
    GROUP BY contact_id HAVING NOT bool_or(is_primary)
) AS oldest
WHERE point.id = oldest.id
"""
