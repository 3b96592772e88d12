"""Undoing a roll: its electors go, but for those whom another roll has too or somebody linked by hand.

What it changed returns, unless a later roll says the same.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from campaign_crm.platform.jobs import RunningJob
from contacts.imports.progress import Progress
from contacts.imports.turns import LINKS, PEOPLE, in_turn
from contacts.imports.undoing.counts import add, batches
from contacts.imports.undoing.rolls import LaterRoll, hand_over_values, later_rolls
from contacts.imports.undoing.values import return_values
from contacts.models import ElectoralRegistration, Import
from contacts.services.projections import refresh_projections

ELECTORS_AT_A_TIME = 20_000


def undo_electors(import_run: Import, job: RunningJob | None, told: Progress | None) -> None:
    """Give back what the roll changed and remove whom it alone brought. The caller holds the roll's turns."""
    asked = {"import": import_run.pk, "communes": import_run.options.get("communes")}
    later = later_rolls(import_run.pk)
    for batch in batches(import_run.pk, _ELECTORS, asked, size=ELECTORS_AT_A_TIME):
        with in_turn([LINKS, PEOPLE], told), transaction.atomic():
            _undo_batch(import_run, batch, later)
            if job is not None:
                job.progress(0)  # a worker that lost the job keeps nothing of the batch
                job.got_on()


def electors_created(import_run: Import) -> QuerySet[ElectoralRegistration]:
    """Electors who are this import's, found by its communes."""
    created = ElectoralRegistration.objects.filter(created_by_import=import_run)
    communes = import_run.options.get("communes")
    return created.filter(commune_id__in=communes) if communes else created


def _undo_batch(import_run: Import, batch: list[int], later: list[LaterRoll]) -> None:
    values: dict[str, Any] = {"import": import_run.pk, "ids": batch}
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_LINKED, values)  # people before electors, as whoever links them does
        linked = [row[0] for row in cursor.fetchall()]
        hand_over_values(import_run.pk, batch, later)
        returned = return_values(import_run.pk, "registration", batch)
        cursor.execute(_HAND_OVER, values)
        handed_over = cursor.rowcount
        cursor.execute(_FORGET_MATCHES, values)
        cursor.execute(_REMOVE, values)
        electors = cursor.rowcount
    refresh_projections(linked)
    add(
        import_run,
        electors=electors,
        returned=len(returned),
        changed=len(set(returned)),
        handed_over=handed_over,
    )


_ELECTORS = """
SELECT id FROM contacts_electoralregistration
WHERE created_by_import_id = %(import)s
  AND (%(communes)s::bigint[] IS NULL OR commune_id = ANY(%(communes)s))
UNION
SELECT row_id FROM contacts_importchange WHERE import_run_id = %(import)s AND "table" = 'registration'
"""
_HOLD_LINKED = """
SELECT id FROM contacts_contact
WHERE id IN (SELECT contact_id FROM contacts_electoralregistration WHERE id = ANY(%(ids)s))
ORDER BY id FOR NO KEY UPDATE
"""
# Another roll has an elector when it covers their station and list, was compared after they came, and does
# not miss them; who has left was still on those before that. Of several the first one.
_HAND_OVER = """
UPDATE contacts_electoralregistration AS elector SET created_by_import_id = heir.import_run_id
FROM (
    SELECT DISTINCT ON (own.id) own.id, other.import_run_id
    FROM contacts_electoralregistration AS own
    JOIN contacts_rollcoverage AS other
        ON other.commune_id = own.commune_id AND other.roll_kind = own.roll_kind
       AND other.polling_station_id IS NOT DISTINCT FROM own.polling_station_id
       AND other.import_run_id <> %(import)s
    JOIN contacts_import AS run
        ON run.id = other.import_run_id AND run.state IN ('running', 'done', 'failed', 'cancelled')
    WHERE own.id = ANY(%(ids)s) AND own.created_by_import_id = %(import)s
      AND other.went_on_at > (SELECT min(began_at) FROM contacts_rollcoverage
                              WHERE import_run_id = %(import)s)
      AND NOT own.id = ANY(other.absent)
      AND (own.left_on IS NULL OR EXISTS (
          SELECT FROM contacts_rollcoverage AS missing
          WHERE missing.commune_id = own.commune_id AND missing.roll_kind = own.roll_kind
            AND own.id = ANY(missing.absent) AND missing.began_at > other.began_at))
    ORDER BY own.id, other.began_at, other.id
) AS heir
WHERE elector.id = heir.id
"""
_LINKED_BY_HAND = """
SELECT registration_id FROM contacts_registrationmatch
WHERE registration_id = ANY(%(ids)s) AND state = 'linked' AND NOT automatic
"""
_GOING = f"""
SELECT id FROM contacts_electoralregistration
WHERE id = ANY(%(ids)s) AND created_by_import_id = %(import)s AND id NOT IN ({_LINKED_BY_HAND})
"""
_FORGET_MATCHES = f"DELETE FROM contacts_registrationmatch WHERE registration_id IN ({_GOING})"
_REMOVE = f"DELETE FROM contacts_electoralregistration WHERE id IN ({_GOING})"
