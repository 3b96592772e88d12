"""What a person says of a file before it is written: how it is read, what it is, where it comes from, what
its columns hold. Each step drops what an earlier preview prepared, and raises ImportProblem with a message.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import transaction

from campaign_crm.platform.models import User
from contacts.imports.checks import check_kind, check_mapping, check_options, check_source
from contacts.imports.errors import ImportProblem
from contacts.imports.formats.opening import forget_table, look_again, open_file
from contacts.imports.guessing import Guess, guess
from contacts.imports.layouts import Mapping
from contacts.imports.profiles import Known, known_mapping, remember_padding
from contacts.imports.sketch import Layout, Sketch
from contacts.imports.standing import check_changeable, lock_import
from contacts.imports.values import month_comes_first
from contacts.models import Import, Source


def set_reading(*, run: Import, by: User | None, encoding: str = "", delimiter: str = "") -> Import:
    """Read the file with another encoding or separator; the mapping is guessed anew."""
    check_changeable(run)
    layout = Layout.from_json(run.layout)
    sketch = look_again(Path(run.file_path), layout, encoding=encoding, delimiter=delimiter)
    note_reading(run, sketch, guess(sketch, kind=run.kind))
    _reset(run, "layout", "mapping", "options")
    return run


def set_padding(*, run: Import, by: User | None) -> Import:
    """Say that cells which rows lack at their end are empty ones: a spreadsheet left them out.

    The saved mapping that is applied to the file knows it from then on.
    """
    check_changeable(run)
    run.layout = {**run.layout, "may_pad": True}
    run.options = _without_short_rows(run.options)
    with transaction.atomic():
        _reset(run, "layout", "options")
        remember_padding(run=run, by=by)
    return run


def set_sheet(*, run: Import, sheet: str, by: User | None) -> Import:
    """Take another sheet of a workbook; the mapping is guessed anew."""
    check_changeable(run)
    before = Layout.from_json(run.layout)
    sketch = open_file(Path(run.file_path), sheet=sheet)
    note_reading(run, sketch, guess(sketch, kind=run.kind))
    _reset(run, "layout", "mapping", "options")
    forget_table(before)
    return run


def set_kind(*, run: Import, kind: str, by: User | None) -> Import:
    """Say what the file is. An electoral roll is never an address book: its electors are no contacts."""
    check_changeable(run)
    if kind == run.kind:
        return run
    sketch = _sketch(run)
    guessed = guess(sketch, kind=kind)
    check_kind(kind, guessed)
    run.kind = kind
    run.source = None
    note_reading(run, sketch, guessed)
    _reset(run, "kind", "source", "layout", "mapping", "options")
    return run


def set_source(*, run: Import, source: Source, by: User | None) -> Import:
    """Say where the data comes from; a kind of file asks for a kind of source."""
    check_changeable(run)
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
    check_changeable(run)
    mapping = {int(index): key for index, key in mapping.items() if key}
    run.options = {**run.options, **(options or {})}
    check_options(run)
    check_mapping(run, mapping)
    run.mapping = {str(index): key for index, key in mapping.items()}
    if month_first is not None:
        run.layout = {**run.layout, "month_first": month_first}
    _reset(run, "mapping", "options", "layout")
    return run


def note_reading(run: Import, sketch: Sketch, guessed: Guess) -> None:
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


def usual_source(known: Known | None) -> Source | None:
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


def _without_short_rows(options: dict[str, Any]) -> dict[str, Any]:
    """What an earlier preview said of short rows is no longer true of the file."""
    return {key: value for key, value in options.items() if key != "short_rows"}


def _sketch(run: Import) -> Sketch:
    layout = Layout.from_json(run.layout)
    return look_again(
        Path(run.file_path),
        layout,
        encoding=layout.encoding if layout.chosen_encoding else "",
        delimiter=layout.delimiter if layout.chosen_delimiter else "",
    )


@transaction.atomic
def _reset(run: Import, *fields: str) -> None:
    """Save a change of how the file is read; what was prepared before it is worth nothing."""
    lock_import(run)  # looking at the file took its time
    check_changeable(run)
    run.state, run.preview, run.error = Import.State.UPLOADED, {}, ""
    run.save(update_fields=[*fields, "state", "preview", "error"])
