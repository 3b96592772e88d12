"""What is said of an archive or folder: how many files are read, and which ones give no row."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.imports.formats.tables import DOUBTED
from contacts.imports.sketch import Layout


def words_of_files(layout: Layout) -> list[str]:
    """Sentences for whoever sent the files; none for a file that came alone."""
    words = []
    if files := sum(map(int, layout.noted("files"))):
        text = ngettext("%(n)s file of people is read.", "%(n)s files are read as one table.", files)
        words.append(text % {"n": number_format(files, force_grouping=True)})
    if names := _names(layout, "left_out"):
        words.append(_("Left out, for they hold no list of people: %(names)s.") % {"names": names})
    if names := _names(layout, "no_rows"):
        words.append(_("Without a row below the header: %(names)s.") % {"names": names})
    return words


def doubted_files(layout: Layout) -> str:
    """Which files of an archive or folder may be in another encoding; "" without a doubt."""
    names = _names(layout, DOUBTED)
    text = _(
        "The encoding of these was guessed, look at their accents: %(names)s. If they are odd, send the file "
        "alone: its encoding can be chosen then."
    )
    return text % {"names": names} if names else ""


def _names(layout: Layout, code: str) -> str:
    names = layout.noted(code)
    if more := sum(map(int, layout.noted(f"{code}_more"))):
        text = ngettext("%(n)s other file", "%(n)s other files", more)
        names.append(text % {"n": number_format(more, force_grouping=True)})
    return ", ".join(names)
