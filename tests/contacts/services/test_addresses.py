"""What people write for an address or a number, and what it becomes."""

from __future__ import annotations

import pytest
from django.db import connection

from contacts.enums import Channel
from contacts.models.contact_points import PhoneLine
from contacts.services.addresses import (
    EMAIL_PATTERN,
    InvalidAddress,
    Phone,
    normalise_email,
    normalise_for,
    normalise_phone,
)

GOOD_EMAILS = [
    ("lea@example.org", "lea@example.org"),
    ("  Léa".replace("é", "e") + "@Example.ORG ", "lea@example.org"),
    ("mailto:lea@example.org", "lea@example.org"),
    ("<lea@example.org>", "lea@example.org"),
    ("lea\u200b@example.org", "lea@example.org"),
    ("lea.b+news@exämple.org", "lea.b+news@xn--exmple-cua.org"),
    ("o'hara@example.co", "o'hara@example.co"),
]
BAD_EMAILS = [
    "",
    "lea",
    "@example.org",
    "lea@",
    "lea@example",
    "lea@@example.org",
    "le a@example.org",
    "lea..b@example.org",
    ".lea@example.org",
    "lea@-example.org",
    "lea@example.org.",
    "lea@ex_ample.org",
    "léa@example.org",  # no mailbox provider gives such an address, and few servers take it
    "lea@example.org, tom@example.org",
    "a" * 65 + "@example.org",
    "lea@" + "e" * 250 + ".org",
    "lea@example.1",
]


@pytest.mark.parametrize(("written", "normalised"), GOOD_EMAILS)
def test_an_address_is_read(written: str, normalised: str) -> None:
    assert normalise_email(written) == normalised == normalise_for(Channel.EMAIL, written)


@pytest.mark.parametrize("written", BAD_EMAILS)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(InvalidAddress, match="is not an e-mail address"):
        normalise_email(written)


@pytest.mark.django_db
def test_the_pattern_says_the_same_in_postgresql() -> None:
    addresses = [normalised for _written, normalised in GOOD_EMAILS] + [
        bad.lower() for bad in BAD_EMAILS if len(bad) < 64
    ]
    expected = [True] * len(GOOD_EMAILS) + [False] * (len(addresses) - len(GOOD_EMAILS))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(address ~ %s ORDER BY place)"
            "  FROM unnest(%s) WITH ORDINALITY AS given (address, place)",
            [EMAIL_PATTERN, addresses],
        )
        assert cursor.fetchone()[0] == expected


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("06 39 98 00 01", Phone("+33639980001", PhoneLine.MOBILE)),
        ("+33 6.39.98.00.01", Phone("+33639980001", PhoneLine.MOBILE)),
        ("0033639980001", Phone("+33639980001", PhoneLine.MOBILE)),
        ("01 99 00 12 34", Phone("+33199001234", PhoneLine.FIXED)),
        ("0692 12 34 56", Phone("+262692123456", PhoneLine.MOBILE)),  # La Réunion
        ("0590 82 12 34", Phone("+590590821234", PhoneLine.FIXED)),  # Guadeloupe
        ("+1 202 555 0143", Phone("+12025550143", PhoneLine.MOBILE)),
    ],
)
def test_a_number_is_read(written: str, phone: Phone) -> None:
    assert normalise_phone(written) == phone
    assert normalise_for(Channel.SMS, written) == phone.e164


def test_a_number_without_prefix_is_read_in_its_region() -> None:
    assert normalise_phone("020 7946 0958", "GB").e164 == "+442079460958"


@pytest.mark.parametrize(
    "written", ["", "abc", "06 39 98", "36 30", "0639980001 ext. 12", "12345678901234567890"]
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidAddress, match="is not a phone number"):
        normalise_phone(written)
