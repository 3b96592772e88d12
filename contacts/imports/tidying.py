"""Working tables and files that no import needs any more: names and addresses do not stay for nothing."""

from __future__ import annotations

import logging
import re
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, Now

from contacts.imports import at_rest, files, uploads
from contacts.imports.staging import Staging
from contacts.imports.standing import AT_WORK
from contacts.models import Import

logger = logging.getLogger(__name__)
KEPT = timedelta(days=7)
"""How long a preview waits for its run; later the run reads the file again."""

ENDED = (Import.State.DONE, Import.State.CANCELLED, Import.State.UNDONE)

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'staging' AND tablename LIKE 'import\\_%%'"


def drop_unneeded_staging() -> list[int]:
    """Drop the tables of imports that are gone, have ended, or wait since `KEPT`; returns their ids."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        found = {
            int(match[1]) for (name,) in cursor.fetchall() if (match := re.match(r"import_(\d+)_", name))
        }
    unneeded = sorted(found - set(_needed().filter(pk__in=found).values_list("pk", flat=True)))
    for import_id in unneeded:
        Staging(import_id).drop()
        logger.info("Working tables of import %s dropped", import_id)
    return unneeded


def drop_unneeded_files() -> int:
    """Remove kept files that no import needs since `KEPT`, and uploads that do not go on; return how many."""
    needed: set[str] = set()
    for path in _waiting_files():
        needed |= {str(path), str(files.sealed_twin(path))}
    oldest, dropped = time.time() - KEPT.total_seconds(), uploads.drop_stale()
    for path in files.folder().iterdir():
        if str(path) in needed or path.stat().st_mtime > oldest:
            continue
        if path.is_dir():  # a place for temporary files whose process was killed
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        dropped += 1
    return dropped


def seal_waiting_files() -> int:
    """Seal what imports that wait keep, once nobody works with it; returns how many files."""
    return sum(at_rest.seal_if_idle(path) for path in _waiting_files(beside=AT_WORK))


def _waiting_files(*, beside: tuple[Import.State, ...] = ()) -> Iterator[Path]:
    """Files of imports that have not ended; of those that wait too long, none: they are sent again."""
    since = Now() - timedelta(days=settings.IMPORT_FILE_DAYS)
    runs = Import.objects.exclude(state__in=(*ENDED, *beside))
    runs = runs.filter(Q(created_at__gt=since) | Q(job__created_at__gt=since) | Q(state__in=AT_WORK))
    for file_path, layout in runs.values_list("file_path", "layout"):
        yield from (Path(name) for name in (file_path, layout.get("table", "")) if name)


def _needed() -> QuerySet[Import]:
    state = Import.State
    at_work = Q(state__in=[state.PREVIEWING, state.RUNNING])
    waits = Q(state__in=[state.UPLOADED, state.PREVIEWED, state.FAILED], touched__gt=Now() - KEPT)
    return Import.objects.annotate(touched=Coalesce("job__created_at", "created_at")).filter(at_work | waits)
