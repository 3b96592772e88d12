"""How long an import can be undone: the values that it replaced are personal data, and do not stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from contacts.models import Import

CHANGES_AT_A_TIME = 50_000


def undo_is_over(run: Import) -> bool:
    """True once nobody may undo it any more; an undo that has begun goes on."""
    if run.state == Import.State.UNDOING or run.finished_at is None:
        return False
    return run.finished_at < _earliest()


def undo_ends(run: Import) -> datetime | None:
    """Until when it can be undone."""
    return run.finished_at + timedelta(days=settings.IMPORT_UNDO_DAYS) if run.finished_at else None


def forget_undo_values() -> int:
    """Forget what imports replaced that can no longer be undone; returns how many rows were emptied.

    Which fields they wrote stays: the person's page says from which file each value came.
    """
    emptied = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_FORGET, {"earliest": _earliest(), "limit": CHANGES_AT_A_TIME})
            if not cursor.rowcount:
                return emptied
            emptied += cursor.rowcount


def _earliest() -> datetime:
    return timezone.now() - timedelta(days=settings.IMPORT_UNDO_DAYS)


# Extra fields stand in an object of their own: their keys stay, as those of the others do.
_FORGET = """
UPDATE contacts_importchange AS change SET before = '{}'::jsonb, after = (
    SELECT COALESCE(jsonb_object_agg(one.key, CASE WHEN jsonb_typeof(one.value) = 'object' THEN (
        SELECT COALESCE(jsonb_object_agg(extra.key, true), '{}'::jsonb) FROM jsonb_each(one.value) AS extra
    ) ELSE 'null'::jsonb END), '{}'::jsonb) FROM jsonb_each(change.after) AS one)
WHERE change.id IN (
    SELECT old.id FROM contacts_importchange AS old
    JOIN contacts_import AS run ON run.id = old.import_run_id
        AND run.state NOT IN ('undoing', 'running') AND run.finished_at < %(earliest)s
    WHERE old.before <> '{}'::jsonb
    LIMIT %(limit)s)
"""
