"""People and mailings that the tests of tracking share."""

from __future__ import annotations

from datetime import date

import pytest

from campaign_crm.platform.crypto import keyed_hash
from contacts.models import Contact, Source
from contacts.services.contact_points import add_email
from contacts.services.people import create_contact
from contacts.services.sources import create_source
from messaging.models import Campaign

ADDRESS = "lea.martin@example.org"


@pytest.fixture
def source(db) -> Source:
    return create_source(
        by=None, name="Members", kind="address_book", lawful_basis="member", channels=["email", "sms"]
    )


@pytest.fixture
def person(source: Source) -> Contact:
    contact = create_contact(source=source, by=None, first_name="Léa", last_name="Martin", language="en")
    add_email(contact=contact, address=ADDRESS, source=source, by=None)
    return contact


@pytest.fixture
def address_hash() -> bytes:
    return keyed_hash("email", ADDRESS)


@pytest.fixture
def campaign(db) -> Campaign:
    return Campaign.objects.create(name="Letter", subject="Hello", ledger_month=date(2026, 11, 1))
