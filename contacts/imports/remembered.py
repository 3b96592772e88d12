"""How a file was read before, where a person chose it: encoding, separator, sheet, empty cells at the end.

Kept beside the mapping of the same columns, for the next delivery. What a file says of itself is stronger:
one that is UTF-8 for certain is not read as the Macintosh file that came before it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contacts.imports.encodings import better_encoding, is_certain
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats.forms import Form, form_of
from contacts.imports.profiles import signature_of
from contacts.imports.sketch import Layout, sketch_file

Reading = dict[str, Any]
"""{"encoding", "delimiter", "sheet", "may_pad"}, each only if somebody chose it."""


def reading_of(layout: Layout) -> Reading:
    """What was chosen of how a file is read; an encoding too that somebody went on with although in doubt."""
    chosen: Reading = {"sheet": layout.sheet} if layout.chosen_sheet else {}
    if layout.may_pad:
        chosen["may_pad"] = True
    if layout.is_ours:
        return chosen
    if layout.chosen_encoding or layout.doubted:
        chosen["encoding"] = "utf-16" if layout.encoding.startswith("utf-16") else layout.encoding
    if layout.chosen_delimiter:
        chosen["delimiter"] = layout.delimiter
    return chosen


def reading_for(path: Path, kept: dict[str, Reading]) -> Reading:
    """Return the reading by which the file has the columns it was kept for; {} when none of them fits.

    `kept`: {signature of the columns: reading}.
    """
    if form_of(path) != Form.TABLE:
        sheets = [reading for reading in kept.values() if reading.get("sheet")]
        return sheets[-1] if sheets else {}
    for signature, reading in kept.items():
        wanted = _without_what_the_file_says(path, reading)
        try:
            layout = sketch_file(
                path, encoding=wanted.get("encoding", ""), delimiter=wanted.get("delimiter", "")
            ).layout
        except UnreadableFile:
            continue
        if wanted and signature_of(layout.header) == signature:
            return wanted
    return {}


def _without_what_the_file_says(path: Path, reading: Reading) -> Reading:
    encoding = reading.get("encoding", "")
    if encoding and (is_certain(path) or better_encoding(path, than=encoding)):
        return {name: value for name, value in reading.items() if name != "encoding"}
    return reading
