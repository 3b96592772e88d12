"""Recognising a person who is there already; the import engine does the same for a whole file at once."""

from __future__ import annotations

import zlib
from datetime import date

from django.db import connection
from django.db.models import QuerySet

from contacts.folding import fold
from contacts.models import Contact
from contacts.services.addresses import normalise_email, normalise_phone

MATCHING_LOCK = 5207  # the first key of our advisory locks on addresses; any number that no one else uses


def find_person(
    *,
    email: str = "",
    first_name: str = "",
    last_name: str = "",
    birth_date: date | None = None,
    phone: str = "",
) -> Contact | None:
    """Return the person that these facts name, None when there is none or one cannot tell.

    Same e-mail and same name is the same person; so is same number and same name. A shared address alone
    never makes two names one: without a name on either side, the address must be held by one person only.
    Different birth dates are different people. Of two records that agree, the older is taken. Raises
    InvalidAddress.

    Until the caller's transaction ends, others who ask for the same address wait: two identical requests at
    once give one person.
    """
    names = (fold(last_name), fold(first_name))
    if email:
        normalised = normalise_email(email)
        _one_at_a_time(f"email {normalised}")
        found = _pick(Contact.objects.filter(emailaddress_set__normalised=normalised), names, birth_date)
        if found is not None:
            return found
    if phone and any(names):
        e164 = normalise_phone(phone).e164
        _one_at_a_time(f"phone {e164}")
        holders = Contact.objects.filter(phonenumber_set__e164=e164)
        return _pick(holders, names, birth_date, nameless_fits=False)
    return None


def _pick(
    holders: QuerySet[Contact],
    names: tuple[str, str],
    birth_date: date | None,
    *,
    nameless_fits: bool = True,
) -> Contact | None:
    candidates = [
        contact
        for contact in holders.filter(erased_at__isnull=True).order_by("pk")
        if birth_date is None or contact.birth_date is None or contact.birth_date == birth_date
    ]
    same = [contact for contact in candidates if _names(contact) == names]
    if same and any(names):
        return same[0]
    if not nameless_fits:
        return None
    if not any(names):
        return candidates[0] if len(candidates) == 1 else None
    nameless = [contact for contact in candidates if not any(_names(contact))]
    return nameless[0] if len(nameless) == 1 and len(candidates) == 1 else None


def _names(contact: Contact) -> tuple[str, str]:
    return (fold(contact.last_name), fold(contact.first_name))


def _one_at_a_time(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [MATCHING_LOCK, _signed(what)])


def _signed(what: str) -> int:
    return zlib.crc32(what.encode()) - 2**31
