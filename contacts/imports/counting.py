"""The counts of an import that has ended, taken from what is in the base: right after any interruption."""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet

from contacts.imports.linking import Links
from contacts.imports.staging import Staging
from contacts.models import Consent, DuplicatePair, Import
from contacts.services.stop_entries import entries_of


def roll_counts(run: Import, staging: Staging, links: Links) -> dict[str, int]:
    """Counts of a roll, in rows of the file."""
    counts = {name: run.preview[name] for name in ("rows", "rejected", "duplicate", "communes", "stations")}
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_ROLL), {"import": run.pk})
        counts["new"], counts["updated"] = cursor.fetchone()
        cursor.execute(staging.sql(_OF_KNOWN_COMMUNES), {"import": run.pk})
        counts["departed"], counts["moved"] = cursor.fetchone()
    counts["arrived"] = run.preview.get("arrived", 0)
    counts["unchanged"] = (
        counts["rows"] - counts["rejected"] - counts["duplicate"] - counts["new"] - counts["updated"]
    )
    return counts | {"values": _values_changed(run), "linked": links.linked, "to_review": links.to_review}


def people_counts(run: Import, staging: Staging, links: Links) -> dict[str, int]:
    """Counts of a file of people: `new`, `updated` and `unchanged` are people, the others rows."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_PEOPLE), {"import": run.pk, "source": run.source_id})
        people, new, updated = cursor.fetchone()
    rows, rejected = run.preview["rows"], run.preview["rejected"]
    outside, unmatched = run.preview["outside"], run.preview.get("unmatched", 0)
    told = {
        "rows": rows,
        "rejected": rejected,
        "new": new,
        "updated": updated,
        "values": _values_changed(run),
        "unchanged": people - new - updated,
        "duplicate": rows - rejected - outside - people - unmatched,
        "outside": outside,
        "left_out": run.preview["left_out"],
        "misspelt": run.preview.get("misspelt", 0),
        "stopped": run.preview["stopped"],
        "refused": refusals_of(run).values("contact").distinct().count(),
        "without_agreement": run.preview.get("without_agreement", 0),
        "undated": run.preview.get("undated", 0),
        "linked": links.linked,
        "to_review": links.to_review,
        "pairs": DuplicatePair.objects.filter(created_by_import=run, state="pending").count(),
    }
    if run.kind == Import.Kind.ENRICHMENT:
        told |= {"matched": people, "unmatched": unmatched, "conflicts": run.preview["conflicts"]}
        with connection.cursor() as cursor:
            cursor.execute(_POINTS, {"import": run.pk})
            told |= dict(
                zip(("points_emails", "points_phones", "points_addresses"), cursor.fetchone(), strict=True)
            )
            cursor.execute(_FIELDS_GAINED, {"import": run.pk})
            told |= {f"field_{name}": int(number) for name, number in cursor.fetchall()}
    return told


def _values_changed(run: Import) -> int:
    """Values that it gave in the place of others, which an undo returns: several a person, or none."""
    with connection.cursor() as cursor:
        cursor.execute(_VALUES, {"import": run.pk})
        return int(cursor.fetchone()[0])


def refusals_of(run: Import) -> QuerySet[Consent]:
    """What people refused, as this file says it; a doubt is none."""
    return Consent.objects.filter(created_by_import=run, given=False).exclude(proof__has_key="doubted")


def opt_out_counts(run: Import) -> dict[str, int]:
    """Counts of an opt-out file, in rows as its preview saw them; `entries` are those that name it now."""
    names = ("rows", "new", "updated", "unchanged", "duplicate", "rejected", "stopped", "waiting")
    return {name: run.preview[name] for name in names} | {"entries": entries_of(run.pk)}


_VALUES = """
SELECT count(*) FROM contacts_importchange, jsonb_object_keys(before) WHERE import_run_id = %(import)s
"""
_ROLL = """
SELECT (SELECT count(*) FROM contacts_electoralregistration
         WHERE created_by_import_id = %(import)s
           AND commune_id IN (SELECT territory_id FROM {places})),
       (SELECT count(DISTINCT row_id) FROM contacts_importchange
         WHERE import_run_id = %(import)s AND "table" = 'registration' AND after ->> 'left_on' IS NULL)
"""
_OF_KNOWN_COMMUNES = """
SELECT count(*) FILTER (WHERE after ->> 'left_on' IS NOT NULL),
       count(*) FILTER (WHERE after ? 'polling_station_id')
FROM contacts_importchange WHERE import_run_id = %(import)s AND "table" = 'registration'
"""
_POINTS = """
SELECT (SELECT count(*) FROM contacts_emailaddress WHERE created_by_import_id = %(import)s),
       (SELECT count(*) FROM contacts_phonenumber WHERE created_by_import_id = %(import)s),
       (SELECT count(*) FROM contacts_postaladdress WHERE created_by_import_id = %(import)s)
"""
_FIELDS_GAINED = """
SELECT will.key, sum(CASE WHEN will.key <> 'custom' THEN 1 ELSE (
    SELECT count(*) FROM jsonb_each(will.value) AS extra
    WHERE change.before -> 'custom' -> extra.key IS DISTINCT FROM extra.value) END)
FROM contacts_importchange AS change CROSS JOIN LATERAL jsonb_each(change.after) AS will
WHERE change.import_run_id = %(import)s AND change."table" = 'contact' AND will.key <> 'relationship'
GROUP BY will.key
"""
_PEOPLE = """
WITH person AS MATERIALIZED (
    SELECT DISTINCT target.contact_id AS id,
           contact.created_by_import_id IS NOT DISTINCT FROM %(import)s AS is_new
    FROM {targets} AS target JOIN contacts_contact AS contact ON contact.id = target.contact_id
), gained AS (
    SELECT row_id AS id FROM contacts_importchange WHERE import_run_id = %(import)s AND "table" = 'contact'
    UNION SELECT contact_id FROM contacts_emailaddress WHERE created_by_import_id = %(import)s
    UNION SELECT contact_id FROM contacts_phonenumber WHERE created_by_import_id = %(import)s
    UNION SELECT contact_id FROM contacts_postaladdress WHERE created_by_import_id = %(import)s
    UNION SELECT contact_id FROM contacts_consent
           WHERE created_by_import_id = %(import)s AND contact_id IN (SELECT id FROM person)
    UNION SELECT contact_id FROM contacts_contactsource WHERE created_by_import_id = %(import)s
    UNION SELECT contact_id FROM contacts_contactsource
           WHERE source_id = %(source)s AND contact_id IN (SELECT id FROM person)
             AND said @> jsonb_build_array(jsonb_build_object('import', %(import)s))
    UNION SELECT contact_id FROM contacts_contacttag WHERE created_by_import_id = %(import)s
    UNION SELECT contact_id FROM contacts_listmembership WHERE created_by_import_id = %(import)s
    UNION SELECT contact_id FROM contacts_membership WHERE created_by_import_id = %(import)s
    UNION SELECT held.contact_id
           FROM contacts_importchange AS change JOIN contacts_membership AS held ON held.id = change.row_id
           WHERE change.import_run_id = %(import)s AND change."table" = 'membership'
)
SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM person WHERE is_new),
       (SELECT count(*) FROM person WHERE NOT is_new AND id IN (SELECT id FROM gained))
"""
