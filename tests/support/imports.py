"""Importing in tests: rows to a file, a file through preview and run, and a fingerprint of the whole base."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.db import connection

from campaign_crm.platform.jobs import run_job
from contacts.imports.choices import set_mapping
from contacts.imports.service import enqueue_preview, enqueue_run, start_import
from contacts.models import Import, Source

# What an import may write. Import, Job and audit rows differ between two runs of the same file.
TABLES = (
    "contacts_contact",
    "contacts_emailaddress",
    "contacts_phonenumber",
    "contacts_postaladdress",
    "contacts_contactsource",
    "contacts_sourcerow",
    "contacts_importconfirmation",
    "contacts_contacttag",
    "contacts_tag",
    "contacts_listmembership",
    "contacts_membership",
    "contacts_consent",
    "contacts_suppression",
    "contacts_reach",
    "contacts_electoralregistration",
    "contacts_registrationmatch",
    "contacts_importchange",
    "contacts_importreject",
    "contacts_territory",
    "contacts_territoryancestor",
    "contacts_source",
)


def write_rows(
    path: Path, rows: Iterable[Sequence[str]], *, delimiter: str = ";", encoding: str = "utf-8"
) -> Path:
    """Write a CSV file and return its path."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return path


def preview(path: Path, *, kind: str, source: Source, mapping: dict[int, str] | None = None) -> Import:
    """Take a file in and preview it in this process."""
    run = start_import(file=path, file_name=path.name, kind=kind, source=source, by=None)
    if mapping is not None:
        set_mapping(run=run, mapping=mapping, by=None)
    job = run_job(enqueue_preview(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state in (Import.State.PREVIEWED, Import.State.FAILED), job.error
    return run


def import_file(path: Path, *, kind: str, source: Source, mapping: dict[int, str] | None = None) -> Import:
    """Take a file in, preview and write it in this process."""
    run = preview(path, kind=kind, source=source, mapping=mapping)
    if run.state == Import.State.FAILED:
        return run
    job = run_job(enqueue_run(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state in (Import.State.DONE, Import.State.FAILED), job.error
    return run


def fingerprint(*without: str) -> dict[str, tuple[int, str]]:
    """Rows and digest of every table that an import may write, ids and all."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            if table not in without:
                cursor.execute(f"SELECT coalesce(json_agg(t ORDER BY t::text)::text, '') FROM {table} AS t")
                text: str = cursor.fetchone()[0]
                cursor.execute(f"SELECT count(*) FROM {table}")
                found[table] = (cursor.fetchone()[0], hashlib.sha256(text.encode()).hexdigest())
    return found


def counted(run: Import, *names: str) -> dict[str, Any]:
    """Some of the counts of an import."""
    return {name: run.counts[name] for name in names}
