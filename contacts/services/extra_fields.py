"""Extra fields: adding one, and making values that were kept as texts what their fields hold."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import RunningJob, enqueue, handler
from campaign_crm.platform.models import Job, User
from contacts.imports.extra_values import read_extra
from contacts.models import Contact, CustomField, Note

TYPE_JOB = "contacts.type_extra_values"
PEOPLE_AT_A_TIME = 5_000


@transaction.atomic
def save_extra_field(*, field: CustomField, by: User | None) -> CustomField:
    """Write a new field, or the new words of one; raises ValidationError for what the law protects."""
    field.full_clean()
    field.save()
    audit.record(action="extra_field.save", on=field, by=by)
    return field


def enqueue_typing() -> Job:
    """Read again, in the background, the values that imports once kept as texts."""
    return enqueue(kind=TYPE_JOB, payload={})


@handler(TYPE_JOB)
def type_extra_values(job: RunningJob) -> None:
    """A batch of people a transaction; a text that its field cannot hold moves to a note: none is lost."""
    typed = CustomField.objects.exclude(kind=CustomField.Kind.TEXT)
    fields = {field.key: field for field in typed}
    last = Contact.objects.aggregate(last=Max("pk"))["last"] or 0
    for first in range(0, last + 1 if fields else 0, PEOPLE_AT_A_TIME):
        with transaction.atomic():
            _type_batch(fields, first, first + PEOPLE_AT_A_TIME)
            job.progress(min(first + PEOPLE_AT_A_TIME, last), last)


def _type_batch(fields: dict[str, CustomField], first: int, end: int) -> None:
    people = Contact.objects.visible().filter(pk__gte=first, pk__lt=end, custom__has_any_keys=list(fields))
    changed, notes = [], []
    for person in people.select_for_update(no_key=True).order_by("pk"):
        custom, unread = typed_values(fields, person.custom)
        if custom != person.custom or _types(custom) != _types(person.custom):
            person.custom = custom
            changed.append(person)
        notes += [Note(contact=person, body=_sentence(fields[key], text)) for key, text in unread.items()]
    Contact.objects.bulk_update(changed, ["custom"])
    Note.objects.bulk_create(notes)


def typed_values(
    fields: dict[str, CustomField], custom: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values as their fields keep them, and the texts that could not be read."""
    kept, unread = dict(custom), {}
    for key, value in custom.items():
        if key not in fields or not isinstance(value, str):
            continue
        read = read_extra(fields[key], value)
        if read is None:
            del kept[key]
        else:
            kept[key] = read
        if read is None and value.strip():
            unread[key] = value
    return kept, unread


def _types(custom: dict[str, Any]) -> list[type]:
    """Python holds 1 and True equal, JSON does not."""
    return [type(value) for value in custom.values()]


def _sentence(field: CustomField, text: str) -> str:
    return _("The extra field “%(field)s” held a text that it cannot hold: %(text)s") % {
        "field": field.label,
        "text": text,
    }
