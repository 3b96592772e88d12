"""Keys, people and a form for tests of the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.api.keys import create_api_key
from campaign_crm.platform.models import User
from campaign_crm.platform.scopes import OF_TOKENS_ALONE, Scope
from contacts.models import Contact, Source
from contacts.services.people import create_contact
from contacts.services.sources import create_source
from messaging.services.senders import ensure_local_sender
from tracking.models import Event, EventSlot, Form
from tracking.services.forms import create_form

OF_MACHINES = [one for one in Scope.values if one not in OF_TOKENS_ALONE]
KeyOf = Callable[..., Client]


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_user(email="boss@example.org", role="administrator", language="en")


@pytest.fixture
def key_of(boss: User) -> KeyOf:
    """A client with a new key: `key_of(scopes=…, territory=…, headers={…})`."""

    def make(headers: dict[str, str] | None = None, **fields: Any) -> Client:
        values = {"name": "Website", "scopes": OF_MACHINES, "by": boss} | fields
        text = create_api_key(**values)[1]
        return Client(headers={"authorization": f"Bearer {text}", "accept-language": "en"} | (headers or {}))

    return make


@pytest.fixture
def machine(key_of: KeyOf) -> Client:
    return key_of()


@pytest.fixture
def members(db: None) -> Source:
    return create_source(
        by=None, name="Members", kind="address_book", lawful_basis="member", channels=["email"]
    )


@pytest.fixture
def lea(members: Source) -> Contact:
    return create_contact(
        source=members, by=None, first_name="Léa", last_name="Martin", email="lea@example.org"
    )


@pytest.fixture
def join(db: None) -> Form:
    ensure_local_sender()
    return create_form(
        by=None,
        newsletters=[],
        title="Join",
        introduction="",
        language="en",
        thank_you="",
        tag=None,
        is_open=True,
        fields=["first_name", "last_name", "email"],
        consents=[{"channel": "email", "purpose": "messages"}],
    )


def make_event(**fields: Any) -> Event:
    """A published meeting in three days, with one time slot of two seats."""
    values = {"slug": "rally", "title": "Rally", "city": "Beauvais", "state": Event.State.PUBLISHED} | fields
    event = Event.objects.create(consents=[{"channel": "email", "purpose": "messages"}], **values)
    start = timezone.now() + timedelta(days=3)
    EventSlot.objects.create(event=event, starts_at=start, ends_at=start + timedelta(hours=2), capacity=2)
    return event
