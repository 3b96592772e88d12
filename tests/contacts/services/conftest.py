from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import translation

from campaign_crm.platform.models import User
from contacts.models import Contact, Reach, Source
from contacts.services.people import create_contact


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages are compared in English."""
    with translation.override("en"):
        yield


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="officer@example.org", role="director")


@pytest.fixture
def form(db: None) -> Source:
    return Source.objects.create(
        name="Form", kind="form", lawful_basis="consent", channels=["email", "sms", "call", "post"]
    )


@pytest.fixture
def lea(form: Source) -> Contact:
    return create_contact(
        source=form,
        by=None,
        first_name="Léa",
        last_name="Martin",
        email="lea@example.org",
        phone="06 39 98 00 01",
    )


@pytest.fixture
def reach() -> Callable[[Contact, str], Reach]:
    """The projected row of a person and channel."""

    def row(contact: Contact, channel: str = "email") -> Any:
        return Reach.objects.get(contact=contact, channel=channel)

    return row
