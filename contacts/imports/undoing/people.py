"""Undoing a file of people, some thousand at a time: what it changed returns, whom it alone brought go."""

from __future__ import annotations

from django.db import connection, transaction

from campaign_crm.platform.jobs import RunningJob
from contacts.duplicates.finding import find_pairs
from contacts.households.finding import housemates_of, refresh_households
from contacts.imports.fields import MEMBERSHIP_FIELDS
from contacts.imports.progress import Progress
from contacts.imports.turns import PEOPLE, in_turn
from contacts.imports.undoing.counts import add, batches
from contacts.imports.undoing.handing import (
    hand_over_agreements,
    hand_over_fields,
    hand_over_people,
    reopen_memberships,
)
from contacts.imports.undoing.values import CHANGED_TABLES, TABLES_OF_PEOPLE, return_values
from contacts.merging.happened import ADDED_TABLES, CONSENTS, POINT_TABLES, SOURCE_ROWS, happened_to
from contacts.merging.service import show_hidden_rows
from contacts.merging.undone_imports import return_merged_values
from contacts.models import Contact, Import
from contacts.services.projections import refresh_projections
from contacts.services.relationships import refresh_relationships

PEOPLE_AT_A_TIME = 2_000


def undo_people(
    import_run: Import, job: RunningJob | None, told: Progress | None, *, refusals_too: bool
) -> None:
    """Undo what the import did to people. Each batch is a transaction that leaves its people whole.

    What they refused stays in the ledger unless `refusals_too`.
    """
    asked = {"import": import_run.pk, "source": import_run.source_id}
    for batch in batches(import_run.pk, _TOUCHED, asked, size=PEOPLE_AT_A_TIME):
        with in_turn([PEOPLE], told), transaction.atomic():
            left = _undo_batch(import_run, batch, refusals_too)
            if job is not None:
                job.progress(0)  # a worker that lost the job keeps nothing of the batch
                job.got_on()
        refresh_households(left)  # afterwards: what computes households holds them before their people


def _undo_batch(import_run: Import, batch: list[int], refusals_too: bool) -> list[int]:
    """Undo what was done to some people; returns those who stay and whoever lived with those who go."""
    with connection.cursor() as cursor:
        # Whoever adds something to one of them waits, and what they added before is seen below.
        cursor.execute("SELECT id FROM contacts_contact WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [batch])
        there = [row[0] for row in cursor.fetchall()]
    hand_over_fields(import_run.pk, there)
    returned = [pk for name in TABLES_OF_PEOPLE for pk in return_values(import_run.pk, name, there)]
    returned += return_merged_values(import_run.pk, there)
    returned += reopen_memberships(import_run.pk, there)
    _take_back_what_was_said(import_run, there)
    created = set(
        Contact.objects.filter(pk__in=there, created_by_import=import_run).values_list("pk", flat=True)
    )
    handed_over = hand_over_people(import_run.pk, sorted(there))
    own = Contact.objects.filter(pk__in=created, created_by_import=import_run)
    going = set(own.values_list("pk", flat=True))
    going -= happened_to(sorted(going), import_id=import_run.pk)
    housemates = set(housemates_of(going)) - going
    Contact.objects.filter(pk__in=going).delete()
    staying = [contact_id for contact_id in there if contact_id not in going]
    _remove_additions(import_run.pk, staying, created, refusals_too)
    refresh_projections(staying)
    if not MEMBERSHIP_FIELDS.isdisjoint(import_run.mapping.values()):
        refresh_relationships(staying)
    find_pairs(staying)
    back = [pk for pk in returned if pk not in going]  # whoever goes has nothing as it was
    add(
        import_run,
        people=len(going),
        returned=len(back),
        changed=len(set(back)),
        handed_over_people=handed_over,
    )
    return sorted({*staying, *housemates})


def _take_back_what_was_said(import_run: Import, ids: list[int]) -> None:
    """What the file says of agreements goes; a person whom a later file of the source names is that one's."""
    values = {"import": import_run.pk, "source": import_run.source_id, "ids": ids}
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_WHAT_WAS_SAID, values)
        cursor.execute(_HAND_OVER_LINKS, values)


def _remove_additions(import_id: int, ids: list[int], created: set[int], refusals_too: bool) -> None:
    """Remove what the import added to people who stay; the oldest point that is left becomes the main one.

    What merges had left out as equal to it is theirs again. By their rows, people whom the import had created
    are known when the file comes in again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE_CONSENTS, {"import": import_id, "ids": ids, "refusals_too": refusals_too})
        said = sorted(set(cursor.fetchall()))
        for table in ADDED_TABLES:
            of = [pk for pk in ids if pk not in created] if table == SOURCE_ROWS else ids
            if table != CONSENTS:
                cursor.execute(
                    f"DELETE FROM {table} WHERE created_by_import_id = %s AND contact_id = ANY(%s)",
                    [import_id, of],
                )
        hand_over_agreements(said)
        show_hidden_rows(ids)
        for table in POINT_TABLES:
            cursor.execute(_PROMOTE.format(table=table), [ids])


_REMOVE_CONSENTS = f"""
DELETE FROM {CONSENTS}
WHERE created_by_import_id = %(import)s AND contact_id = ANY(%(ids)s)
  AND (given OR proof ? 'doubted' OR %(refusals_too)s)
RETURNING contact_id, channel, given
"""
_SAID_BY_IT = """source_id = %(source)s
    AND said @> jsonb_build_array(jsonb_build_object('import', %(import)s::bigint))"""
_TOUCHED = " UNION ".join(
    [
        "SELECT id FROM contacts_contact WHERE created_by_import_id = %(import)s",
        *(
            f"SELECT contact_id FROM {table} WHERE created_by_import_id = %(import)s"
            for table in ADDED_TABLES
        ),
        *(
            f"SELECT {'kept.id' if name == 'contact' else 'kept.contact_id'}"
            f" FROM contacts_importchange AS change JOIN {CHANGED_TABLES[name]} AS kept"
            " ON kept.id = change.row_id"
            f" WHERE change.import_run_id = %(import)s AND change.\"table\" = '{name}'"
            for name in TABLES_OF_PEOPLE
        ),
        "SELECT held.contact_id"
        " FROM contacts_importchange AS change JOIN contacts_membership AS held ON held.id = change.row_id"
        " WHERE change.import_run_id = %(import)s AND change.\"table\" = 'membership'",
        "SELECT merge.kept_id FROM contacts_importchange AS change JOIN contacts_merge AS merge"
        " ON merge.absorbed_id = change.row_id AND merge.undone_at IS NULL"
        " WHERE change.import_run_id = %(import)s AND change.\"table\" = 'contact'",
        f"SELECT contact_id FROM contacts_contactsource WHERE {_SAID_BY_IT}",
    ]
)
_FORGET_WHAT_WAS_SAID = f"""
UPDATE contacts_contactsource AS link SET said = (
    SELECT jsonb_agg(entry.value ORDER BY entry.place)
    FROM jsonb_array_elements(link.said) WITH ORDINALITY AS entry (value, place)
    WHERE (entry.value ->> 'import')::bigint <> %(import)s)
WHERE contact_id = ANY(%(ids)s) AND {_SAID_BY_IT}
"""
_HAND_OVER_LINKS = """
UPDATE contacts_contactsource SET created_by_import_id = (said -> 0 ->> 'import')::bigint
WHERE contact_id = ANY(%(ids)s) AND source_id = %(source)s AND created_by_import_id = %(import)s
  AND said IS NOT NULL
"""
_PROMOTE = """
UPDATE {table} AS point SET is_primary = true
FROM (
    SELECT contact_id, min(id) AS id FROM {table} WHERE contact_id = ANY(%s)
    GROUP BY contact_id HAVING NOT bool_or(is_primary)
) AS oldest
WHERE point.id = oldest.id
"""
