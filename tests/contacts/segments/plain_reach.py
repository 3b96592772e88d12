"""The law of reachability said slowly: one person, one channel, plain Python over the rows as they are.

Reach and its SQL must agree with this page, which shares no code with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from campaign_crm.platform.crypto import keyed_hash
from contacts.enums import UnreachableReason as Reason
from contacts.folding import fold
from contacts.models import Consent, Contact, Source, Suppression

DIGITAL = ("email", "sms")
BROKERS = ("broker_purchase", "broker_rental")
DIRECT = ("form", "api", "hand")
OPEN_TO_ALL_CHANNELS = ("consent", "member", "legitimate_interest")


@dataclass
class Address:
    pk: int | None
    fits: bool
    status: str
    main: bool
    verified: bool
    entries: list[Suppression]

    @property
    def works(self) -> bool:
        return (
            self.fits
            and self.status == "active"
            and not any(entry.scope == "everything" for entry in self.entries)
        )

    @property
    def returned(self) -> bool:
        bounces = any(entry.reason == "hard_bounce" for entry in self.entries)
        return self.fits and (self.status == "bounced" or bounces)


def plain_reason(
    contact: Contact,
    *,
    channel: str,
    kind: str,
    targeted: bool,
    source: Source | None,
    day: date,
    scope: set[int] | None = None,
) -> Reason | None:
    """Why this person is left out; None when they are written to."""
    reason = _reason_anywhere(contact, channel, kind, targeted, source, day)
    of_targeting = reason in (Reason.NO_TARGETING_CONSENT, Reason.UNDER_AGE)
    if scope is None or (reason is not None and not of_targeting):
        return reason
    places = {contact.commune_id}
    if channel not in DIGITAL:
        places |= {registration.commune_id for registration in contact.registrations.filter(left_on=None)}
    return reason if places & scope else Reason.OUT_OF_SCOPE


def _reason_anywhere(
    contact: Contact, channel: str, kind: str, targeted: bool, source: Source | None, day: date
) -> Reason | None:
    if contact.erased_at is not None:
        return Reason.ERASED
    addresses = _addresses(contact, channel)
    works = any(address.works for address in addresses)
    objections = [
        entry for address in addresses for entry in address.entries if entry.reason != "hard_bounce"
    ]
    if kind == "service":
        if works:
            return None
        if any(entry.scope == "everything" for entry in objections):
            return Reason.SUPPRESSED
        return _without_address(addresses)
    if objections:
        return Reason.SUPPRESSED
    said = _last_word(contact, channel, "messages")
    if said is not None and not said.given:
        return Reason.WITHDRAWN
    if not works:
        return _without_address(addresses)
    reason = _basis_reason(contact, channel, said, source if not targeted else None, day)
    if reason is not None or not targeted or channel not in DIGITAL:
        return reason
    return _targeting_reason(contact, channel, day)


def plain_point(contact: Contact, channel: str) -> int | None:
    """The address that is written to: the main one, else a confirmed one, else the oldest."""
    working = [address for address in _addresses(contact, channel) if address.works]
    working.sort(key=lambda found: (not found.main, not found.verified, found.pk is None, found.pk or 0))
    return working[0].pk if working else None


def _without_address(addresses: list[Address]) -> Reason:
    return Reason.BOUNCED if any(address.returned for address in addresses) else Reason.NO_ADDRESS


def _addresses(contact: Contact, channel: str) -> list[Address]:
    if channel == "email":
        return [
            Address(
                point.pk,
                True,
                point.status,
                point.is_primary,
                point.verified_at is not None,
                _entries(point.address_hash, channel),
            )
            for point in contact.emailaddress_set.all()
        ]
    if channel in ("sms", "call"):
        return [
            Address(
                point.pk,
                channel == "call" or point.line == "mobile",
                point.status,
                point.is_primary,
                point.verified_at is not None,
                _entries(point.address_hash, channel),
            )
            for point in contact.phonenumber_set.all()
        ]
    own = [
        Address(
            point.pk,
            bool(point.postcode or point.city),
            point.status,
            point.is_primary,
            False,
            _letters(contact, point.line1, point.locality, point.postcode, point.city),
        )
        for point in contact.postaladdress_set.all()
    ]
    from_rolls = [
        Address(
            None,
            True,
            "active",
            False,
            False,
            _letters(
                contact,
                registration.street,
                registration.locality,
                registration.postcode,
                registration.city,
            ),
        )
        for registration in contact.registrations.filter(left_on=None)
        if registration.street or registration.locality
    ]
    return own + from_rolls


def _letters(contact: Contact, line: str, hamlet: str, postcode: str, town: str) -> list[Suppression]:
    """Objections to letters: to one of the person's names at this address."""
    names = [(contact.last_name, contact.first_name), (contact.birth_name, contact.first_name)]
    for registration in contact.registrations.all():
        forenames = registration.first_names.replace(",", " ").split() or [""]
        names += [(registration.birth_name, forenames[0]), (registration.used_name, forenames[0])]
    found = []
    for last, first in set(names):
        if last:
            words = " ".join(sorted(fold(f"{first} {last}").split()))
            where = f"{fold(line) or fold(hamlet)}|{fold(postcode) or fold(town)}"
            found += _entries(keyed_hash("post", f"{words}|{where}"), "post")
    return found


def _entries(address_hash: bytes, channel: str) -> list[Suppression]:
    return [
        entry
        for entry in Suppression.objects.all()
        if bytes(entry.address_hash) == bytes(address_hash)
        and entry.channel == channel
        and entry.lifted_at is None
    ]


def _last_word(contact: Contact, channel: str, purpose: str) -> Consent | None:
    entries = [
        entry for entry in contact.consents.all() if entry.channel == channel and entry.purpose == purpose
    ]
    return max(entries, key=lambda entry: (entry.at, entry.pk), default=None)


def _sources(contact: Contact) -> list[Source]:
    named = [link.source for link in contact.source_links.all()]
    return named + [registration.source for registration in contact.registrations.filter(left_on=None)]


def _opens(source: Source, channel: str) -> bool:
    if channel not in source.channels:
        return False
    if source.lawful_basis == "public_roll":
        return channel == "post"
    return source.lawful_basis in OPEN_TO_ALL_CHANNELS


def _silent(contact: Contact, channel: str) -> set[int]:
    """Sources of consent whose newest file has an empty or negative cell for the channel."""
    return {
        link.source_id
        for link in contact.source_links.all()
        if link.source.lawful_basis == "consent" and link.said and channel in link.said[-1]["not"]
    } - {registration.source_id for registration in contact.registrations.filter(left_on=None)}


def _ended(source: Source, day: date) -> bool:
    return source.licence_ends_on is not None and source.licence_ends_on < day


def _basis_reason(
    contact: Contact, channel: str, said: Consent | None, whole: Source | None, day: date
) -> Reason | None:
    if said is not None:
        return None
    sources = _sources(contact)
    silent = _silent(contact, channel)
    opening = [source for source in sources if _opens(source, channel) and source.pk not in silent]
    usual = [source for source in opening if not (source.kind in BROKERS and channel in DIGITAL)]
    brokers = [source for source in opening if source.kind in BROKERS and channel in DIGITAL]
    if any(not _ended(source, day) for source in usual):
        return None
    named_by_file = [link.source for link in contact.source_links.all()]
    if whole in brokers and whole in named_by_file and not _ended(whole, day):
        return None
    if not usual and sources and all(source.kind == "roll" for source in sources):
        return Reason.ROLL_ONLY
    if any(not _ended(source, day) for source in brokers):
        return Reason.BROKER_ONLY
    return Reason.LICENCE_ENDED if opening else Reason.NO_BASIS


def _targeting_reason(contact: Contact, channel: str, day: date) -> Reason | None:
    said = _last_word(contact, channel, "targeting")
    if said is None or not said.given or said.source is None or said.source.kind not in DIRECT:
        return Reason.NO_TARGETING_CONSENT
    born = contact.birth_date
    if born is None:
        years = None if contact.birth_year is None else day.year - contact.birth_year
        return Reason.UNDER_AGE if years is not None and years < 17 else None
    had_birthday = (day.month, day.day) >= (born.month, born.day)
    age = day.year - born.year - (0 if had_birthday else 1)
    return Reason.UNDER_AGE if age < 17 else None
