"""Taking away what was announced, some thousand at a time; whoever kills it, it goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from campaign_crm.platform.jobs import RunningJob, handler
from contacts.enums import RetentionRuleName
from contacts.households.finding import housemates_of, refresh_households
from contacts.imports.turns import LINKS, PEOPLE, in_turn
from contacts.imports.undoing.values import TABLES_OF_PEOPLE, return_values
from contacts.merging.happened import POINT_TABLES
from contacts.merging.service import show_hidden_rows
from contacts.models import Import, ImportChange, ImportReject, Purge, SourceRow
from contacts.requests.removing import remove_rows, who_waits
from contacts.retention.aggregates import freeze_stations
from contacts.retention.certificates import digest_of, issue
from contacts.retention.due import is_stale
from contacts.retention.going import condition_of, parameters_of, people_going, people_touched
from contacts.retention.rehearsal import PURGE_JOB
from contacts.services.projections import refresh_projections

PEOPLE_AT_A_TIME = 2_000
ELECTORS_AT_A_TIME = 20_000
SAID_BY_A_SOURCE = ("contacts_contactsource", "contacts_sourcerow", "contacts_importconfirmation")


@handler(PURGE_JOB)
def run_purge(job: RunningJob) -> None:
    """Purge, then write the certificate."""
    purge = Purge.objects.select_related("source").get(pk=job.payload["purge"])
    if purge.state != Purge.State.RUNNING:
        return
    if not purge.gone and is_stale(purge):  # changed since it was begun: back to be counted anew
        Purge.objects.filter(pk=purge.pk).update(state=Purge.State.STALE, ended_at=timezone.now())
        return
    if purge.rule == RetentionRuleName.ROLL:
        _purge_electors(purge, job)
    else:
        _purge_people(purge, job)
    _end(purge)


def _purge_electors(purge: Purge, job: RunningJob) -> None:
    if "frozen" not in _gone(purge):
        with transaction.atomic():
            _add(purge, "electors", [], frozen=freeze_stations(purge))
    asked = "SELECT id FROM contacts_electoralregistration WHERE source_id = %(source)s"
    for batch in _batches(purge, asked, {"source": purge.source_id}, size=ELECTORS_AT_A_TIME):
        with in_turn([LINKS, PEOPLE], None), transaction.atomic():
            housemates = _remove_electors(purge, batch)
            job.progress(_gone(purge).get("electors", 0), purge.counted.get("electors"))
            job.got_on()
        refresh_households(housemates)


def _remove_electors(purge: Purge, batch: list[int]) -> list[int]:
    """Remove some electors, and the stubs that nothing else holds; returns who lived with these."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_LINKED, {"ids": batch})  # people before electors, as whoever links them does
        linked = [row[0] for row in cursor.fetchall()]
        going, _waiting = _still_going(purge, linked)
        housemates = _delete_people(purge, going)
        cursor.execute("DELETE FROM contacts_registrationmatch WHERE registration_id = ANY(%s)", [batch])
        cursor.execute(
            "DELETE FROM contacts_importchange WHERE \"table\" = 'registration' AND row_id = ANY(%s)", [batch]
        )
        cursor.execute("DELETE FROM contacts_electoralregistration WHERE id = ANY(%s)", [batch])
        electors = cursor.rowcount
    refresh_projections([person for person in linked if person not in set(going)])
    _add(purge, "electors", batch, electors=electors)
    return housemates


def _purge_people(purge: Purge, job: RunningJob) -> None:
    asked = people_touched(purge) if purge.rule == RetentionRuleName.RENTAL else people_going(purge)
    for batch in _batches(purge, *asked, size=PEOPLE_AT_A_TIME):
        with in_turn([PEOPLE], None), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM contacts_contact WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [batch]
                )
                there = [row[0] for row in cursor.fetchall()]
            # Somebody may have signed up since the list was made: asked again with the people held.
            going, waiting = _still_going(purge, there)
            housemates = _delete_people(purge, going)
            if purge.rule == RetentionRuleName.RENTAL:
                _remove_what_the_file_said(purge, sorted(set(there) - {*going, *waiting}))
            job.progress(_gone(purge).get("people", 0), purge.counted.get("people"))
            job.got_on()
        refresh_households(housemates)  # afterwards: what computes households holds them before their people


def _still_going(purge: Purge, ids: list[int]) -> tuple[list[int], set[int]]:
    """Those who go now, and those who would but have a message in a worker's hands.

    These stay as they are: what the file said of them still finds them for the next purge.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT person.id FROM contacts_contact AS person"
            f" WHERE person.id = ANY(%(ids)s) AND {condition_of(purge)} ORDER BY person.id",
            {**parameters_of(purge), "ids": ids},
        )
        going = [row[0] for row in cursor.fetchall()]
    waiting = who_waits(going)
    return [person for person in going if person not in waiting], waiting


def _delete_people(purge: Purge, ids: list[int]) -> list[int]:
    """Delete people with all that is theirs; their refusals stay, hashed. Returns who lived with them."""
    if not ids:
        return []
    housemates = sorted(set(housemates_of(ids)) - set(ids))
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_OPT_OUTS, {"ids": ids, "detail": f'{{"purge": {purge.pk}}}'})
        opt_outs = cursor.rowcount
        points = 0
        for table in POINT_TABLES:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE contact_id = ANY(%s)", [ids])
            points += cursor.fetchone()[0]
        # Their electors are the roll's: they stay until it goes.
        cursor.execute(
            "UPDATE contacts_electoralregistration SET contact_id = NULL WHERE contact_id = ANY(%s)", [ids]
        )
    remove_rows(ids)
    _add(purge, "people", ids, people=len(ids), points=points, opt_outs=opt_outs)
    return housemates


def _remove_what_the_file_said(purge: Purge, ids: list[int]) -> None:
    """People whom somebody else named too stay, without what the rented file brought."""
    if not ids:
        return
    for import_id in (
        Import.objects.filter(source=purge.source_id).order_by("-pk").values_list("pk", flat=True)
    ):
        for table in TABLES_OF_PEOPLE:
            return_values(import_id, table, ids)
    points = 0
    with connection.cursor() as cursor:
        for table in (*POINT_TABLES, *SAID_BY_A_SOURCE):
            cursor.execute(
                f"DELETE FROM {table} WHERE contact_id = ANY(%s) AND source_id = %s", [ids, purge.source_id]
            )
            points += cursor.rowcount if table in POINT_TABLES else 0
        for table in ("contacts_contacttag", "contacts_listmembership"):
            cursor.execute(_TAKE_OFF.format(table=table), [ids, purge.source_id])
        cursor.execute(
            "DELETE FROM contacts_consent WHERE contact_id = ANY(%s) AND source_id = %s AND given",
            [ids, purge.source_id],
        )
        show_hidden_rows(ids)  # what merges left out as equal to a point that went
        for table in POINT_TABLES:
            cursor.execute(_PROMOTE.format(table=table), [ids])
    refresh_projections(ids)
    _add(purge, "stay", ids, stay=len(ids), points=points)


@transaction.atomic
def _end(purge: Purge) -> None:
    """Forget what imports of the source kept beside (refused rows, earlier values), and write the proof."""
    if purge.source_id is not None:
        of_the_source = Q(import_run__source=purge.source_id)
        ImportReject.objects.filter(of_the_source).delete()
        ImportChange.objects.filter(of_the_source).delete()
        SourceRow.objects.filter(source=purge.source_id).delete()
    Purge.objects.filter(pk=purge.pk).update(state=Purge.State.DONE, ended_at=timezone.now())
    purge.refresh_from_db()
    issue(purge)
    _drop_list(purge)


def _batches(purge: Purge, ids: str, values: dict[str, Any], *, size: int) -> Iterator[list[int]]:
    """Batches of the ids that a query of ours gives: they are listed again at each attempt."""
    _drop_list(purge)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNLOGGED TABLE {_list_of(purge)} (id bigint PRIMARY KEY)")
        cursor.execute(f"INSERT INTO {_list_of(purge)} {ids}", values)
        last = 0
        while True:
            cursor.execute(
                f"SELECT id FROM {_list_of(purge)} WHERE id > %s ORDER BY id LIMIT %s", [last, size]
            )
            batch = [row[0] for row in cursor.fetchall()]
            if not batch:
                return
            yield batch
            last = batch[-1]


def _list_of(purge: Purge) -> str:
    return f"staging.purge_{int(purge.pk)}"


def _drop_list(purge: Purge) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_list_of(purge)}")


def _gone(purge: Purge) -> dict[str, int]:
    found: dict[str, int] = Purge.objects.values_list("gone", flat=True).get(pk=purge.pk)
    return found


def _add(purge: Purge, kind: str, ids: list[int], **more: int) -> None:
    """Count what went, and take its ids into the digest, in the transaction of the batch."""
    held = Purge.objects.select_for_update().get(pk=purge.pk)
    for name, number in more.items():
        held.gone[name] = held.gone.get(name, 0) + number
    if ids:
        held.ids_digest = digest_of(bytes(held.ids_digest), kind, ids)
    held.save(update_fields=["gone", "ids_digest"])


_HOLD_LINKED = """
SELECT id FROM contacts_contact
WHERE id IN (SELECT contact_id FROM contacts_electoralregistration WHERE id = ANY(%(ids)s))
ORDER BY id FOR UPDATE
"""
# A refusal that stands in the ledger alone goes with the person: it becomes a hash first. Not where somebody
# who stays has the same address: theirs is not refused.
_KEEP_OPT_OUTS = """
INSERT INTO contacts_suppression (address_hash, channel, scope, reason, at, detail)
SELECT DISTINCT ON (point.address_hash, said.channel)
       point.address_hash, said.channel, 'political', 'objection', said.at, %(detail)s::jsonb
FROM (
    SELECT DISTINCT ON (contact_id, channel) contact_id, channel, given, at
    FROM contacts_consent WHERE contact_id = ANY(%(ids)s) AND purpose = 'messages'
    ORDER BY contact_id, channel, at DESC, id DESC
) AS said
JOIN (
    SELECT contact_id, address_hash, ARRAY['email'] AS channels FROM contacts_emailaddress
    UNION ALL
    SELECT contact_id, address_hash, ARRAY['sms', 'call'] FROM contacts_phonenumber
) AS point ON point.contact_id = said.contact_id AND said.channel = ANY(point.channels)
WHERE NOT said.given
  AND NOT EXISTS (SELECT FROM contacts_emailaddress AS other
                  WHERE other.address_hash = point.address_hash AND NOT other.contact_id = ANY(%(ids)s))
  AND NOT EXISTS (SELECT FROM contacts_phonenumber AS other
                  WHERE other.address_hash = point.address_hash AND NOT other.contact_id = ANY(%(ids)s))
ORDER BY point.address_hash, said.channel, said.at DESC
    ON CONFLICT (address_hash, channel, scope) WHERE lifted_at IS NULL DO NOTHING
"""
_TAKE_OFF = """
DELETE FROM {table} WHERE contact_id = ANY(%s)
   AND created_by_import_id IN (SELECT id FROM contacts_import WHERE source_id = %s)
"""
_PROMOTE = """
UPDATE {table} AS point SET is_primary = true
FROM (
    SELECT contact_id, min(id) AS id FROM {table} WHERE contact_id = ANY(%s)
    GROUP BY contact_id HAVING NOT bool_or(is_primary)
) AS oldest
WHERE point.id = oldest.id
"""
