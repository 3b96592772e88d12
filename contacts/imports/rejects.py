"""Rows that were not taken, kept with their reasons: people get them back as a file to correct."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from contacts.folding import fold
from contacts.imports.layouts import never_imported
from contacts.imports.reasons import reason
from contacts.imports.sketch import folded_header
from contacts.imports.staging import Staging
from contacts.models import Import, ImportReject, Source
from contacts.requests.traces import Traces

REJECT_COLUMNS = (_("line"), _("why it was rejected"))
"""What a file of rejected rows has beside the columns as they came."""

ROWS_READ = 20
"""Fetched together: a row may be as large as a megabyte, and its JSON is held as text and as a list."""
ROWS_AT_A_TIME, CHARACTERS_AT_A_TIME = 2_000, 4_000_000
"""Written together, whichever comes first."""

Reject = tuple[int, str, str]
"""Line, and as JSON its values and the reasons."""

KEPT = timedelta(days=60)
"""How long rejected rows wait to be corrected: they are personal data of people who did not come in."""


@lru_cache(maxsize=1)
def reject_columns() -> frozenset[str]:
    """The folded names of these columns, in any language: such a file comes back without meaning them."""
    names = set()
    for code, _name in settings.LANGUAGES:
        with override(code):
            names |= {fold(str(name)) for name in REJECT_COLUMNS}
    return frozenset(names)


def own_columns(names: list[str]) -> list[str]:
    """The folded names of a header without those that a file of rejected rows has added at its end."""
    added = len(REJECT_COLUMNS)
    return names[:-added] if len(names) > added and reject_columns().issuperset(names[-added:]) else names


def is_of_rejects(header: list[str]) -> bool:
    """True for a file of rejected rows that comes back."""
    return len(own_columns(folded_header(header))) < len(header)


def drop_old_rejects() -> int:
    """Forget rejected rows after `KEPT`, and those of imports that were undone; returns how many."""
    old = ImportReject.objects.filter(import_run__finished_at__lt=timezone.now() - KEPT)
    undone = ImportReject.objects.filter(import_run__state=Import.State.UNDONE)
    return sum(int(found._raw_delete(found.db)) for found in (old.all(), undone.all()))


def taken_in_part(source: Source) -> bool:
    """True when rows of a source were taken without a value, and wait to be corrected."""
    told = [reason("rest_taken")]
    waiting = ImportReject.objects.filter(import_run__source=source, reasons__contains=told)
    return waiting.exclude(import_run__state=Import.State.UNDONE).exists()


def forget_rejects(traces: Traces) -> int:
    """Forget refused rows of people who are erased: sealed, each is opened; returns how many."""
    if not traces:
        return 0
    rows = ImportReject.objects.order_by("pk").iterator(chunk_size=ROWS_READ)
    found = [row.pk for row in rows if traces.are_in(row.values, by_name=True)]
    return int(ImportReject.objects.filter(pk__in=found).delete()[0])


def keep_rejects(run: Import, staging: Staging) -> None:
    """Move the rejected rows out of the staging tables, sealed; doing it again changes nothing.

    What is never imported is not kept of a rejected row either.
    """
    blanked = set(never_imported(run.layout.get("header", []))) if run.kind == Import.Kind.ROLL else set()
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(staging.sql("SELECT line, values::text, reasons::text FROM {rejects}"))
        for rows in _batches(cursor):
            ImportReject.objects.bulk_create(
                [
                    ImportReject(
                        import_run=run,
                        line=line,
                        values=[  # type: ignore[misc] # sealed: a text in the table, a list here
                            "" if place in blanked else cell for place, cell in enumerate(json.loads(values))
                        ],
                        reasons=json.loads(reasons),
                    )
                    for line, values, reasons in rows
                ],
                ignore_conflicts=True,
            )


def _batches(cursor: CursorWrapper) -> Iterator[list[Reject]]:
    """Rows of the cursor, as many at a time as may be written together."""
    batch: list[Reject] = []
    characters = 0
    while rows := cursor.fetchmany(ROWS_READ):
        batch += rows
        characters += sum(len(values) for _line, values, _reasons in rows)
        if len(batch) >= ROWS_AT_A_TIME or characters >= CHARACTERS_AT_A_TIME:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
