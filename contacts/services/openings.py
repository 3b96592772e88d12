"""Who opened the record of a person: noted once a member, person and day."""

from __future__ import annotations

from django.db.models import Model

from campaign_crm.platform import reads
from campaign_crm.platform.models import RecordRead, User
from contacts.models import Contact, Merge

PERSON = Contact._meta.label_lower
SHOWN = 15


def note_person_opened(person: int, *, by: User) -> None:
    reads.note_opened(object_type=PERSON, object_id=person, by=by)


def openings_of_person(person: int) -> list[RecordRead]:
    """The latest openings of a record, and of those that were merged into it."""
    merged = Merge.objects.filter(kept_id=person, undone_at=None).values_list("absorbed_id", flat=True)
    return list(reads.openings_of(PERSON, [person, *merged])[:SHOWN])


def note_opened_with_person(thing: Model, person: int | None, *, by: User) -> None:
    """Note that a request or an answer was opened, and with it the record of its person, if known."""
    reads.note_opened(object_type=thing._meta.label_lower, object_id=thing.pk, by=by)
    if person is not None:
        note_person_opened(person, by=by)
