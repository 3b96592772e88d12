"""The background work of imports: preview, run and undo, each able to go on after a crash."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import (
    MAX_ATTEMPTS,
    JobFailed,
    JobStopped,
    RunningJob,
    handler,
    on_abandoned,
)
from campaign_crm.platform.locks import only_one
from campaign_crm.platform.models import Job, User
from contacts.enums import SuppressionReason
from contacts.households.finding import enqueue_refresh as enqueue_households
from contacts.imports import chunks, files
from contacts.imports.counting import opt_out_counts, people_counts, roll_counts
from contacts.imports.encodings import detect_whole
from contacts.imports.errors import ImportProblem
from contacts.imports.file_names import named_roll
from contacts.imports.formats.opening import forget_table, make_whole, table_of
from contacts.imports.linking import Links
from contacts.imports.notices import tell_the_end
from contacts.imports.opt_outs import engine as opt_outs
from contacts.imports.opt_outs.rows import NUMBER_CHANNELS
from contacts.imports.partway import written_so_far
from contacts.imports.people import engine as people
from contacts.imports.people.policy import GROUPS, Policy
from contacts.imports.people.write import Terms
from contacts.imports.progress import FINISHING, OPENING, Progress
from contacts.imports.reading import ShortRows, WrongEncoding
from contacts.imports.rejects import keep_rejects
from contacts.imports.rolls import engine as rolls
from contacts.imports.rolls.abroad import Abroad
from contacts.imports.samples import keep_samples
from contacts.imports.sketch import Layout
from contacts.imports.staging import Staging
from contacts.imports.turns import in_turn
from contacts.imports.undo import undo_import
from contacts.models import Import, Source

logger = logging.getLogger(__name__)

PREVIEW_JOB, RUN_JOB, UNDO_JOB = "contacts.import_preview", "contacts.import_run", "contacts.import_undo"
WAIT_SECONDS = 2.0  # between two looks whether an earlier worker let go of the import
WAITS = 150
SEEN_BEFORE = ("new", "updated", "unchanged", "arrived", "conflicts", "stopped", "waiting")
"""Counts of a preview that would differ once a part is written."""


@handler(PREVIEW_JOB)
def preview_import(job: RunningJob) -> None:
    """Read the whole file and count what it would change."""
    with _working(job) as run:
        if run.state == Import.State.PREVIEWING:  # else an earlier worker died right after its last commit
            _preview(run, job)


def _preview(run: Import, job: RunningJob) -> None:
    with files.hashing(Path(run.file_path)) as digest:
        counts = _stage(run, Progress(job))
        keep_samples(
            Staging(run.pk),
            kind=run.kind,
            source_id=source_of(run).pk,
            counts=counts,
        )
        with transaction.atomic():
            job.progress(0)  # a worker that lost the job ends nothing
            preview = {**counts, "previewed_at": timezone.now().isoformat()}
            _end(
                run,
                Import.State.PREVIEWED,
                preview=preview,
                layout=run.layout,
                file_sha256=digest.result(),
            )


@handler(RUN_JOB)
def run_import(job: RunningJob) -> None:
    """Write the file; what an earlier attempt wrote is found again, not written twice."""
    with _working(job) as run:
        staging, told = Staging(run.pk), Progress(job)
        if run.state == Import.State.RUNNING:  # else an earlier worker died right after its last commit
            _run(run, staging, job, told)
        staging.drop()
        files.forget(Path(run.file_path))
        forget_table(Layout.from_json(run.layout))


def _run(run: Import, staging: Staging, job: RunningJob, told: Progress) -> None:
    if not staging.exists(chunks.TABLE):  # a crash of PostgreSQL emptied them, or they were cleaned away
        seen = {name: run.preview[name] for name in SEEN_BEFORE if name in run.preview}
        run.preview = _stage(run, told) | seen
    _begin_writing(run)
    links = _write(run, staging, told)
    with transaction.atomic():
        job.progress(0, note=FINISHING)  # a worker that lost the job ends nothing
        keep_rejects(run, staging)
        counts = _counts(run, staging, links)
        _end(run, Import.State.DONE, counts=counts, options=run.options, finished_at=Now())
        audit.record(action="import.run", on=run, by=run.created_by, detail=counts)
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
    with _working(job) as run:
        by = User.objects.filter(pk=job.created_by_id or 0).first()
        if run.state != Import.State.UNDONE:  # else an earlier worker died right after its last commit
            undo_import(
                import_run=run, by=by, job=job, objections_too=bool(job.payload.get("objections_too"))
            )


def _stage(run: Import, told: Progress) -> dict[str, int]:
    """Fill the staging tables; a file that goes on in another encoding than it began is read again."""
    _open(run, told)
    try:
        return _stage_as(run, Layout.from_json(run.layout), told)
    except ShortRows as short:  # the page offers to take their missing cells as empty
        run.options = {**run.options, "short_rows": short.count}
        Import.objects.filter(pk=run.pk).update(options=run.options)
        raise
    except WrongEncoding:
        layout = Layout.from_json(run.layout)
        found = detect_whole(table_of(Path(run.file_path), layout))
        if layout.is_damaged or (layout.chosen_encoding and found.encoding != layout.encoding):
            raise
        layout = layout.with_encoding(*found)
        run.layout = layout.as_json()
        return _stage_as(run, layout, told)


def _open(run: Import, told: Progress) -> None:
    """Have every row of a file of another form in a table of ours, noted at once: it goes with the file."""
    path, layout = Path(run.file_path), Layout.from_json(run.layout)
    if not path.exists():
        raise ImportProblem(_("The file is no longer there. Send it again."))
    if layout.form:
        told.step(OPENING, run.file_bytes)
        layout = make_whole(path, layout, on_progress=lambda done, total: told.of(done, total))
        run.layout = layout.as_json()
        Import.objects.filter(pk=run.pk).update(layout=run.layout)


def _stage_as(run: Import, layout: Layout, told: Progress) -> dict[str, int]:
    staging, path = Staging(run.pk), table_of(Path(run.file_path), layout)
    mapping = {int(index): key for index, key in run.mapping.items()}
    if run.kind == Import.Kind.ROLL:
        return rolls.stage(
            staging,
            path,
            layout,
            mapping,
            source_id=source_of(run).pk,
            commune_code=run.options.get("commune_code", ""),
            roll_kind=run.options.get("roll_kind", 0),
            told=told,
            abroad=Abroad.of(run.options),
        )
    if run.kind == Import.Kind.SUPPRESSION:
        source_of(run)
        return opt_outs.stage(staging, path, layout, mapping, said=_said(run), told=told)
    return people.stage(staging, path, layout, mapping, terms=_terms(run), told=told)


def _counts(run: Import, staging: Staging, links: Links) -> dict[str, int]:
    if run.kind == Import.Kind.SUPPRESSION:
        return opt_out_counts(run)
    count = roll_counts if run.kind == Import.Kind.ROLL else people_counts
    return count(run, staging, links)


def _write(run: Import, staging: Staging, told: Progress) -> Links:
    if run.kind == Import.Kind.SUPPRESSION:
        opt_outs.write(staging, import_id=run.pk, told=told)
        return Links(linked=0, to_review=0)
    if run.kind != Import.Kind.ROLL:
        return people.write(staging, terms=_terms(run), told=told)
    with in_turn(rolls.turns_of(staging), told):
        return _write_roll(run, staging, told)


def _write_roll(run: Import, staging: Staging, told: Progress) -> Links:
    begun = "communes" in run.options
    run.options |= {"communes": rolls.communes_of(staging), "turns": rolls.turns_of(staging)}
    Import.objects.filter(pk=run.pk).update(options=run.options)  # an undo of a half-done import needs them
    return rolls.write(
        staging,
        import_id=run.pk,
        source_id=source_of(run).pk,
        told=told,
        base_changed=_rolls_changed_since(run),
        begun=begun,
        departed_on=_departed_on(run),
    )


def _departed_on(run: Import) -> date | None:
    """The day on which electors who are not in the file left: that of the list, when it is a whole roll."""
    if not run.options.get("whole_roll"):
        return None
    return named_roll(run.file_name).day or timezone.localdate()


def _rolls_changed_since(run: Import) -> bool:
    """True when another roll was written or undone since this one's preview."""
    since = run.preview.get("previewed_at")
    others = Import.objects.filter(kind=Import.Kind.ROLL).exclude(pk=run.pk)
    recent = others.filter(state__in=[Import.State.RUNNING, Import.State.UNDOING])
    if since is None:
        return True
    return (recent | others.filter(finished_at__gte=since) | others.filter(undone_at__gte=since)).exists()


def source_of(run: Import) -> Source:
    """The source of the file; raises ImportProblem: nothing is imported without one."""
    if run.source is None:
        raise ImportProblem(_("Say where this file comes from first."))
    return run.source


def _terms(run: Import) -> Terms:
    return Terms(
        import_id=run.pk,
        source=source_of(run),
        by_id=run.created_by_id,
        tags=tuple(run.options.get("tags", ())),
        list_id=run.options.get("list"),
        policies=run.options.get("policies", _usual_policies(run)),
        match_only=run.kind == Import.Kind.ENRICHMENT,
        scope_id=run.options.get("scope"),
    )


def _usual_policies(run: Import) -> dict[str, str]:
    """What was bought to fill gaps replaces nothing unless somebody asks for it."""
    return dict.fromkeys(GROUPS, Policy.BLANKS.value) if run.kind == Import.Kind.ENRICHMENT else {}


def _said(run: Import) -> opt_outs.Said:
    reason = run.options.get("reason") or SuppressionReason.IMPORTED
    numbers = run.options.get("numbers") or NUMBER_CHANNELS
    return opt_outs.Said(SuppressionReason(reason), numbers)


@contextmanager
def _working(job: RunningJob) -> Iterator[Import]:
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
            _fail(run, str(problem))
            Staging(run.pk).drop()
            raise JobFailed(str(problem)) from problem
        except Exception:
            if job.attempt >= MAX_ATTEMPTS:
                _fail(run, _("Something failed on our side."))
            raise


@on_abandoned(PREVIEW_JOB, RUN_JOB, UNDO_JOB)
def give_up(job: Job, error: str) -> None:
    """Workers died at it again and again: whoever waits is told, and can undo what was written."""
    run = Import.objects.select_related("created_by").get(pk=job.payload["import"])
    language = getattr(run.created_by, "language", "") or settings.LANGUAGE_CODE
    with translation.override(language):
        _fail(run, error)


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


def _fail(run: Import, error: str) -> None:
    """End what was under way; an undo can be gone on with. What had ended before stays as it ended."""
    if run.state in (Import.State.PREVIEWING, Import.State.RUNNING):
        _end(run, Import.State.FAILED, error=error, finished_at=Now(), counts=written_so_far(run))
    elif run.state == Import.State.UNDOING:
        _end(run, Import.State.UNDOING, error=error)


def _end(run: Import, state: Import.State, **values: Any) -> None:
    """Write how a step ended; the person who waits is told when it was the last one."""
    run.state = state
    run.error, run.counts = values.get("error", ""), values.get("counts", run.counts)
    Import.objects.filter(pk=run.pk).update(state=state, **values)
    if state != Import.State.PREVIEWED:
        tell_the_end(run)
