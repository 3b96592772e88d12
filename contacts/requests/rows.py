"""The row of a request: held while it changes, closed once, of somebody who has proven who they are."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.database import acting_as
from campaign_crm.platform.models import User
from campaign_crm.platform.walls import current_scope
from contacts.errors import ContactsError
from contacts.models import Contact, EmailAddress, PersonRequest


class RequestRefused(ContactsError):
    """What is asked of a request cannot be done now; the message says why and what to do."""


def writing_requests() -> AbstractContextManager[None]:
    """Requests stand in no territory: whoever works in one writes a request down, and reads none."""
    return transaction.atomic() if current_scope() is None else acting_as("crm_system")


def held(request: PersonRequest) -> PersonRequest:
    """The row of today, locked; raises RequestRefused once it is closed."""
    found = PersonRequest.objects.select_for_update().get(pk=request.pk)
    if not found.is_open:
        raise RequestRefused(_("This request is closed already."))
    return found


def held_of_somebody(request: PersonRequest) -> PersonRequest:
    found = held(request)
    if found.contact is not None and found.contact.erased_at is not None:
        found.contact = None
    if found.contact is None and not found.electors:
        raise RequestRefused(_("Say first which person of the base, or which elector, it is about."))
    return found


def proven_request(request: PersonRequest) -> PersonRequest:
    """The request, locked, of a person or an elector who has proven who they are; raises RequestRefused."""
    request = held_of_somebody(request)
    if not request.is_proven:
        raise RequestRefused(_("Check first that this person asks: send them the link."))
    return request


def is_theirs(contact: Contact, address_hash: bytes | None) -> bool:
    if not address_hash:
        return False
    found: bool = EmailAddress.objects.filter(contact=contact, address_hash=address_hash).exists()
    return found


def close(
    request: PersonRequest, state: str, answer: str, by: User | None, detail: dict[str, Any] | None = None
) -> None:
    request.state, request.closed_at, request.answer = state, timezone.now(), answer.strip()
    request.handled_by = request.handled_by or by
    request.save(update_fields=["state", "closed_at", "answer", "handled_by"])
    action = "request.refuse" if state == PersonRequest.State.REFUSED else "request.answer"
    audit.record(action=action, on=request, by=by, detail={"kind": request.kind, **(detail or {})})


def close_as_done(request: PersonRequest, answer: str, by: User | None, **detail: Any) -> None:
    """End a request whose act was done elsewhere (an erasure, an answer that was downloaded)."""
    close(request, PersonRequest.State.ANSWERED, answer, by, detail)
