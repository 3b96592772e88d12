"""The team in front of the pages of people, and people to show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.models import Contact, Source, Territory
from contacts.services.people import create_contact
from contacts.services.sources import create_source

Browse = Callable[..., Client]
MakePerson = Callable[..., Contact]


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(
        email="officer@example.org", full_name="Claude Durand", role=Role.DIRECTOR, language="en"
    )


@pytest.fixture
def client(officer: User) -> Client:
    """A browser signed in as a national officer."""
    found = Client()
    found.force_login(officer)
    return found


@pytest.fixture
def reader(db: None) -> Client:
    """A browser signed in as somebody who only reads."""
    found = Client()
    found.force_login(
        User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")
    )
    return found


@pytest.fixture
def members(db: None) -> Source:
    """A source that opens every channel."""
    return create_source(
        by=None,
        name="Members",
        kind="address_book",
        lawful_basis="member",
        channels=["email", "sms", "call", "post"],
    )


@pytest.fixture
def by_hand(db: None) -> Source:
    """A source that opens nothing."""
    return create_source(by=None, name="Market stalls", kind="hand", lawful_basis="none")


@pytest.fixture
def person(members: Source) -> MakePerson:
    """Make a person: `person("Léa", "Martin", email=…, phone=…, commune=…)`."""

    def make(first_name: str, last_name: str, *, source: Source | None = None, **fields: Any) -> Contact:
        return create_contact(
            source=source or members, by=None, first_name=first_name, last_name=last_name, **fields
        )

    return make


@pytest.fixture
def places(db: None) -> dict[str, Territory]:
    """Beauvais in the Oise, Lille in the Nord, with their closure."""
    made = {}
    for code, name, kind, parent in (
        ("60", "Oise", "department", None),
        ("59", "Nord", "department", None),
        ("60057", "Beauvais", "commune", "60"),
        ("59350", "Lille", "commune", "59"),
    ):
        above = made.get(parent) if parent else None
        postcodes = {"60057": ["60000"], "59350": ["59000", "59800"]}.get(code, [])
        place = made[code] = Territory.objects.create(
            kind=kind, code=code, name=name, parent=above, postcodes=postcodes, population=1000
        )
        place.ancestor_links.create(ancestor=place, depth=0)
        if above is not None:
            place.ancestor_links.create(ancestor=above, depth=1)
    return made


def queries_of(client: Client, address: str) -> int:
    """How many queries a page asks."""
    client.get(address)  # what is remembered for a while is remembered now
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)
