"""What the pages of an import say of the recurring one it belongs to, or could belong to."""

from __future__ import annotations

from contacts.imports import server_folder
from contacts.imports.recurring.watching import questions_of, waiting_words
from contacts.models import Import, RecurringImport

Place = RecurringImport.Place


def offered_places() -> list[tuple[str, str]]:
    """Places that this installation can read: the server's folder only where there is one."""
    return [
        (place.value, str(place.label))
        for place in Place
        if place != Place.FOLDER or server_folder.is_offered()
    ]


def waiting_for(run: Import) -> str:
    """Why this import waits for a person instead of running by itself; empty when it does not."""
    if run.recurring_id is None:
        return ""
    return waiting_words(questions_of(run))
