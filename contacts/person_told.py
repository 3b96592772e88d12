"""Who somebody is, in a few words, for a program that is told of them."""

from __future__ import annotations

from typing import Any

from contacts.models import Contact


def person_told(number: int) -> dict[str, Any] | None:
    """Name, addresses and commune; None for who is erased, or outside the walls of the moment."""
    found = (
        Contact.objects.visible()
        .select_related("commune")
        .prefetch_related("emailaddress_set", "phonenumber_set")
        .filter(pk=number)
        .first()
    )
    if found is None:
        return None
    return {
        "id": found.pk,
        "first_name": found.first_name,
        "last_name": found.last_name,
        "commune": found.commune.code if found.commune else None,
        "emails": [point.address for point in found.emailaddress_set.all()],
        "phones": [point.e164 for point in found.phonenumber_set.all()],
    }
