"""Who asks: a link to a known address, a letter to the address on the roll, or what the team saw."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import User
from contacts.enums import Channel
from contacts.folding import fold
from contacts.models import Contact, EmailAddress, PersonRequest
from contacts.registry import registry
from contacts.requests.electors import is_code_of
from contacts.requests.rows import RequestRefused, close, held, is_theirs
from contacts.requests.service import object_for, stop_address
from contacts.services.addresses import normalise_email

Kind, Identity, State = PersonRequest.Kind, PersonRequest.Identity, PersonRequest.State

PEOPLE_AT_ONE_ADDRESS = 50


@transaction.atomic
def ask_identity(*, request: PersonRequest, by: User | None) -> None:
    """Send the link that proves who asks: to an address that the person is known by, if they are known.

    Raises RequestRefused when there is no address to send it to.
    """
    request = held(request)
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
    if request.contact is not None and not is_theirs(request.contact, address_hash):
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
    request = held(request)
    if not how.strip():
        raise RequestRefused(_("Say how you know that it is this person."))
    request.identity, request.identity_at = Identity.SHOWN, timezone.now()
    request.identity_how = how.strip()
    request.save(update_fields=["identity", "identity_at", "identity_how"])
    audit.record(action="request.note_identity", on=request, by=by)


@transaction.atomic
def enter_code(*, request: PersonRequest, code: str, by: User | None) -> None:
    """The person has read the letter that went to the address on the roll, and told its code."""
    request = held(request)
    if not is_code_of(request, code):
        raise RequestRefused(
            _("This is not the code of the last letter, or the letter is over sixty days old.")
        )
    request.identity, request.identity_at = Identity.LETTER, timezone.now()
    request.save(update_fields=["identity", "identity_at"])
    audit.record(action="request.confirm_letter", on=request, by=by)


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
        stop_address(request, Channel.EMAIL, bytes(request.address_hash or b""), None)
    if wanted == {Channel.EMAIL}:
        close(request, State.ANSWERED, "", None, {"channels": [Channel.EMAIL.value]})


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
