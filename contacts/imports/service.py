"""The door of imports for screens, commands and the API: taking a file in, having it previewed, written,
stopped, taken back or forgotten. What is said of it in between is in `choices`.

Every function raises ImportProblem with a message for people.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import enqueue
from campaign_crm.platform.models import Job, User
from contacts.imports import files
from contacts.imports.checks import check_kind, check_mapping, check_options, check_source
from contacts.imports.choices import note_reading, set_source, usual_source
from contacts.imports.errors import WrongState
from contacts.imports.file_names import named_roll, named_state
from contacts.imports.formats.opening import forget_table, open_file
from contacts.imports.guessing import guess
from contacts.imports.jobs import PREVIEW_JOB, RUN_JOB, UNDO_JOB
from contacts.imports.layouts import Format
from contacts.imports.partway import written_so_far
from contacts.imports.profiles import kept_readings, known_mapping
from contacts.imports.remembered import Kept, open_as_before
from contacts.imports.rolls.lookups import roll_kind_of
from contacts.imports.sketch import Layout
from contacts.imports.standing import AT_WORK, State, check_changeable, is_changeable, lock_import
from contacts.imports.undo import UNDOABLE, objections_of
from contacts.imports.undo_time import undo_is_over
from contacts.models import Import, RecurringFile, RecurringImport, Source


def start_import(
    *,
    file: Path | IO[bytes] | Any,
    file_name: str,
    by: User | None,
    kind: str = "",
    source: Source | None = None,
    sheet: str = "",
    encoding: str = "",
    delimiter: str = "",
    kept: Kept | None = None,
) -> Import:
    """Take a file in and look at it; nothing stays of a file that cannot be read.

    `file` is a path (a folder too), which stays where it is, or an open binary file or upload, which is
    copied. `kind` and `source` may follow by `set_kind` and `set_source`. `sheet` names one of a workbook;
    `encoding` and `delimiter` are chosen ones; where nothing is, a file is read as the one before it with the
    same columns, of which `kept` tells (else the saved mappings).
    """
    is_path = isinstance(file, Path)
    path = file.resolve() if isinstance(file, Path) else files.keep(file)
    table = None
    try:
        if sheet or encoding or delimiter:
            sketch = open_file(path, sheet=sheet, encoding=encoding, delimiter=delimiter)
        else:
            sketch = open_as_before(path, kept_readings(kind=kind) if kept is None else kept)
        table = sketch.layout
        known = known_mapping(sketch.layout.header, kind=kind)
        kind = kind or (known.kind if known else "")
        guessed = guess(sketch, kind=kind)
        kind = kind or (Import.Kind.ROLL if guessed.format == Format.ROLL else Import.Kind.ADDRESS_BOOK)
        check_kind(kind, guessed)
        run = Import(
            kind=kind,
            file_name=file_name[:255],
            file_path=str(path),
            file_bytes=files.size_of(path),
            created_by=by,
            options=_options_of_name(file_name),
        )
        note_reading(run, sketch, guessed)
        with transaction.atomic():
            run.save()
            audit.record(action="import.upload", on=run, by=by, detail={"bytes": run.file_bytes})
            source = source or usual_source(known)
            if source is not None:
                set_source(run=run, source=source, by=by)
    except Exception:
        if not is_path:
            files.forget(path)
        if table is not None:
            forget_table(table)
        raise
    return run


@transaction.atomic
def enqueue_preview(*, run: Import, by: User | None) -> Job:
    """Have the whole file read and counted; nothing is written."""
    lock_import(run)
    check_changeable(run)
    _ready(run)
    return _enqueue(run, PREVIEW_JOB, State.PREVIEWING, by)


@transaction.atomic
def enqueue_run(*, run: Import, by: User | None, whole_roll: bool = False) -> Job:
    """Have the previewed file written.

    `whole_roll`: the file is the whole roll of its communes, so that whoever is not in it has left.
    """
    lock_import(run)
    if run.state in AT_WORK:
        raise WrongState(_("This import is at work already."))
    if run.state != State.PREVIEWED:
        raise WrongState(_("Preview the import first."))
    _ready(run)
    run.options = {**run.options, "whole_roll": whole_roll}
    Import.objects.filter(pk=run.pk).update(options=run.options)
    return _enqueue(run, RUN_JOB, State.RUNNING, by)


@transaction.atomic
def undo_import(*, run: Import, by: User | None, objections_too: bool = False) -> Job:
    """Have an ended import taken back: what it alone created goes, what it changed returns.

    `objections_too`: what a file of people put on the do-not-contact list, and what they refused in it, goes
    as well, because the file was mistaken; that can be said of an undone import too. Of an opt-out file it
    always does.
    """
    lock_import(run)
    again = run.state == State.UNDONE and objections_too
    if run.state not in UNDOABLE and not again:
        raise WrongState(_("Only an import that has ended can be undone."))
    if not run.has_begun:
        raise WrongState(_("Nothing of this file was written: there is nothing to undo."))
    if Job.objects.filter(pk=run.job_id or 0).unfinished().exists():
        raise WrongState(_("This import is being undone already."))
    if undo_is_over(run):
        raise WrongState(_("It is too long ago: what this import replaced is forgotten."))
    if again and not objections_of(run):
        raise WrongState(_("No objection of this file is left to take back."))
    job = enqueue(kind=UNDO_JOB, payload={"import": run.pk, "objections_too": objections_too}, by=by)
    Import.objects.filter(pk=run.pk).update(job=job, **({"state": State.UNDOING} if again else {}))
    return job


@transaction.atomic
def stop_import(*, run: Import, by: User | None) -> None:
    """Stop at the end of the current chunk. What has begun can then be undone, anything else changed."""
    lock_import(run)
    if run.state not in AT_WORK or run.job_id is None:
        raise WrongState(_("This import is not at work."))
    Job.objects.filter(pk=run.job_id).unfinished().update(
        state=Job.State.CANCELLED, finished_at=Now(), lease_until=None
    )
    after = State.CANCELLED if run.has_begun else State.UPLOADED
    # The piece in hand committed before the job was stopped, or never will: what is counted stays true.
    Import.objects.filter(pk=run.pk).update(
        state=after,
        finished_at=Now() if after == State.CANCELLED else None,
        counts=written_so_far(run),
    )
    audit.record(action="import.stop", on=run, by=by)


@transaction.atomic
def discard_import(*, run: Import, by: User | None) -> None:
    """Forget a file of which nothing was written."""
    lock_import(run)
    if run.state in AT_WORK:
        raise WrongState(_("This import is at work: stop it first."))
    if not is_changeable(run):
        raise WrongState(_("Something of this file was written: undo the import instead."))
    audit.record(action="import.discard", on=run, by=by)
    RecurringImport.objects.filter(open_import=run).update(open_import=None, questions=[])
    RecurringFile.objects.filter(import_run=run).update(import_run=None)
    Import.objects.filter(pk=run.pk)._raw_delete("default")  # nothing else refers to it
    transaction.on_commit(lambda: _forget_files(run))


def _forget_files(run: Import) -> None:
    files.forget(Path(run.file_path))
    forget_table(Layout.from_json(run.layout))


def _options_of_name(file_name: str) -> dict[str, Any]:
    """What the name of a file says and its columns may not."""
    named = named_roll(file_name)
    return {
        "commune_code": named.commune_code,
        "roll_kind": roll_kind_of(named.kind),
        "roll_day": named.day.isoformat() if named.day else "",
        "list_state": named_state(file_name),
    }


def _ready(run: Import) -> None:
    if run.source is None:
        raise WrongState(_("Say where the data comes from first: no file comes in without a source."))
    check_source(run.kind, run.source)
    check_options(run)
    check_mapping(run, {int(index): key for index, key in run.mapping.items()})


def _enqueue(run: Import, kind: str, state: Import.State, by: User | None) -> Job:
    job = enqueue(kind=kind, payload={"import": run.pk}, by=by)
    run.state, run.job = state, job
    Import.objects.filter(pk=run.pk).update(state=state, job=job, error="")
    return job
