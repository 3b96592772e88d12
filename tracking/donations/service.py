"""Writing donations down, by whatever way they come: each receipt number once, nothing that came is lost.

Who gave is found by an address that one person alone has. A gift of nobody known is kept, and waits for
somebody to say whose it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import seal
from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.models import User
from contacts.models import Contact, EmailAddress
from contacts.services.addresses import InvalidAddress, normalise_email
from tracking.donations.attribution import campaigns_named, last_clicked
from tracking.enums import InteractionKind
from tracking.errors import TrackingError
from tracking.models import Donation, DonationRule, Interaction

NOON = time(12)
MOST = 100_000_00  # cents: beyond, a comma was forgotten


class DonationRefused(TrackingError):
    """It cannot be written down like that; the message says why."""


class ReceiptKnown(DonationRefused):
    """A donation with this receipt number is known already."""


@dataclass(frozen=True)
class Gift:
    """One donation as it came. `amount` in cents; `reference`: of the mailing whose link it came by."""

    receipt: str
    amount: int
    given_on: date
    method: str
    contact: int | None = None
    address: str = ""
    name: str = ""
    reference: str = ""


def record_donation(*, gift: Gift, came_by: str, by: User | None) -> Donation:
    """Write one donation down; raises DonationRefused, or ReceiptKnown."""
    if fault := fault_of(gift):
        raise DonationRefused(fault)
    made = record_donations(gifts=[gift], came_by=came_by, by=by)
    if not made:
        raise ReceiptKnown(_("A donation with this receipt number is known already."))
    return made[0]


@transaction.atomic
def record_donations(*, gifts: Sequence[Gift], came_by: str, by: User | None) -> list[Donation]:
    """Write donations down, in few queries; those whose receipt number is known change nothing.

    Gifts with a fault must have been left out. Returns those that are new.
    """
    people = people_at(gift.address for gift in gifts if gift.contact is None)
    named = campaigns_named(gift.reference for gift in gifts)
    made = [
        Donation(
            contact_id=gift.contact or people.get(_normalised(gift.address)),
            name=gift.name.strip()[:200],
            address=gift.address.strip()[:254],
            amount=gift.amount,
            given_on=gift.given_on,
            method=gift.method,
            receipt=gift.receipt.strip(),
            campaign_id=named.get(gift.reference),
            came_by=came_by,
            created_by=by,
        )
        for gift in gifts
    ]
    events = [one.event_id for one in made]
    Donation.objects.bulk_create(made, ignore_conflicts=True)
    kept = list(Donation.objects.filter(event_id__in=events))
    _attribute([one for one in kept if one.campaign_id is None and one.contact_id is not None])
    _tell(kept)
    if kept:
        audit.record(
            action="donation.record", on=kept[0], by=by, detail={"came_by": came_by, "donations": len(kept)}
        )
    return kept


@transaction.atomic
def match_donation(*, donation: Donation, contact: Contact, by: User) -> None:
    """Say whose a donation of nobody known is."""
    held = Donation.objects.select_for_update().get(pk=donation.pk)
    if held.contact_id is not None:
        raise DonationRefused(_("Somebody said already whose it is."))
    held.contact, held.name, held.address = contact, "", ""
    held.save(update_fields=["contact", "name", "address"])
    _attribute([held] if held.campaign_id is None else [])
    _tell([held])
    audit.record(action="donation.match", on=held, by=by)


@transaction.atomic
def cancel_donation(*, donation: Donation, by: User) -> None:
    """It was given back, or never came: it stays, and counts no more."""
    cancelled = Donation.objects.filter(pk=donation.pk, cancelled_at=None).update(cancelled_at=timezone.now())
    if cancelled:
        Interaction.objects.filter(at=_noon(donation.given_on), event_id=donation.event_id).delete()
        audit.record(action="donation.cancel", on=donation, by=by)


@transaction.atomic
def change_rules(*, by: User, **fields: Any) -> None:
    """Ceilings (cents, or None), the day from which gifts add up, the page where people give."""
    DonationRule.objects.update_or_create(pk=1, defaults=fields)
    audit.record(action="donation.rules", on=DonationRule.current(), by=by, fields=sorted(fields))


@transaction.atomic
def renew_secret(*, by: User) -> str:
    """Make another secret for the payment page's calls, told once; the old one opens nothing more."""
    secret = secrets.token_urlsafe(32)
    DonationRule.objects.update_or_create(pk=1, defaults={"sealed_secret": seal({"secret": secret})})
    audit.record(action="donation.secret", on=DonationRule.current(), by=by)
    return secret


def fault_of(gift: Gift) -> str:
    """What is wrong with a gift, in words; empty when nothing is."""
    if not 0 < len(gift.receipt.strip()) <= 60:
        return _("The receipt number is missing or too long.")
    if not 0 < gift.amount <= MOST:
        return _("The amount is not between 0.01 and 100,000 euros.")
    if not date(2000, 1, 1) <= gift.given_on <= timezone.localdate() + timedelta(days=1):
        return _("The day is not one on which somebody can have given.")
    if gift.method not in Donation.Method.values:
        return _("The way of paying is not known.")
    return ""


def people_at(addresses: Any) -> dict[str, int]:
    """{normalised address: person} of those that one person alone has."""
    wanted = {one for one in map(_normalised, addresses) if one}
    alone = (
        EmailAddress.objects.filter(normalised__in=wanted, contact__erased_at=None)
        .values("normalised")
        .annotate(people=Count("contact", distinct=True), contact=Min("contact"))
        .filter(people=1)
    )
    return dict(alone.values_list("normalised", "contact"))


def _normalised(address: str) -> str:
    try:
        return normalise_email(address) if address.strip() else ""
    except InvalidAddress:
        return ""


def _attribute(donations: list[Donation]) -> None:
    """Those without a reference: by the last link to the page that their giver clicked, if that is known."""
    found = last_clicked(donations)
    for one in donations:
        one.campaign_id = found.get(one.pk)
    Donation.objects.bulk_update([one for one in donations if one.campaign_id], ["campaign"])


def _tell(donations: Sequence[Donation]) -> None:
    """A line on the timeline of each giver, without the amount."""
    for month in {_noon(one.given_on).astimezone(UTC).strftime("%Y-%m-01") for one in donations}:
        ensure_partition("tracking_interaction", month)
    months = dict(
        Donation.objects.filter(pk__in=[one.pk for one in donations], campaign__isnull=False).values_list(
            "pk", "campaign__ledger_month"
        )
    )
    Interaction.objects.bulk_create(
        [
            Interaction(
                at=_noon(one.given_on),
                event_id=one.event_id,
                kind=InteractionKind.DONATION,
                contact_id=one.contact_id,
                campaign_id=one.campaign_id,
                ledger_month=months.get(one.pk),
            )
            for one in donations
            if one.contact_id is not None
        ],
        ignore_conflicts=True,
    )


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, NOON))
