"""Erasing a person, first step: hidden at once from every screen, audience and export, and never written to.

Their addresses join the do-not-contact list as keyed hashes, which a new import of the same person meets. The
second step is `removing`; what makes both good again after a restored backup is `ledger`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import enqueue
from campaign_crm.platform.models import Job, User
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.models import (
    Contact,
    ElectoralRegistration,
    EmailAddress,
    Erasure,
    Merge,
    PersonRequest,
    PhoneNumber,
)
from contacts.requests import ledger
from contacts.requests.electors import forget_electors
from contacts.requests.rows import RequestRefused, close_as_done, proven_request
from contacts.requests.traces import traces_of_electors
from contacts.services.post_keys import post_hashes_of
from contacts.services.projections import refresh_projections
from contacts.services.stopped_addresses import Stopped, stop_addresses

ERASE_JOB = "contacts.erase_people"
# A number is written to and called; a hash of one stands for both.
_CHANNELS = {
    "email": (Channel.EMAIL,),
    "phone": (Channel.SMS, Channel.CALL),
    "post": (Channel.POST,),
}


@transaction.atomic
def erase_for(*, request: PersonRequest, by: User) -> None:
    """Do what a proven request for erasure asks, and close it; raises RequestRefused.

    Electors go at once: lists and letters read their rows.
    """
    request = proven_request(request)
    if request.kind != PersonRequest.Kind.ERASURE:
        raise RequestRefused(_("This request does not ask for an erasure: change what it asks first."))
    if request.contact is not None:
        contact = Contact.objects.select_for_update().get(pk=request.contact_id)
        hide_person(contact=contact, request=request, by=by)
    electors = request.electors
    _forget(electors, request=request.pk)
    close_as_done(request, "", by, contact=request.contact_id, electors=electors)


@transaction.atomic
def hide_person(*, contact: Contact, request: PersonRequest | None = None, by: User | None) -> Erasure:
    """Hide somebody for ever and have their rows removed; asked again, nothing more happens."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    known = Erasure.objects.filter(number=contact.pk, created_at=contact.created_at).first()
    if known is not None and contact.erased_at is not None:
        return known
    hashes = hashes_of(contact)
    kept = {"hashes": hashes, "request": request.pk if request else None}
    erasure, _is_new = Erasure.objects.get_or_create(
        number=contact.pk, created_at=contact.created_at, defaults=kept
    )
    absorbed = [
        Erasure.objects.get_or_create(number=number, created_at=made, defaults=kept)[0]
        for number, made in _absorbed_by(contact)
    ]
    Contact.objects.filter(pk=contact.pk).update(erased_at=Now())
    own = ElectoralRegistration.objects.filter(contact=contact)
    _forget(list(own.values_list("pk", flat=True)), request=request.pk if request else None)
    suppress_erased(hashes)
    refresh_projections([contact.pk])
    audit.record(action="contact.erase", on=contact, by=by, detail={"request": request.pk} if request else {})
    transaction.on_commit(lambda: ledger.append(erasure, *absorbed))
    have_removed(by=by)
    return erasure


def hashes_of(contact: Contact) -> dict[str, list[str]]:
    """Keyed hashes of everything by which somebody may be written to, as hexadecimal digits."""
    found: dict[str, Iterable[Any]] = {
        "email": EmailAddress.objects.filter(contact=contact).values_list("address_hash", flat=True),
        "phone": PhoneNumber.objects.filter(contact=contact).values_list("address_hash", flat=True),
        "post": post_hashes_of(contact),
    }
    return {kind: sorted(bytes(digest).hex() for digest in digests) for kind, digests in found.items()}


def suppress_erased(hashes: dict[str, list[str]]) -> None:
    """Nothing leaves to these addresses any more, of any kind, whoever brings them in again."""
    for kind, digests in hashes.items():
        for channel in _CHANNELS[kind]:
            stop_addresses(
                channel=channel,
                scope=SuppressionScope.EVERYTHING,
                reason=SuppressionReason.ERASURE,
                stopped=[Stopped(bytes.fromhex(digest), {}) for digest in digests],
            )


def have_removed(*, by: User | None) -> Job | None:
    """Let the workers remove whoever is hidden; None when they are about to."""
    if Job.objects.filter(kind=ERASE_JOB, state=Job.State.QUEUED).exists():
        return None
    return enqueue(kind=ERASE_JOB, payload={}, by=by)


def _absorbed_by(contact: Contact) -> list[tuple[int, datetime]]:
    """(number, made) of records that were merged into theirs: a backup from before has them as people."""
    merges = Merge.objects.filter(kept=contact, undone_at=None).order_by("pk")
    made = [(merge.absorbed_id, parse_datetime(merge.snapshot["contact"]["created_at"])) for merge in merges]
    return [(number, moment) for number, moment in made if moment is not None]


def _forget(electors: list[int], *, request: int | None) -> None:
    """Rows of rolls go, nothing is posted to their names at their addresses, no roll brings them back."""
    from contacts.imports.rejects import forget_rejects  # both read what this package says of people
    from contacts.services.export_files import withdraw

    traces = traces_of_electors(electors)
    gone = forget_electors(electors, request=request)
    forget_rejects(traces)
    transaction.on_commit(lambda: withdraw(traces) and None)
    suppress_erased({"post": gone.post})
    transaction.on_commit(lambda: ledger.append_electors(gone))
