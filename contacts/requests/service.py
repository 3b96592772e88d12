"""A request of a person, from its arrival to its answer; each step stands in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Unpack

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.database import acting_as
from campaign_crm.platform.models import User
from campaign_crm.platform.walls import current_scope
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.errors import ContactsError
from contacts.folding import fold
from contacts.models import Contact, ElectoralRegistration, EmailAddress, PersonRequest, Suppression
from contacts.registry import registry
from contacts.requests.clock import MONTHS_EXTENDED, due
from contacts.requests.electors import is_code_of, post_hashes_of_electors
from contacts.services.addresses import InvalidAddress, normalise_email
from contacts.services.objections import record_objection
from contacts.services.people import PersonFields, update_contact
from contacts.services.suppressions import suppress

Kind, Identity, State, CameBy = (
    PersonRequest.Kind,
    PersonRequest.Identity,
    PersonRequest.State,
    PersonRequest.CameBy,
)

PEOPLE_AT_ONE_ADDRESS = 50


class RequestRefused(ContactsError):
    """What is asked of a request cannot be done now; the message says why and what to do."""


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
    request = _open(request)
    request.handled_by = by
    request.save(update_fields=["handled_by"])
    audit.record(action="request.take", on=request, by=by)


@transaction.atomic
def set_kind(*, request: PersonRequest, kind: str, channels: Sequence[Channel] = (), by: User) -> None:
    """Say what they really ask: people write "unsubscribe me" and "delete everything" on any form."""
    request = _open(request)
    request.kind, request.channels = kind, [Channel(channel).value for channel in channels]
    _check(request)
    request.save(update_fields=["kind", "channels"])
    audit.record(action="request.set_kind", on=request, by=by, detail={"kind": kind})


@transaction.atomic
def choose_person(*, request: PersonRequest, contact: Contact, by: User) -> None:
    """Say whose data it is about. A link that went to an address of somebody else proves nothing any more."""
    request = _open(request)
    request.contact = contact
    # A row of a roll that is another person's cannot be this one's.
    linked = ElectoralRegistration.objects.filter(pk__in=request.electors).exclude(contact=None)
    others = set(linked.exclude(contact=contact).values_list("pk", flat=True))
    request.electors = [number for number in request.electors if number not in others]
    if not _is_theirs(contact, request.address_hash):
        request.identity, request.identity_at, request.identity_how = Identity.UNKNOWN, None, ""
    request.save(update_fields=["contact", "electors", "identity", "identity_at", "identity_how"])
    audit.record(action="request.choose_person", on=request, by=by, detail={"contact": contact.pk})


@transaction.atomic
def name_elector(*, request: PersonRequest, elector: ElectoralRegistration, by: User) -> None:
    """Say that a row of a roll is theirs, beside others; a link to an address proves nothing of it.

    Raises RequestRefused for the row of a person of the base: it is that person whom the request is about.
    """
    request = _open(request)
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
    request = _open(request)
    _set_electors(request, [one for one in request.electors if one != number])
    audit.record(action="request.unname_elector", on=request, by=by, detail={"elector": number})


@transaction.atomic
def enter_code(*, request: PersonRequest, code: str, by: User | None) -> None:
    """The person has read the letter that went to the address on the roll, and told its code."""
    request = _open(request)
    if not is_code_of(request, code):
        raise RequestRefused(
            _("This is not the code of the last letter, or the letter is over sixty days old.")
        )
    request.identity, request.identity_at = Identity.LETTER, timezone.now()
    request.save(update_fields=["identity", "identity_at"])
    audit.record(action="request.confirm_letter", on=request, by=by)


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
def ask_identity(*, request: PersonRequest, by: User | None) -> None:
    """Send the link that proves who asks: to an address that the person is known by, if they are known.

    Raises RequestRefused when there is no address to send it to.
    """
    request = _open(request)
    address = _address_to_ask(request)
    request.address, request.address_hash = address, keyed_hash("email", normalise_email(address))
    if not request.is_proven:
        request.identity = Identity.ASKED
    request.save(update_fields=["address", "address_hash", "identity"])
    registry.tell_person("identity", request)
    audit.record(action="request.ask_identity", on=request, by=by)


@transaction.atomic
def confirm_identity(*, request: PersonRequest, address_hash: bytes) -> bool:
    """The person opened the link and pressed the button; False when the link proves nothing (any more).

    An objection takes effect at once: nobody has to look at it.
    """
    request = PersonRequest.objects.select_for_update().get(pk=request.pk)
    if bytes(request.address_hash or b"") != address_hash:
        return False
    if request.contact is not None and not _is_theirs(request.contact, address_hash):
        return False
    if not request.is_open or request.is_proven:
        return True
    if request.contact is None and request.electors:  # who reads this mailbox need not be the elector
        if request.kind == Kind.OBJECTION:
            _object_at_once(request)
        return True
    request.identity, request.identity_at = Identity.CONFIRMED, timezone.now()
    request.save(update_fields=["identity", "identity_at"])
    audit.record(action="request.confirm_identity", on=request, by=None)
    if request.kind == Kind.OBJECTION:
        _object_at_once(request)
    return True


@transaction.atomic
def note_identity(*, request: PersonRequest, how: str, by: User) -> None:
    """Write down that the team knows who asks, and how: a paper shown, a call to the known number."""
    request = _open(request)
    if not how.strip():
        raise RequestRefused(_("Say how you know that it is this person."))
    request.identity, request.identity_at = Identity.SHOWN, timezone.now()
    request.identity_how = how.strip()
    request.save(update_fields=["identity", "identity_at", "identity_how"])
    audit.record(action="request.note_identity", on=request, by=by)


@transaction.atomic
def extend_request(*, request: PersonRequest, reason: str, by: User) -> None:
    """Take two months more, once, within the first month; the person is told why (Article 12(3))."""
    request = _open(request)
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
    request = _with_somebody(request)
    wanted = [Channel(channel) for channel in channels] or list(Channel)
    if request.contact is not None:
        record_objection(contact=request.contact, channels=wanted, proof={"request": request.pk}, by=by)
    if Channel.POST in wanted:
        for digest in post_hashes_of_electors(request.electors):
            _stop(request, Channel.POST, digest, by)
    _close(request, State.ANSWERED, "", by, {"channels": [channel.value for channel in wanted]})


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
    request = _open(request)
    if not answer.strip():
        raise RequestRefused(_("Write what you answer: the person reads it."))
    _close(request, State.ANSWERED, answer, by)
    if request.address and request.is_proven:
        registry.tell_person("answered", request)


@transaction.atomic
def refuse_request(*, request: PersonRequest, reason: str, by: User) -> None:
    """Close it without doing it, with the reason: the person may complain (Article 12(4))."""
    request = _open(request)
    if not reason.strip():
        raise RequestRefused(_("Say why: the person reads it, and may complain about it."))
    _close(request, State.REFUSED, reason, by)
    if request.address:
        registry.tell_person("refused", request)


def address_is_stopped(request: PersonRequest) -> bool:
    """True when nothing political leaves to the address of a request, whoever has it."""
    entries = Suppression.objects.in_force().filter(channel=Channel.EMAIL)
    return request.address_hash is not None and entries.filter(address_hash=request.address_hash).exists()


def writing_requests() -> AbstractContextManager[None]:
    """Requests stand in no territory: whoever works in one writes a request down, and reads none."""
    return transaction.atomic() if current_scope() is None else acting_as("crm_system")


def proven_request(request: PersonRequest) -> PersonRequest:
    """The request, locked, of a person or an elector who has proven who they are; raises RequestRefused."""
    request = _with_somebody(request)
    if not request.is_proven:
        raise RequestRefused(_("Check first that this person asks: send them the link."))
    return request


def close_as_done(request: PersonRequest, answer: str, by: User | None, **detail: Any) -> None:
    """End a request whose act was done elsewhere (an erasure, an answer that was downloaded)."""
    _close(request, State.ANSWERED, answer, by, detail)


def _object_at_once(request: PersonRequest) -> None:
    """What a confirmed objection ends without anybody of the team.

    Of several people at the address it is the one whose name was written. When that tells nobody, the address
    itself is not written to any more, whoever has it; other channels wait for an officer to say who it is.
    """
    if request.contact is None:
        request.contact = _named_at(request)
        request.save(update_fields=["contact"])
    if request.contact is not None:
        object_for(request=request, channels=request.channels, by=None)
        return
    wanted = {Channel(channel) for channel in request.channels} or set(Channel)
    if Channel.EMAIL in wanted:
        _stop(request, Channel.EMAIL, bytes(request.address_hash or b""), None)
    if wanted == {Channel.EMAIL}:
        _close(request, State.ANSWERED, "", None, {"channels": [Channel.EMAIL.value]})


def _check(request: PersonRequest) -> None:
    """What people type or choose; the rest is the program's own. Raises ValidationError."""
    typed = {"kind", "came_by", "name", "address", "language", "words", "channels"}
    request.clean_fields(exclude={field.name for field in request._meta.fields} - typed)


def _close(
    request: PersonRequest, state: str, answer: str, by: User | None, detail: dict[str, Any] | None = None
) -> None:
    request.state, request.closed_at, request.answer = state, timezone.now(), answer.strip()
    request.handled_by = request.handled_by or by
    request.save(update_fields=["state", "closed_at", "answer", "handled_by"])
    action = "request.refuse" if state == State.REFUSED else "request.answer"
    audit.record(action=action, on=request, by=by, detail={"kind": request.kind, **(detail or {})})


def _open(request: PersonRequest) -> PersonRequest:
    """The row of today, locked; raises RequestRefused once it is closed."""
    found = PersonRequest.objects.select_for_update().get(pk=request.pk)
    if not found.is_open:
        raise RequestRefused(_("This request is closed already."))
    return found


def _with_somebody(request: PersonRequest) -> PersonRequest:
    found = _open(request)
    if found.contact is not None and found.contact.erased_at is not None:
        found.contact = None
    if found.contact is None and not found.electors:
        raise RequestRefused(_("Say first which person of the base, or which elector, it is about."))
    return found


def _set_electors(request: PersonRequest, numbers: list[int]) -> None:
    """A letter that was made for other electors holds no longer; nor does what proved somebody else."""
    request.electors, request.letter_at = numbers, None
    fields = ["electors", "letter_at"]
    if request.contact is None:
        request.identity, request.identity_at, request.identity_how = Identity.UNKNOWN, None, ""
        fields += ["identity", "identity_at", "identity_how"]
    request.save(update_fields=fields)


def _stop(request: PersonRequest, channel: Channel, digest: bytes, by: User | None) -> None:
    suppress(
        channel=channel,
        address_hash=digest,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.OBJECTION,
        detail={"request": request.pk},
        by=by,
    )


def _address_to_ask(request: PersonRequest) -> str:
    if request.contact is None:
        if request.electors:
            raise RequestRefused(
                _("A roll has no e-mail address: send a letter with a code, or say how you know who asks.")
            )
        if request.address:
            return request.address
        raise RequestRefused(_("No e-mail address is known: say how you know that it is this person."))
    points = EmailAddress.objects.filter(contact=request.contact)
    known = points.filter(address_hash=request.address_hash).first() if request.address_hash else None
    known = known or points.order_by("-is_primary", "pk").first()
    if known is None:
        raise RequestRefused(
            _("We know no e-mail address of this person: say how you know that it is this person.")
        )
    address: str = known.address
    return address


def _person_at(normalised: str) -> Contact | None:
    """Whose address it is, when it is one person's only."""
    if not normalised:
        return None
    people = Contact.objects.visible().filter(emailaddress_set__normalised=normalised).distinct()[:2]
    return people[0] if len(people) == 1 else None


def _named_at(request: PersonRequest) -> Contact | None:
    """Who of those with the address bears the name that was written, when it is one person only."""
    asked = sorted(fold(request.name).split())
    people = Contact.objects.visible().filter(emailaddress_set__address_hash=request.address_hash).distinct()
    named = [
        person
        for person in people[:PEOPLE_AT_ONE_ADDRESS]
        if asked
        and any(
            sorted(fold(f"{person.first_name} {last}").split()) == asked
            for last in (person.last_name, person.birth_name)
        )
    ]
    return named[0] if len(named) == 1 else None


def _is_theirs(contact: Contact, address_hash: bytes | None) -> bool:
    if not address_hash:
        return False
    found: bool = EmailAddress.objects.filter(contact=contact, address_hash=address_hash).exists()
    return found


__all__ = [
    "InvalidAddress",
    "RequestRefused",
    "address_is_stopped",
    "answer_request",
    "ask_identity",
    "choose_person",
    "close_as_done",
    "confirm_identity",
    "enter_code",
    "extend_request",
    "name_elector",
    "note_correction",
    "note_identity",
    "object_for",
    "open_request",
    "proven_request",
    "rectify",
    "refuse_request",
    "set_kind",
    "take_request",
    "unname_elector",
    "writing_requests",
]
