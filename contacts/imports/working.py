"""A worker at an import: alone, in the language of who asked, and how it ends is kept and told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from campaign_crm.platform.jobs import MAX_ATTEMPTS, JobFailed, JobStopped, RunningJob
from campaign_crm.platform.locks import only_one
from contacts.imports.errors import ImportProblem
from contacts.imports.notices import tell_the_end
from contacts.imports.partway import written_so_far
from contacts.imports.staging import Staging
from contacts.models import Import

WAIT_SECONDS = 2.0  # between two looks whether an earlier worker let go of the import
WAITS = 150


@contextmanager
def at_work(job: RunningJob) -> Iterator[Import]:
    """Hold the import; what goes wrong becomes a state that people see, in the language of who asked."""
    run = Import.objects.select_related("source", "created_by").get(pk=job.payload["import"])
    language = getattr(run.created_by, "language", "") or settings.LANGUAGE_CODE
    with translation.override(language), _alone(job, run.pk):
        run.refresh_from_db()  # another worker may have ended it meanwhile
        try:
            yield run
        except JobStopped:
            raise
        except ImportProblem as problem:
            fail(run, str(problem))
            Staging(run.pk).drop()
            raise JobFailed(str(problem)) from problem
        except Exception:
            if job.attempt >= MAX_ATTEMPTS:
                fail(run, _("Something failed on our side."))
            raise


@contextmanager
def _alone(job: RunningJob, import_id: int) -> Iterator[None]:
    """Wait for an earlier worker that lost the job and has not noticed yet."""
    for _wait in range(WAITS):
        with only_one(f"contacts.import.{import_id}") as held:
            if held:
                yield
                return
        job.progress(0)
        time.sleep(WAIT_SECONDS)
    raise JobStopped(f"Import {import_id} is held by another worker.")


def fail(run: Import, error: str) -> None:
    """End what was under way; an undo can be gone on with. What had ended before stays as it ended."""
    if run.state in (Import.State.PREVIEWING, Import.State.RUNNING):
        end(run, Import.State.FAILED, error=error, finished_at=Now(), counts=written_so_far(run))
    elif run.state == Import.State.UNDOING:
        end(run, Import.State.UNDOING, error=error)


def end(run: Import, state: Import.State, **values: Any) -> None:
    """Write how a step ended; the person who waits is told when it was the last one."""
    run.state = state
    run.error, run.counts = values.get("error", ""), values.get("counts", run.counts)
    Import.objects.filter(pk=run.pk).update(state=state, **values)
    if state != Import.State.PREVIEWED:
        tell_the_end(run)
