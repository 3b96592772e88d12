"""Somebody who handles requests, and people who ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import translation

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.models import Contact, Source
from contacts.services.people import create_contact
from contacts.services.sources import create_source
from messaging.services.senders import ensure_local_sender

ADDRESS = "lea.martin@example.org"


@pytest.fixture(autouse=True)
def english(installation_language: None) -> Iterator[None]:
    """What is refused is compared in English."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def sender(db: None) -> None:
    ensure_local_sender()


@pytest.fixture
def handler(db: None) -> User:
    return User.objects.create_user(
        email="dpo@example.org", full_name="Dominique Petit", role=Role.ADMINISTRATOR, language="en"
    )


@pytest.fixture
def client(handler: User) -> Client:
    found = Client()
    found.force_login(handler)
    return found


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(
        email="officer@example.org", full_name="Claude Durand", role=Role.DIRECTOR, language="en"
    )


@pytest.fixture
def members(db: None) -> Source:
    channels = ["email", "sms", "call", "post"]
    return create_source(
        by=None, name="Members", kind="address_book", lawful_basis="member", channels=channels
    )


@pytest.fixture
def lea(members: Source) -> Contact:
    return create_contact(
        source=members,
        by=None,
        first_name="Léa",
        last_name="Martin",
        language="en",
        email=ADDRESS,
        phone="+33639980001",
        address={"line1": "3 rue Haute", "postcode": "60000", "city": "Beauvais"},
    )
