"""Recognising a person who is there already; the import engine does the same for a whole file at once."""

from __future__ import annotations

import zlib
from collections import Counter
from datetime import date
from typing import NamedTuple

from django.db import connection

from contacts.duplicates.candidates import NOBODYS, local_word
from contacts.folding import fold
from contacts.models import Contact, ContactSource, ElectoralRegistration, Source
from contacts.services.addresses import normalise_email, normalise_phone

MATCHING_LOCK = 5207  # the first key of our advisory locks on addresses; any number that no one else uses


def find_person(
    *,
    email: str = "",
    first_name: str = "",
    last_name: str = "",
    birth_date: date | None = None,
    phone: str = "",
    source: Source | None = None,
) -> Contact | None:
    """Return the person that these facts name, None when there is none or one cannot tell.

    Same e-mail and same name is the same person; so is same number and same name. A shared address alone
    never makes two names one: without a name on either side, the address must be held by one person only, and
    be no mailbox of an organisation. Different birth dates are different people. A stub is its elector.

    Of several records that agree, the one with most other facts is meant: the number, the birth date; then
    the one that `source` named before. A father and a son of one name who are equal in that are neither:
    better a record more, which waits for a review, than the facts of one with the other. Raises
    InvalidAddress.

    Until the caller's transaction ends, others who ask for the same address wait: two identical requests at
    once give one person.
    """
    asked = _Asked((fold(last_name), fold(first_name)), birth_date, source)
    at_email, at_phone = [], []
    if email:
        normalised = normalise_email(email)
        _one_at_a_time(f"email {normalised}")
        at_email = _holders(asked, emailaddress_set__normalised=normalised)
    if phone and any(asked.names):
        e164 = normalise_phone(phone).e164
        _one_at_a_time(f"phone {e164}")
        at_phone = _holders(asked, phonenumber_set__e164=e164)
    if not any(asked.names):
        only = at_email[0] if len(at_email) == 1 else None
        return only if only and not _is_an_organisations(normalised) else None
    names = _names([*at_email, *at_phone])
    same = [one for one in [*at_email, *at_phone] if asked.names in names[one.pk]]
    if same:
        return _meant(same, asked)
    if len(at_email) == 1 and names[at_email[0].pk] == {("", "")} and not _is_an_organisations(normalised):
        return at_email[0]
    return None


class _Asked(NamedTuple):
    names: tuple[str, str]
    birth_date: date | None
    source: Source | None


def _holders(asked: _Asked, **point: str) -> list[Contact]:
    """Who has an address, without those who were born another day."""
    holders = Contact.objects.filter(**point, erased_at__isnull=True).order_by("pk")
    if asked.birth_date is None:
        return list(holders)
    return [
        one
        for one in holders
        if one.birth_date == asked.birth_date
        or (one.birth_date is None and one.birth_year in (None, asked.birth_date.year))
    ]


def _is_an_organisations(normalised: str) -> bool:
    return local_word(normalised) in NOBODYS


def _meant(same: list[Contact], asked: _Asked) -> Contact | None:
    """The namesake of whom most is said, by one address or both; None when two are equal.

    `same` has whoever has both addresses twice.
    """
    people = {one.pk: one for one in same}
    if len(people) == 1:
        return same[0]
    addresses = Counter(one.pk for one in same)
    named_before = set(
        ContactSource.objects.filter(contact__in=people, source=asked.source).values_list(
            "contact_id", flat=True
        )
    )

    def facts(pk: int) -> tuple[int, bool]:
        born = people[pk].birth_date
        return addresses[pk] + (born is not None and born == asked.birth_date), pk in named_before

    best, second = sorted(people, key=facts, reverse=True)[:2]
    return people[best] if facts(best) > facts(second) else None


def _names(contacts: list[Contact]) -> dict[int, set[tuple[str, str]]]:
    """Folded (last name, forename) of each; a stub has its elector's, by the first forename or by all."""
    found: dict[int, set[tuple[str, str]]] = {}
    for contact in contacts:
        found[contact.pk] = (
            set() if contact.is_stub else {(fold(contact.last_name), fold(contact.first_name))}
        )
    stubs = [contact.pk for contact in contacts if contact.is_stub]
    for elector in ElectoralRegistration.objects.filter(contact__in=stubs):
        forenames = {elector.first_names, *elector.first_names.replace(",", " ").split()[:1]}
        lasts = {elector.birth_name, elector.used_name or elector.birth_name}
        found[elector.contact_id or 0] |= {(fold(last), fold(first)) for last in lasts for first in forenames}
    return found


def _one_at_a_time(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [MATCHING_LOCK, _signed(what)])


def _signed(what: str) -> int:
    return zlib.crc32(what.encode()) - 2**31
