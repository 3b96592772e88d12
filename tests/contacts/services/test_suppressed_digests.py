"""Hashes of addresses as other programs make them: the same in SQL, and settled when the address comes in."""

import hashlib

import pytest
from django.db import connection

from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.models import Contact, EmailAddress, SuppressedDigest, Suppression
from contacts.services.contact_points import add_email

pytestmark = pytest.mark.django_db

TEXTS = ["", "a", "lea.martin@example.org", "x" * 55, "x" * 56, "x" * 64, "é" * 70, "y" * 300]


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_sql_makes_the_hashes_that_python_makes(algorithm) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_digest(%s, text) FROM unnest(%s::text[]) AS text", [algorithm, TEXTS])
        made = [bytes(row[0]).hex() for row in cursor.fetchall()]
    assert made == [hashlib.new(algorithm, text.encode()).hexdigest() for text in TEXTS]


def waiting(address: str, algorithm: str = "sha1") -> SuppressedDigest:
    return SuppressedDigest.objects.create(
        algorithm=algorithm,
        digest=hashlib.new(algorithm, address.encode()).digest(),
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.IMPORTED,
        detail={"imports": [7]},
    )


def test_an_address_that_comes_in_later_is_not_written_to() -> None:
    waiting("lea@example.org")
    other = waiting("other@example.org", "md5")
    lea = Contact.objects.create(first_name="Léa")
    point = add_email(contact=lea, address="Lea@Example.org", source=None, by=None)
    entry = Suppression.objects.get()
    assert (bytes(entry.address_hash), entry.scope, entry.reason, entry.detail) == (
        bytes(point.address_hash),
        "political",
        "imported",
        {"imports": [7]},
    )
    assert lea.reach.get(channel="email").reason == "suppressed"
    assert list(SuppressedDigest.objects.all()) == [other]


def test_addresses_written_together_are_settled_together() -> None:
    waiting("a@example.org", "md5")
    waiting("a@example.org", "sha256")
    waiting("b@example.org", "sha1")
    people = [Contact.objects.create(last_name=name) for name in "abc"]
    for person in people:
        EmailAddress.objects.bulk_create(
            [
                EmailAddress(
                    contact=person,
                    address=f"{person.last_name}@example.org",
                    normalised=f"{person.last_name}@example.org",
                    address_hash=bytes([person.pk % 256] * 32),
                )
            ]
        )
    assert Suppression.objects.count() == 2
    assert not SuppressedDigest.objects.exists()
