"""Rows that were not taken, kept with their reasons: people get them back as a file to correct."""

from __future__ import annotations

from django.db import connection

from contacts.imports.staging import Staging
from contacts.models import Import


def keep_rejects(run: Import, staging: Staging) -> None:
    """Move the rejected rows out of the staging tables; doing it again changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_KEEP), {"import": run.pk})


_KEEP = """
INSERT INTO contacts_importreject (import_run_id, line, values, reasons)
SELECT %(import)s, line, values, ARRAY(SELECT jsonb_array_elements_text(reasons))
FROM {rejects}
ON CONFLICT DO NOTHING
"""
