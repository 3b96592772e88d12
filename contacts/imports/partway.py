"""How much of a file was written when its import ended before its end."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.imports import chunks
from contacts.imports.staging import Staging
from contacts.models import Import

WRITTEN, UNWRITTEN = "written", "unwritten"
"""In `Import.counts` of an import that ended partway: rows that can be taken, rejected ones are neither."""
_COUNTED_ONE_BY_ONE = (Import.Kind.ADDRESS_BOOK, Import.Kind.BROKER, Import.Kind.ENRICHMENT)


def written_so_far(run: Import) -> dict[str, int]:
    """Rows written and not written, {} when nobody knows: once its pieces were made anew, it begins again."""
    if run.writing_began_at is None:
        return {}
    found = chunks.so_far(Staging(run.pk))
    attempts = run.job.attempts if run.job is not None else 0
    if found is None or (attempts > 1 and found.made_at > run.writing_began_at):
        return {}
    return {WRITTEN: found.done, UNWRITTEN: found.todo}


def partway_words(run: Import) -> str:
    """The same in a sentence; "" when it is not known."""
    if WRITTEN not in run.counts:
        return ""
    written, left = run.counts[WRITTEN], run.counts[UNWRITTEN]
    # Pieces of a roll are ranges of blocks, of about as many rows each.
    about = "" if run.kind in _COUNTED_ONE_BY_ONE or not (written and left) else "≈ "
    if not left:
        return _("Every row was written; links with electors and possible duplicates were not looked for.")
    told = {"written": about + _number(written), "left": about + _number(left)}
    return (
        ngettext(
            "%(written)s row was written, %(left)s not.",
            "%(written)s rows were written, %(left)s not.",
            written,
        )
        % told
    )


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
