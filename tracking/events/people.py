"""Who registers: found among the people known, or made. As by a form, nothing known is overwritten.

With an e-mail address, what they agree to and their number wait until they confirm it on the page of their
ticket; a person at the door who gives none has nothing to confirm by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import cast

from django.db import transaction
from django.utils import timezone

from contacts.enums import Channel, ConsentPurpose, LawfulBasis, SourceKind
from contacts.models import ConsentWording, Contact, Source
from contacts.services.consents import record_consent
from contacts.services.contact_points import add_email, add_phone, add_postal_address, confirm_point
from contacts.services.matching import find_person
from contacts.services.people import PersonFields, add_source, create_contact, update_contact
from contacts.services.relationships import refresh_relationships
from contacts.services.suppressions import lift_by_person
from tracking.enums import InteractionKind
from tracking.models import Rsvp
from tracking.services.interactions import record_interaction

EVENTS = "Events"
CONFIRMED_WITHIN = timedelta(days=30)
NAMES = ("first_name", "last_name")
TO_WRITE = (Channel.EMAIL, ConsentPurpose.MESSAGES)


def events_source() -> Source:
    """The source of who registers for events: they speak for themselves, and it allows nothing by itself."""
    source, _created = Source.objects.get_or_create(
        name=EVENTS, defaults={"kind": SourceKind.FORM, "lawful_basis": LawfulBasis.NONE}
    )
    return source


def person_of(values: Mapping[str, str], *, language: str) -> Contact:
    """The person of these answers: names, and email, phone, postcode, city as far as they were given.

    A new person has their address at once; a known one gets another only once it is confirmed.
    """
    source = events_source()
    given = cast(PersonFields, {name: values[name] for name in NAMES if values.get(name)})
    found = find_person(
        email=values.get("email", ""), phone=values.get("phone", ""), source=source, **_names(values)
    )
    if found is None:
        given["language"] = language
        contact = create_contact(source=source, by=None, email=values.get("email", ""), **given)
    else:
        missing = {name: value for name, value in given.items() if not getattr(found, name)}
        update_contact(contact=found, by=None, source=source, **cast(PersonFields, missing))
        add_source(contact=found, source=source, by=None)
        contact = found
    if values.get("phone") and not values.get("email"):
        add_phone(contact=contact, number=values["phone"], source=source, by=None)
    if values.get("postcode") or values.get("city"):
        town = {name: values.get(name, "") for name in ("postcode", "city")}
        add_postal_address(contact=contact, source=source, by=None, **town)
    return contact


def _names(values: Mapping[str, str]) -> dict[str, str]:
    return {name: values.get(name, "") for name in NAMES}


def may_confirm(rsvp: Rsvp) -> bool:
    """Whether their page still asks: they agreed to something and have not confirmed it."""
    if rsvp.confirmed_at is not None or rsvp.contact_id is None or not rsvp.email:
        return False
    return bool(rsvp.consents) and timezone.now() - rsvp.at <= CONFIRMED_WITHIN


@transaction.atomic
def confirm(*, rsvp: Rsvp) -> None:
    """They pressed the button on their own page: their address is theirs, and what they agreed to holds."""
    rsvp = Rsvp.objects.select_for_update(of=("self",)).get(pk=rsvp.pk)
    if not may_confirm(rsvp):
        return
    contact = Contact.objects.get(pk=rsvp.contact_id)
    source, proof = events_source(), {"rsvp": rsvp.pk, "how": "page of the registration"}
    point = contact.emailaddress_set.filter(address_hash=rsvp.address_hash).first()
    if point is None:
        point = add_email(contact=contact, address=rsvp.email, source=source, by=None)
    confirm_point(point=point)
    if rsvp.phone:
        add_phone(contact=contact, number=rsvp.phone, source=source, by=None)
    wordings = wordings_of(rsvp)
    record_given(contact, wordings, rsvp)
    if any((one.channel, one.purpose) == TO_WRITE for one in wordings):
        lift_by_person(address_hash=bytes(rsvp.address_hash or b""), channel=Channel.EMAIL, proof=proof)
    rsvp.confirmed_at = timezone.now()
    rsvp.save(update_fields=["confirmed_at"])
    record_interaction(kind=InteractionKind.CONFIRM, contact_id=contact.pk, data=proof)
    refresh_relationships([contact.pk])


def wordings_of(rsvp: Rsvp) -> list[ConsentWording]:
    """What they ticked."""
    return list(ConsentWording.objects.filter(pk__in=rsvp.consents).order_by("pk"))


def record_given(contact: Contact, wordings: Iterable[ConsentWording], rsvp: Rsvp) -> None:
    """Write down the boxes that a registration ticked."""
    for wording in wordings:
        record_consent(
            contact=contact,
            channel=Channel(wording.channel),
            purpose=ConsentPurpose(wording.purpose),
            given=True,
            source=events_source(),
            wording=wording,
            proof={"event": rsvp.event_id, "rsvp": rsvp.pk},
            by=None,
        )
