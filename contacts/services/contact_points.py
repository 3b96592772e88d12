"""Adding, checking and removing the addresses and numbers of a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Func, Value
from django.utils import timezone

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import Channel, ConsentPurpose, PointStatus, SuppressionReason
from contacts.households.finding import refresh_households
from contacts.models import Consent, Contact, EmailAddress, PhoneNumber, PostalAddress, Source, Suppression
from contacts.services.addresses import (
    EMAIL_PATTERN,
    InvalidAddress,
    Phone,
    normalise_email,
    normalise_for,
    normalise_phone,
)
from contacts.services.communes import commune_of, live_at
from contacts.services.kept_refusals import keep_withdrawal
from contacts.services.post_keys import post_hashes_of
from contacts.services.projections import refresh_people_at, refresh_projections
from contacts.services.suppressions import lift_hard_bounce

__all__ = [
    "EMAIL_PATTERN",
    "InvalidAddress",
    "Phone",
    "add_email",
    "add_phone",
    "add_postal_address",
    "confirm_point",
    "normalise_email",
    "normalise_for",
    "normalise_phone",
    "remove_point",
    "set_primary",
]

Point = EmailAddress | PhoneNumber | PostalAddress
AnyPoint = TypeVar("AnyPoint", EmailAddress, PhoneNumber, PostalAddress)
CHANNELS_OF: dict[type[Point], tuple[Channel, ...]] = {
    EmailAddress: (Channel.EMAIL,),
    PhoneNumber: (Channel.SMS, Channel.CALL),
    PostalAddress: (Channel.POST,),
}


@transaction.atomic
def add_email(*, contact: Contact, address: str, source: Source | None, by: User | None) -> EmailAddress:
    """Give a person an e-mail address, or find the one they have; the first is the main one.

    Raises InvalidAddress.
    """
    normalised = normalise_email(address)
    point, created = EmailAddress.objects.get_or_create(
        contact=contact,
        normalised=normalised,
        defaults={
            "address": address.strip(),
            "source": source,
            "is_primary": _has_no_main(EmailAddress, contact),
        },
    )
    return _added(point, created, by)


@transaction.atomic
def add_phone(
    *, contact: Contact, number: str, source: Source | None, by: User | None, region: str = "FR"
) -> PhoneNumber:
    """Give a person a phone number, or find the one they have; the first is the main one.

    Raises InvalidAddress.
    """
    phone = normalise_phone(number, region)
    point, created = PhoneNumber.objects.get_or_create(
        contact=contact,
        e164=phone.e164,
        defaults={
            "line": phone.line,
            "source": source,
            "is_primary": _has_no_main(PhoneNumber, contact),
        },
    )
    return _added(point, created, by)


@transaction.atomic
def add_postal_address(
    *, contact: Contact, source: Source | None, by: User | None, **lines: Any
) -> PostalAddress:
    """Give a person a postal address, or find the one they have.

    `lines`: `line1`, `line2`, `locality`, `postcode`, `city`, `country`, `commune`. An address that folds to
    one the person has is that one. The first is the main one. The commune is recognised where it is not
    given, and is the person's too when theirs is not known.
    """
    if lines.get("commune") is None:
        lines = {name: value for name, value in lines.items() if name != "commune"}
        lines["commune_id"] = commune_of(lines)
    candidate = PostalAddress(
        contact=contact, source=source, is_primary=_has_no_main(PostalAddress, contact), **lines
    )
    same = PostalAddress.objects.filter(contact=contact, folded=_home_key(candidate)).first()
    if same is None:
        candidate.save()
        if live_at(candidate):
            contact.commune_id = candidate.commune_id
    return _added(same or candidate, same is None, by)


def _home_key(address: PostalAddress) -> Func:
    """What `folded` will be."""
    names = ("line1", "line2", "locality", "postcode", "city")
    return Func(*(Value(getattr(address, name)) for name in names), function="home_key")


@transaction.atomic
def set_primary(*, point: Point, by: User | None) -> None:
    """Make an address or number the main one of its kind for its person."""
    model = type(point)
    model._default_manager.filter(contact_id=point.contact_id, is_primary=True).update(is_primary=False)
    model._default_manager.filter(pk=point.pk).update(is_primary=True)
    point.is_primary = True
    if isinstance(point, PostalAddress):
        live_at(point, moved=True)
    _record("contact.set_primary", point, by)
    refresh_projections([point.contact_id])


@transaction.atomic
def confirm_point(
    *, point: EmailAddress | PhoneNumber, by: User | None = None, at: datetime | None = None
) -> None:
    """Note that the person answered from this address or number, which is therefore theirs and works.

    That it works is true for everybody who has it, as its return was; that it is theirs, for them only.
    """
    point.verified_at = at or timezone.now()
    point.status = PointStatus.ACTIVE
    point.save(update_fields=["verified_at", "status"])
    digest = bytes(point.address_hash)
    sharing = type(point)._default_manager.filter(address_hash=digest, status=PointStatus.BOUNCED)
    sharing.update(status=PointStatus.ACTIVE)
    for channel in CHANNELS_OF[type(point)]:
        lift_hard_bounce(address_hash=digest, channel=channel, by=by)
    _record("contact.confirm_point", point, by)
    refresh_people_at(digest)


@transaction.atomic
def remove_point(*, point: Point, by: User | None) -> None:
    """Take an address or number from a person; the next one becomes the main one.

    If somebody objected by that address, the objection stays with the person as a withdrawal: removing an
    address must not open the next one.
    """
    contact_id, model, was_primary = point.contact_id, type(point), point.is_primary
    for channel in CHANNELS_OF[model]:
        if _objected(_hashes_of(point), channel):
            withdrawn = Consent.objects.create(
                contact_id=contact_id,
                channel=channel,
                purpose=ConsentPurpose.MESSAGES,
                given=False,
                proof={"removed_address": True},
                recorded_by=by,
            )
            withdrawn.refresh_from_db(fields=["at"])
            keep_withdrawal(withdrawn)
    _record("contact.remove_point", point, by)
    point.delete()
    heir = model._default_manager.filter(contact_id=contact_id).order_by("pk").first()
    if was_primary and heir is not None:
        model._default_manager.filter(pk=heir.pk).update(is_primary=True)
    refresh_projections([contact_id])
    _live_together_again(contact_id, by)


def _has_no_main(model: type[Point], contact: Contact) -> bool:
    return not model._default_manager.filter(contact=contact, is_primary=True).exists()


def _hashes_of(point: Point) -> set[bytes]:
    """What the do-not-contact list may keep of an address or number."""
    if isinstance(point, PostalAddress):
        return post_hashes_of(point.contact, only=point)
    return {bytes(point.address_hash)}


def _objected(hashes: set[bytes], channel: Channel) -> bool:
    return (
        Suppression.objects.filter(address_hash__in=hashes, channel=channel, lifted_at__isnull=True)
        .exclude(reason=SuppressionReason.HARD_BOUNCE)
        .exists()
    )


def _added(point: AnyPoint, created: bool, by: User | None) -> AnyPoint:
    if created:
        _record(f"contact.add_{point._meta.model_name}", point, by)
        refresh_projections([point.contact_id])
        _live_together_again(point.contact_id, by)
    return point


def _live_together_again(contact_id: int, by: User | None) -> None:
    """Who changes an address by hand sees the household at once; a burst of sign-ups waits for the night."""
    if by is not None:
        refresh_households([contact_id])


def _record(action: str, point: Point, by: User | None) -> None:
    audit.record(action=action, on=point.contact, by=by, detail={"point": point.pk})
