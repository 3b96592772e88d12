"""The organisation's words in the documents, and an incident from its discovery to its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.errors import ContactsError
from contacts.models import Incident, RegisterNote, Source
from contacts.registers.concerned import KINDS, count_concerned
from contacts.registers.documents import DOCUMENTS, keys_of


class RegisterRefused(ContactsError):
    """What is asked of a document or an incident cannot be; the message says why."""


@transaction.atomic
def write_note(*, document: str, key: str, text: str, by: User) -> RegisterNote:
    """Keep the organisation's words of one part; raises RegisterRefused for a part that does not exist."""
    if document not in DOCUMENTS or key not in keys_of(document):
        raise RegisterRefused(_("There is no such part."))
    note, _is_new = RegisterNote.objects.update_or_create(
        document=document, key=key, defaults={"text": text.strip(), "updated_at": Now(), "updated_by": by}
    )
    audit.record(action="register.note", on=note, by=by, detail={"document": document, "part": key})
    return note


@transaction.atomic
def save_incident(
    *,
    title: str,
    known_at: datetime,
    risk: str,
    description: str = "",
    measures: str = "",
    kinds: Sequence[str] = (),
    sources: Sequence[Source] = (),
    happened_from: date | None = None,
    happened_until: date | None = None,
    incident: Incident | None = None,
    by: User,
) -> Incident:
    """Write an incident down, or what is known since; who it concerns is counted anew."""
    if known_at > timezone.now():
        raise RegisterRefused(_("It cannot be known since a moment to come."))
    if happened_from and happened_until and happened_until < happened_from:
        raise RegisterRefused(_("It cannot have ended before it began."))
    if unknown := set(kinds) - set(KINDS):
        raise RegisterRefused(_("Unknown kind of data: %(kinds)s") % {"kinds": ", ".join(sorted(unknown))})
    is_new = incident is None
    incident = incident or Incident(created_by=by)
    if incident.closed_at is not None:
        raise RegisterRefused(_("This incident is closed."))
    incident.title, incident.known_at, incident.risk = title.strip(), known_at, risk
    incident.description, incident.measures = description.strip(), measures.strip()
    incident.kinds, incident.happened_from, incident.happened_until = (
        list(kinds),
        happened_from,
        happened_until,
    )
    incident.save()
    incident.sources.set(sources)
    incident.concerned, incident.counted_at = count_concerned(incident), timezone.now()
    incident.save(update_fields=["concerned", "counted_at"])
    audit.record(
        action="incident.open" if is_new else "incident.update",
        on=incident,
        by=by,
        detail={"people": incident.concerned["people"]},
    )
    return incident


@transaction.atomic
def note_told(*, incident: Incident, whom: str, by: User) -> None:
    """Write down that the "authority" or the "people" were told; the first moment stays."""
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    field = {"authority": "authority_told_at", "people": "people_told_at"}.get(whom)
    if field is None or getattr(incident, field) is not None:
        raise RegisterRefused(_("That is written down already."))
    setattr(incident, field, timezone.now())
    incident.save(update_fields=[field])
    audit.record(action="incident.told", on=incident, by=by, detail={"told": whom})


@transaction.atomic
def close_incident(*, incident: Incident, by: User) -> None:
    """Close it; refused while somebody has still to be told, or nothing says what was done."""
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    if incident.must_tell_authority or incident.must_tell_people:
        raise RegisterRefused(_("Somebody has still to be told. If that is not so, change the risk first."))
    if not incident.measures:
        raise RegisterRefused(_("Write first what was done: the authority may ask (Article 33(5))."))
    incident.closed_at = incident.closed_at or timezone.now()
    incident.save(update_fields=["closed_at"])
    audit.record(action="incident.close", on=incident, by=by)
