"""The door to files of any form: a first look at once, the whole table when the preview needs it.

Delimited text is read where it lies. Anything else becomes a table of our own beside the kept uploads, named
in the layout: its first rows when the file arrives, all of them at the beginning of the preview.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext as _

from contacts.imports import files
from contacts.imports.at_rest import make_plain
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats import tables
from contacts.imports.formats.forms import Form, form_of
from contacts.imports.formats.sandbox import OnProgress, convert_in_child
from contacts.imports.sketch import Layout, Sketch, sketch_file


def open_file(path: Path, *, sheet: str = "", encoding: str = "", delimiter: str = "") -> Sketch:
    """Look at a file of any form for the first time; raises UnreadableFile, and then leaves nothing.

    What is given was chosen, or remembered; each counts only for files that have such a thing.
    """
    if form_of(make_plain(path)) == Form.TABLE:
        return sketch_file(path, encoding=encoding, delimiter=delimiter)
    layout = _converted(path, sheet=sheet, head=True)
    try:
        return look_again(path, layout, encoding=encoding, delimiter=delimiter)
    except Exception:
        files.forget(Path(layout.table))
        raise


def look_again(path: Path, layout: Layout, *, encoding: str = "", delimiter: str = "") -> Sketch:
    """Sketch a file once more, as it was read before or with another encoding or separator."""
    make_plain(path)
    if not layout.form:
        plain = sketch_file(path, encoding=encoding, delimiter=delimiter)
        return replace(plain, layout=replace(plain.layout, may_pad=layout.may_pad))
    if not make_plain(Path(layout.table)).exists():
        layout = _converted(path, sheet=layout.sheet, head=True)
    if not layout.is_ours:
        sketch = sketch_file(Path(layout.table), encoding=encoding, delimiter=delimiter)
    else:
        sketch = sketch_file(
            Path(layout.table), encoding=tables.ENCODING, delimiter=tables.DELIMITER, is_ours=True
        )
    found = replace(
        sketch.layout,
        form=layout.form,
        table=layout.table,
        is_ours=layout.is_ours,
        is_whole=layout.is_whole,
        sheet=layout.sheet,
        sheets=layout.sheets,
        chosen_sheet=layout.chosen_sheet,
        may_pad=layout.may_pad,
        warnings=[*sketch.layout.warnings, *(text for text in layout.warnings if not _is_of_text(text))],
    )
    return Sketch(found, sketch.rows)


def _is_of_text(warning: str) -> bool:
    """True for what each look at a text says anew."""
    return warning.startswith(("encoding:", "titles:"))


def _stays(warning: str) -> bool:
    """False for what only a look at every file tells in full."""
    return not warning.startswith(tables.DOUBTED)


def table_of(path: Path, layout: Layout) -> Path:
    """Where the rows of a file are read."""
    return make_plain(Path(layout.table) if layout.form else path)


def make_whole(path: Path, layout: Layout, *, on_progress: OnProgress) -> Layout:
    """Return the layout of a file whose every row is at `table_of`; raises UnreadableFile."""
    make_plain(path)
    if not layout.form or (layout.is_whole and make_plain(Path(layout.table)).exists()):
        return layout
    whole = _converted(path, sheet=layout.sheet, head=False, on_progress=on_progress)
    found = replace(
        layout,
        table=whole.table,
        is_whole=True,
        warnings=list(dict.fromkeys([*filter(_stays, layout.warnings), *whole.warnings])),
    )
    if (
        look_again(path, found, encoding=layout.encoding, delimiter=layout.delimiter).layout.header
        != layout.header
    ):
        files.forget(Path(whole.table))
        raise UnreadableFile(_("The file has changed since it was looked at. Send it again."))
    files.forget(Path(layout.table))
    return found


def forget_table(layout: Layout) -> None:
    """Remove the table made of a file."""
    if layout.table:
        files.forget(Path(layout.table))


def _converted(path: Path, *, sheet: str, head: bool, on_progress: OnProgress | None = None) -> Layout:
    out = files.folder() / f"{uuid.uuid4().hex}.csv"
    answer = convert_in_child(path, out, sheet=sheet, head=head, on_progress=on_progress)
    return Layout(
        encoding=tables.ENCODING,
        delimiter=tables.DELIMITER,
        header=[],
        form=answer["form"],
        table=str(out),
        is_ours=not answer["raw"],
        is_whole=answer["whole"],
        sheet=answer["sheet"],
        sheets=answer["sheets"],
        chosen_sheet=bool(sheet),
        warnings=answer["notes"],
    )
