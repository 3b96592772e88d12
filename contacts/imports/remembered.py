"""How a file was read before, where a person chose it: encoding, separator, sheet, empty cells at the end.

Kept beside the mapping of the same columns, for the next delivery: by a recurring import, and by a saved
mapping. What a file says of itself is stronger: one that is UTF-8 for certain is not read as the Macintosh
file that came before it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from contacts.imports.encodings import CHOICES, better_encoding, is_certain
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats.forms import Form, form_of
from contacts.imports.formats.opening import forget_table, look_again, open_file
from contacts.imports.signatures import signature_of
from contacts.imports.sketch import Layout, Sketch, sketch_file

Reading = dict[str, Any]
"""{"encoding", "delimiter", "sheet", "may_pad"}, each only if somebody chose it."""
Kept = dict[str, Reading]
"""{signature of the columns: how their file was read}, the likeliest first."""

MOST_SHEETS = 5  # sheets of earlier workbooks that are looked for in a new one
_SHEETED = (Form.ZIP, Form.SPREADSHEET)  # an .xlsx is a ZIP until it is opened


def reading_of(layout: Layout) -> Reading:
    """What was chosen of how a file is read; an encoding too that somebody went on with although in doubt."""
    chosen: Reading = {"sheet": layout.sheet} if layout.chosen_sheet else {}
    if layout.may_pad:
        chosen["may_pad"] = True
    if layout.is_ours:
        return chosen
    if layout.chosen_encoding or layout.doubted:
        chosen["encoding"] = _plain_name(layout.encoding)
    if layout.chosen_delimiter:
        chosen["delimiter"] = layout.delimiter
    return chosen


def open_as_before(path: Path, kept: Kept) -> Sketch:
    """Open a file as one with the same columns was read before; as it is found to be when none fits.

    Raises UnreadableFile, and then leaves nothing.
    """
    if not any(kept.values()):
        return open_file(path)
    if form_of(path) == Form.TABLE:
        reading = _reading_for(path, kept)
        return _padded(open_file(path, **_of_text(reading)), kept)
    try:
        found = open_file(path)
    except UnreadableFile:
        sheet = _sheet_of_before(path, kept, "")
        if sheet is None:
            raise
        return _padded(sheet, kept)
    if not found.layout.is_ours:
        return _padded(_text_as_before(path, found, kept), kept)
    if _fits(found.layout, kept) or (other := _sheet_of_before(path, kept, found.layout.sheet)) is None:
        return _padded(found, kept)
    forget_table(found.layout)
    return _padded(other, kept)


def unlike(layout: Layout, reading: Reading) -> list[str]:
    """In what a file is read another way than the one that was kept for its columns: codes of `Reading`."""
    found = reading_of(layout)
    if not layout.is_ours:
        found |= {"encoding": _plain_name(layout.encoding), "delimiter": layout.delimiter}
    found["sheet"] = layout.sheet
    of_this_form = {"sheet"} if layout.is_ours else {"encoding", "delimiter"}
    return [name for name in reading if name in of_this_form and reading[name] != found[name]]


def unlike_words(layout: Layout, reading: Reading, *, name: str) -> list[str]:
    """The same in sentences; `name`: of the saved mapping."""
    sentences = {
        "encoding": _("“%(name)s” reads its files as %(kept)s; this one is read as %(found)s."),
        "delimiter": _("“%(name)s” reads its files with the separator %(kept)s; this one has %(found)s."),
        "sheet": _("“%(name)s” takes the sheet %(kept)s; here it is %(found)s that has these columns."),
    }
    here = {"encoding": layout.encoding, "delimiter": layout.delimiter, "sheet": layout.sheet}
    return [
        sentences[code]
        % {"name": name, "kept": _shown(code, reading[code]), "found": _shown(code, here[code])}
        for code in unlike(layout, reading)
    ]


def in_words(reading: Reading) -> str:
    """What was kept, for the page of a saved mapping; "" when it is nothing."""
    words = {"encoding": _("Encoding"), "delimiter": _("Separator"), "sheet": _("Sheet of the workbook")}
    parts = [
        _("%(field)s: %(number)s") % {"field": words[code], "number": _shown(code, reading[code])}
        for code in words
        if reading.get(code)
    ]
    if reading.get("may_pad"):
        parts.append(_("missing cells at the end of a row are empty"))
    return " · ".join(parts)


def _shown(code: str, value: str) -> str:
    if code == "encoding":
        return CHOICES.get(_plain_name(value), value)
    if code == "delimiter" and value == "\t":
        return _("Tab")
    return _("“%(text)s”") % {"text": value}


def _plain_name(encoding: str) -> str:
    """The name by which an encoding is chosen: without its mark and the order of its bytes."""
    return "utf-16" if encoding.startswith("utf-16") else encoding.removesuffix("-sig")


def _reading_for(path: Path, kept: Kept) -> Reading:
    """Return the reading by which a text has the columns it was kept for; {} when none of them fits."""
    for signature, reading in kept.items():
        wanted = _without_what_the_file_says(path, reading)
        try:
            encoding, delimiter = _of_text(wanted).values()
            layout = sketch_file(path, encoding=encoding, delimiter=delimiter).layout
        except UnreadableFile:
            continue
        if signature_of(layout.header) == signature:
            return wanted
    return {}


def _of_text(reading: Reading) -> dict[str, str]:
    return {name: reading.get(name, "") for name in ("encoding", "delimiter")}


def _without_what_the_file_says(path: Path, reading: Reading) -> Reading:
    encoding = reading.get("encoding", "")
    if encoding and (is_certain(path) or better_encoding(path, than=encoding)):
        return {name: value for name, value in reading.items() if name != "encoding"}
    return reading


def _text_as_before(path: Path, found: Sketch, kept: Kept) -> Sketch:
    """Read the text that a compressed file holds as the one before it was."""
    reading = _reading_for(Path(found.layout.table), kept)
    return look_again(path, found.layout, **_of_text(reading)) if reading else found


def _fits(layout: Layout, kept: Kept) -> bool:
    reading = kept.get(signature_of(layout.header))
    return reading is not None and reading.get("sheet", layout.sheet) == layout.sheet


def _sheet_of_before(path: Path, kept: Kept, taken: str) -> Sketch | None:
    """The sheet of an earlier workbook, if it is there and has the columns it had; `taken` was looked at."""
    if form_of(path) not in _SHEETED:
        return None
    names = dict.fromkeys(str(one["sheet"]) for one in kept.values() if one.get("sheet", taken) != taken)
    for name in [*names][:MOST_SHEETS]:
        try:
            found = open_file(path, sheet=name)
        except UnreadableFile:
            continue
        if _fits(found.layout, kept):
            return found
        forget_table(found.layout)
    return None


def _padded(sketch: Sketch, kept: Kept) -> Sketch:
    """Cells that rows lack at their end are empty ones, if somebody said so of a file with these columns."""
    reading = kept.get(signature_of(sketch.layout.header), {})
    return Sketch(replace(sketch.layout, may_pad=bool(reading.get("may_pad"))), sketch.rows)
