"""The background work of imports: preview, run and undo, each able to go on after a crash."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone, translation

from campaign_crm.platform import audit
from campaign_crm.platform.acting import writing_an_import
from campaign_crm.platform.jobs import JobStopped, RunningJob, handler, on_abandoned
from campaign_crm.platform.models import Job, User
from campaign_crm.platform.webhooks.events import WebhookEvent
from campaign_crm.platform.webhooks.outbox import emit
from contacts.households.finding import enqueue_refresh as enqueue_households
from contacts.imports import chunks, files
from contacts.imports.at_rest import make_plain
from contacts.imports.by_kind import counts_of, source_of, stage_file, write_file
from contacts.imports.formats.opening import forget_table
from contacts.imports.notices import tell_the_end
from contacts.imports.progress import FINISHING, Progress
from contacts.imports.rejects import keep_rejects
from contacts.imports.rolls.engine import said_by
from contacts.imports.samples import keep_samples
from contacts.imports.sketch import Layout
from contacts.imports.staging import Staging
from contacts.imports.undo import undo_import
from contacts.imports.working import at_work, end, fail
from contacts.models import Import

PREVIEW_JOB, RUN_JOB, UNDO_JOB = "contacts.import_preview", "contacts.import_run", "contacts.import_undo"
SEEN_BEFORE = (
    *("new", "updated", "unchanged", "arrived", "conflicts", "stopped", "stopped_anew", "refused", "waiting"),
)
"""Counts of a preview that would differ once a part is written."""


@handler(PREVIEW_JOB)
def preview_import(job: RunningJob) -> None:
    """Read the whole file and count what it would change."""
    with at_work(job) as run:
        if run.state == Import.State.PREVIEWING:  # else an earlier worker died right after its last commit
            _preview(run, job)


def _preview(run: Import, job: RunningJob) -> None:
    with files.hashing(make_plain(Path(run.file_path))) as digest:
        counts = stage_file(run, Progress(job))
        keep_samples(
            Staging(run.pk),
            kind=run.kind,
            source_id=source_of(run).pk,
            said=said_by(Layout.from_json(run.layout), run.mapping.values()),
            counts=counts,
        )
        with transaction.atomic():
            job.progress(0)  # a worker that lost the job ends nothing
            preview = {**counts, "previewed_at": timezone.now().isoformat()}
            end(
                run,
                Import.State.PREVIEWED,
                preview=preview,
                layout=run.layout,
                file_sha256=digest.result(),
            )


@handler(RUN_JOB)
def run_import(job: RunningJob) -> None:
    """Write the file; what an earlier attempt wrote is found again, not written twice."""
    with at_work(job) as run:
        staging, told = Staging(run.pk), Progress(job)
        if run.state == Import.State.RUNNING:  # else an earlier worker died right after its last commit
            _run(run, staging, job, told)
        staging.drop()
        files.forget(Path(run.file_path))
        forget_table(Layout.from_json(run.layout))


def _run(run: Import, staging: Staging, job: RunningJob, told: Progress) -> None:
    if not staging.exists(chunks.TABLE):  # a crash of PostgreSQL emptied them, or they were cleaned away
        seen = {name: run.preview[name] for name in SEEN_BEFORE if name in run.preview}
        run.preview = stage_file(run, told) | seen
    _begin_writing(run)
    with writing_an_import(run.pk):
        links = write_file(run, staging, told)
    with transaction.atomic():
        job.progress(0, note=FINISHING)  # a worker that lost the job ends nothing
        keep_rejects(run, staging)
        counts = counts_of(run, staging, links)
        end(run, Import.State.DONE, counts=counts, options=run.options, finished_at=Now())
        audit.record(action="import.run", on=run, by=run.created_by, detail=counts)
        emit(WebhookEvent.IMPORT_FINISHED, {"import": run.pk, "kind": run.kind})
        if run.kind not in (Import.Kind.ROLL, Import.Kind.SUPPRESSION):
            enqueue_households(import_id=run.pk, by=run.created_by)


def _begin_writing(run: Import) -> None:
    """Note it before the first row is written; raises JobStopped when somebody stopped the import before."""
    running = Import.objects.filter(pk=run.pk, state=Import.State.RUNNING)
    if not running.update(writing_began_at=Coalesce("writing_began_at", Now())):
        raise JobStopped(f"Import {run.pk} was stopped before it wrote anything.")
    run.refresh_from_db(fields=["writing_began_at"])


@handler(UNDO_JOB)
def run_undo(job: RunningJob) -> None:
    """Take an import back."""
    with at_work(job) as run:
        by: User | None = User.objects.filter(pk=job.created_by_id or 0).first()
        if run.state != Import.State.UNDONE:  # else an earlier worker died right after its last commit
            with writing_an_import(run.pk):
                undo_import(
                    import_run=run, by=by, job=job, objections_too=bool(job.payload.get("objections_too"))
                )
            tell_the_end(run, to=by)


@on_abandoned(PREVIEW_JOB, RUN_JOB, UNDO_JOB)
def give_up(job: Job, error: str) -> None:
    """Workers died at it again and again: whoever waits is told, and can undo what was written."""
    run = Import.objects.select_related("created_by").get(pk=job.payload["import"])
    language = getattr(run.created_by, "language", "") or settings.LANGUAGE_CODE
    with translation.override(language):
        fail(run, error)
