"""A request of a person, from its arrival to its answer; each step stands in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import User
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.models import Contact, ElectoralRegistration, PersonRequest, Suppression
from contacts.registry import registry
from contacts.requests.clock import MONTHS_EXTENDED, due
from contacts.requests.electors import post_hashes_of_electors
from contacts.requests.rows import (
    RequestRefused,
    close,
    held,
    held_of_somebody,
    is_theirs,
    proven_request,
    writing_requests,
)
from contacts.services.addresses import normalise_email
from contacts.services.objections import record_objection
from contacts.services.people import PersonFields, update_contact
from contacts.services.suppressions import suppress

Identity, State = PersonRequest.Identity, PersonRequest.State


@transaction.atomic
def open_request(
    *,
    kind: str,
    came_by: str,
    by: User | None,
    contact: Contact | None = None,
    name: str = "",
    address: str = "",
    words: str = "",
    channels: Sequence[Channel] = (),
    language: str = "",
    received_at: datetime | None = None,
    origin: dict[str, Any] | None = None,
) -> PersonRequest:
    """Write a request down; its month runs from `received_at` (now), whoever it turns out to be.

    Raises InvalidAddress for an e-mail address that is none.
    """
    received_at = min(received_at or timezone.now(), timezone.now())
    normalised = normalise_email(address) if address else ""
    request = PersonRequest(
        kind=kind,
        came_by=came_by,
        contact=contact or _person_at(normalised),
        name=name.strip(),
        address=address.strip(),
        address_hash=keyed_hash("email", normalised) if normalised else None,
        language=language or (contact.language if contact is not None else "fr"),
        words=words.strip(),
        channels=[Channel(channel).value for channel in channels],
        received_at=received_at,
        due_on=due(timezone.localtime(received_at).date()),
        origin=origin or {},
        created_by=by,
    )
    _check(request)
    with writing_requests():
        request.save()
    detail = {"kind": request.kind, "came_by": request.came_by, "contact": request.contact_id}
    audit.record(action="request.open", on=request, by=by, detail=detail)
    return request


@transaction.atomic
def take_request(*, request: PersonRequest, by: User) -> None:
    """Say who handles it: they alone are reminded."""
    request = held(request)
    request.handled_by = by
    request.save(update_fields=["handled_by"])
    audit.record(action="request.take", on=request, by=by)


@transaction.atomic
def set_kind(*, request: PersonRequest, kind: str, channels: Sequence[Channel] = (), by: User) -> None:
    """Say what they really ask: people write "unsubscribe me" and "delete everything" on any form."""
    request = held(request)
    request.kind, request.channels = kind, [Channel(channel).value for channel in channels]
    _check(request)
    request.save(update_fields=["kind", "channels"])
    audit.record(action="request.set_kind", on=request, by=by, detail={"kind": kind})


@transaction.atomic
def choose_person(*, request: PersonRequest, contact: Contact, by: User) -> None:
    """Say whose data it is about. A link that went to an address of somebody else proves nothing any more."""
    request = held(request)
    request.contact = contact
    # A row of a roll that is another person's cannot be this one's.
    linked = ElectoralRegistration.objects.filter(pk__in=request.electors).exclude(contact=None)
    others = set(linked.exclude(contact=contact).values_list("pk", flat=True))
    request.electors = [number for number in request.electors if number not in others]
    if not is_theirs(contact, request.address_hash):
        request.identity, request.identity_at, request.identity_how = Identity.UNKNOWN, None, ""
    request.save(update_fields=["contact", "electors", "identity", "identity_at", "identity_how"])
    audit.record(action="request.choose_person", on=request, by=by, detail={"contact": contact.pk})


@transaction.atomic
def name_elector(*, request: PersonRequest, elector: ElectoralRegistration, by: User) -> None:
    """Say that a row of a roll is theirs, beside others; a link to an address proves nothing of it.

    Raises RequestRefused for the row of a person of the base: it is that person whom the request is about.
    """
    request = held(request)
    owner = elector.contact
    if owner is not None and owner.erased_at is None and owner.pk != request.contact_id:
        raise RequestRefused(
            _("This elector is %(person)s, who is in the base: choose that person.") % {"person": owner}
        )
    _set_electors(request, sorted({*request.electors, elector.pk}))
    audit.record(action="request.name_elector", on=request, by=by, detail={"elector": elector.pk})


@transaction.atomic
def unname_elector(*, request: PersonRequest, number: int, by: User) -> None:
    """Say that a row of a roll is not theirs after all."""
    request = held(request)
    _set_electors(request, [one for one in request.electors if one != number])
    audit.record(action="request.unname_elector", on=request, by=by, detail={"elector": number})


@transaction.atomic
def note_correction(*, request: PersonRequest, text: str, by: User) -> None:
    """Write down what is wrong on the roll: it is the commune's, and comes as it is with the next import."""
    request = proven_request(request)
    if not request.electors or not text.strip():
        raise RequestRefused(_("Say first which elector it is, and what is wrong."))
    request.correction = text.strip()
    request.save(update_fields=["correction"])
    audit.record(action="request.note_correction", on=request, by=by)


@transaction.atomic
def extend_request(*, request: PersonRequest, reason: str, by: User) -> None:
    """Take two months more, once, within the first month; the person is told why (Article 12(3))."""
    request = held(request)
    if request.extended_at is not None:
        raise RequestRefused(_("It was extended already: three months are the most there is."))
    if request.days_left < 0:
        raise RequestRefused(_("The month is over: it can no longer be extended. Answer as soon as you can."))
    if not reason.strip():
        raise RequestRefused(_("Say why it takes longer: the person reads it."))
    received = timezone.localtime(request.received_at).date()
    request.extended_at, request.extension_reason = timezone.now(), reason.strip()
    request.due_on, request.reminded = due(received, months=MONTHS_EXTENDED), 0
    request.save(update_fields=["extended_at", "extension_reason", "due_on", "reminded"])
    if request.address:
        registry.tell_person("extended", request)
    audit.record(action="request.extend", on=request, by=by, reason=reason.strip())


@transaction.atomic
def object_for(*, request: PersonRequest, channels: Sequence[str], by: User | None) -> None:
    """End political messages on some channels, or on all when none is named, and close the request."""
    request = held_of_somebody(request)
    wanted = [Channel(channel) for channel in channels] or list(Channel)
    if request.contact is not None:
        record_objection(contact=request.contact, channels=wanted, proof={"request": request.pk}, by=by)
    if Channel.POST in wanted:
        for digest in post_hashes_of_electors(request.electors):
            stop_address(request, Channel.POST, digest, by)
    close(request, State.ANSWERED, "", by, {"channels": [channel.value for channel in wanted]})


@transaction.atomic
def rectify(*, request: PersonRequest, by: User, **fields: Unpack[PersonFields]) -> list[str]:
    """Write what the person says is right; gives the names of the fields that changed."""
    request = proven_request(request)
    if request.contact is None:
        raise RequestRefused(_("This elector is nobody of the base: write down what is wrong on the roll."))
    changed = update_contact(contact=request.contact, by=by, **fields)
    if changed:
        audit.record(action="request.rectify", on=request, by=by, fields=changed)
    return changed


@transaction.atomic
def answer_request(*, request: PersonRequest, answer: str, by: User) -> None:
    """Close it: what was done is said to the person, who reads it by their link."""
    request = held(request)
    if not answer.strip():
        raise RequestRefused(_("Write what you answer: the person reads it."))
    close(request, State.ANSWERED, answer, by)
    if request.address and request.is_proven:
        registry.tell_person("answered", request)


@transaction.atomic
def refuse_request(*, request: PersonRequest, reason: str, by: User) -> None:
    """Close it without doing it, with the reason: the person may complain (Article 12(4))."""
    request = held(request)
    if not reason.strip():
        raise RequestRefused(_("Say why: the person reads it, and may complain about it."))
    close(request, State.REFUSED, reason, by)
    if request.address:
        registry.tell_person("refused", request)


def address_is_stopped(request: PersonRequest) -> bool:
    """True when nothing political leaves to the address of a request, whoever has it."""
    entries = Suppression.objects.in_force().filter(channel=Channel.EMAIL)
    return request.address_hash is not None and entries.filter(address_hash=request.address_hash).exists()


def _check(request: PersonRequest) -> None:
    """What people type or choose; the rest is the program's own. Raises ValidationError."""
    typed = {"kind", "came_by", "name", "address", "language", "words", "channels"}
    request.clean_fields(exclude={field.name for field in request._meta.fields} - typed)


def _set_electors(request: PersonRequest, numbers: list[int]) -> None:
    """A letter that was made for other electors holds no longer; nor does what proved somebody else."""
    request.electors, request.letter_at = numbers, None
    fields = ["electors", "letter_at"]
    if request.contact is None:
        request.identity, request.identity_at, request.identity_how = Identity.UNKNOWN, None, ""
        fields += ["identity", "identity_at", "identity_how"]
    request.save(update_fields=fields)


def stop_address(request: PersonRequest, channel: Channel, digest: bytes, by: User | None) -> None:
    suppress(
        channel=channel,
        address_hash=digest,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.OBJECTION,
        detail={"request": request.pk},
        by=by,
    )


def _person_at(normalised: str) -> Contact | None:
    """Whose address it is, when it is one person's only."""
    if not normalised:
        return None
    people = Contact.objects.visible().filter(emailaddress_set__normalised=normalised).distinct()[:2]
    return people[0] if len(people) == 1 else None
