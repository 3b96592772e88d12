"""The door of imports for screens, commands and the API: each step of a file's way, and what to show of it.

Every function raises ImportProblem with a message for people. A step that changes how the file is read drops
what an earlier preview prepared.
"""

from __future__ import annotations

from dataclasses import replace
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
from contacts.imports.errors import ImportProblem, WrongState
from contacts.imports.file_names import named_roll
from contacts.imports.formats.opening import forget_table, look_again, open_file
from contacts.imports.guessing import Guess, guess
from contacts.imports.jobs import PREVIEW_JOB, RUN_JOB, UNDO_JOB
from contacts.imports.layouts import Format, Mapping
from contacts.imports.partway import written_so_far
from contacts.imports.profiles import Known, kept_readings, known_mapping, remember_padding
from contacts.imports.remembered import Kept, open_as_before
from contacts.imports.rolls.lookups import roll_kind_of
from contacts.imports.sketch import Layout, Sketch
from contacts.imports.undo import UNDOABLE
from contacts.imports.values import month_comes_first
from contacts.models import Import, RecurringFile, RecurringImport, Source

State = Import.State
CHANGEABLE = (State.UPLOADED, State.PREVIEWED, State.FAILED)
AT_WORK = (State.PREVIEWING, State.RUNNING)


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
        _read(run, sketch, guessed)
        with transaction.atomic():
            run.save()
            audit.record(action="import.upload", on=run, by=by, detail={"bytes": run.file_bytes})
            source = source or _usual_source(known)
            if source is not None:
                set_source(run=run, source=source, by=by)
    except Exception:
        if not is_path:
            files.forget(path)
        if table is not None:
            forget_table(table)
        raise
    return run


def set_reading(*, run: Import, by: User | None, encoding: str = "", delimiter: str = "") -> Import:
    """Read the file with another encoding or separator; the mapping is guessed anew."""
    _changeable(run)
    layout = Layout.from_json(run.layout)
    sketch = look_again(Path(run.file_path), layout, encoding=encoding, delimiter=delimiter)
    _read(run, sketch, guess(sketch, kind=run.kind))
    _reset(run, "layout", "mapping", "options")
    return run


def set_padding(*, run: Import, by: User | None) -> Import:
    """Say that cells which rows lack at their end are empty ones: a spreadsheet left them out.

    The saved mapping that is applied to the file knows it from then on.
    """
    _changeable(run)
    run.layout = {**run.layout, "may_pad": True}
    run.options = _without_short_rows(run.options)
    with transaction.atomic():
        _reset(run, "layout", "options")
        remember_padding(run=run, by=by)
    return run


def set_sheet(*, run: Import, sheet: str, by: User | None) -> Import:
    """Take another sheet of a workbook; the mapping is guessed anew."""
    _changeable(run)
    before = Layout.from_json(run.layout)
    sketch = open_file(Path(run.file_path), sheet=sheet)
    _read(run, sketch, guess(sketch, kind=run.kind))
    _reset(run, "layout", "mapping", "options")
    forget_table(before)
    return run


def set_kind(*, run: Import, kind: str, by: User | None) -> Import:
    """Say what the file is. An electoral roll is never an address book: its electors are no contacts."""
    _changeable(run)
    if kind == run.kind:
        return run
    sketch = _sketch(run)
    guessed = guess(sketch, kind=kind)
    check_kind(kind, guessed)
    run.kind = kind
    run.source = None
    _read(run, sketch, guessed)
    _reset(run, "kind", "source", "layout", "mapping", "options")
    return run


def set_source(*, run: Import, source: Source, by: User | None) -> Import:
    """Say where the data comes from; a kind of file asks for a kind of source."""
    _changeable(run)
    check_source(run.kind, source)
    run.source = source
    _reset(run, "source")
    return run


def set_mapping(
    *,
    run: Import,
    mapping: Mapping,
    by: User | None,
    options: dict[str, Any] | None = None,
    month_first: bool | None = None,
) -> Import:
    """Say what the columns hold; `options` are those of the whole file, such as `tags` and a `list`.

    `month_first` says how dates are written that could be read two ways; None leaves what was found.
    """
    _changeable(run)
    mapping = {int(index): key for index, key in mapping.items() if key}
    run.options = {**run.options, **(options or {})}
    check_options(run)
    check_mapping(run, mapping)
    run.mapping = {str(index): key for index, key in mapping.items()}
    if month_first is not None:
        run.layout = {**run.layout, "month_first": month_first}
    _reset(run, "mapping", "options", "layout")
    return run


@transaction.atomic
def enqueue_preview(*, run: Import, by: User | None) -> Job:
    """Have the whole file read and counted; nothing is written."""
    _lock(run)
    _changeable(run)
    _ready(run)
    return _enqueue(run, PREVIEW_JOB, State.PREVIEWING, by)


@transaction.atomic
def enqueue_run(*, run: Import, by: User | None, whole_roll: bool = False) -> Job:
    """Have the previewed file written.

    `whole_roll`: the file is the whole roll of its communes, so that whoever is not in it has left.
    """
    _lock(run)
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

    `objections_too`: what a file of people put on the do-not-contact list goes as well, because the file was
    mistaken. Of an opt-out file it always does.
    """
    _lock(run)
    if run.state not in UNDOABLE:
        raise WrongState(_("Only an import that has ended can be undone."))
    if not run.has_begun:
        raise WrongState(_("Nothing of this file was written: there is nothing to undo."))
    if Job.objects.filter(pk=run.job_id or 0).unfinished().exists():
        raise WrongState(_("This import is being undone already."))
    job = enqueue(kind=UNDO_JOB, payload={"import": run.pk, "objections_too": objections_too}, by=by)
    Import.objects.filter(pk=run.pk).update(job=job)
    return job


@transaction.atomic
def stop_import(*, run: Import, by: User | None) -> None:
    """Stop at the end of the current chunk. What has begun can then be undone, anything else changed."""
    _lock(run)
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
    _lock(run)
    if run.state in AT_WORK:
        raise WrongState(_("This import is at work: stop it first."))
    if not is_changeable(run):
        raise WrongState(_("Something of this file was written: undo the import instead."))
    audit.record(action="import.discard", on=run, by=by)
    RecurringImport.objects.filter(open_import=run).update(open_import=None, questions=[])
    RecurringFile.objects.filter(import_run=run).update(import_run=None)
    Import.objects.filter(pk=run.pk)._raw_delete("default")  # nothing else refers to it
    transaction.on_commit(lambda: _forget_files(run))


def _read(run: Import, sketch: Sketch, guessed: Guess) -> None:
    """Note how the file is read and what its columns seem to hold."""
    born = [column for column in guessed.columns if column.field == "birth_date"]
    is_american = bool(born) and month_comes_first(
        [row[born[0].index] for row in sketch.rows if born[0].index < len(row)]
    )
    known = known_mapping(sketch.layout.header, kind=run.kind)
    layout = replace(
        sketch.layout, format=guessed.format, month_first=known.month_first if known else is_american
    )
    run.layout = layout.as_json()
    mapping = known.mapping if known else guessed.mapping
    run.mapping = {str(index): key for index, key in mapping.items()}
    kept = _without_short_rows(run.options)
    run.options = {**kept, **(known.options if known else {}), "profile": known.name if known else ""}


def _without_short_rows(options: dict[str, Any]) -> dict[str, Any]:
    """What an earlier preview said of short rows is no longer true of the file."""
    return {key: value for key, value in options.items() if key != "short_rows"}


def _usual_source(known: Known | None) -> Source | None:
    """The source that the last delivery had, if it may still be used."""
    if known is None or known.source_id is None:
        return None
    source: Source | None = Source.objects.filter(pk=known.source_id).first()
    try:
        if source is not None:
            check_source(known.kind, source)
    except ImportProblem:
        return None
    return source


def _sketch(run: Import) -> Sketch:
    layout = Layout.from_json(run.layout)
    return look_again(
        Path(run.file_path),
        layout,
        encoding=layout.encoding if layout.chosen_encoding else "",
        delimiter=layout.delimiter if layout.chosen_delimiter else "",
    )


def _forget_files(run: Import) -> None:
    files.forget(Path(run.file_path))
    forget_table(Layout.from_json(run.layout))


def _options_of_name(file_name: str) -> dict[str, Any]:
    """What a town hall's file name says and its columns may not."""
    named = named_roll(file_name)
    return {
        "commune_code": named.commune_code,
        "roll_kind": roll_kind_of(named.kind),
        "roll_day": named.day.isoformat() if named.day else "",
    }


def is_changeable(run: Import) -> bool:
    """True before anything is written: one may go back to any step."""
    return run.state in CHANGEABLE and not run.has_begun


def _changeable(run: Import) -> None:
    if run.state in AT_WORK:
        raise WrongState(_("This import is at work: stop it first."))
    if not is_changeable(run):
        raise WrongState(_("This import has begun: it can be undone, not changed."))


def _lock(run: Import) -> None:
    """Hold the import until the transaction ends, and see how it stands: another page may have acted."""
    now = Import.objects.select_for_update().filter(pk=run.pk).first()
    if now is None:
        raise WrongState(_("This file was discarded meanwhile."))
    run.state, run.job_id, run.writing_began_at = now.state, now.job_id, now.writing_began_at


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


@transaction.atomic
def _reset(run: Import, *fields: str) -> None:
    """Save a change of how the file is read; what was prepared before it is worth nothing."""
    _lock(run)  # looking at the file took its time
    _changeable(run)
    run.state, run.preview, run.error = State.UPLOADED, {}, ""
    run.save(update_fields=[*fields, "state", "preview", "error"])
