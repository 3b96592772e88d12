from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from campaign_crm.platform.models import User
from contacts.merging.rows import all_belongings
from contacts.models import Contact, Source
from contacts.services.people import create_contact

WRITTEN_ANEW = ("updated_at",)
NOT_COMPARED = ("contacts_merge", "contacts_householdmember")  # the merge itself; computed anew


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
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
def book(db: None) -> Source:
    return Source.objects.create(
        name="Members", kind="address_book", lawful_basis="member", channels=["email", "sms", "post"]
    )


@pytest.fixture
def lea(form: Source) -> Contact:
    return create_contact(source=form, by=None, first_name="Léa", last_name="Martin", email="lea@example.org")


@pytest.fixture
def lea_again(book: Source) -> Contact:
    return create_contact(
        source=book, by=None, first_name="Lea", last_name="Martin", civility="Mme", gender="F",
        email="Lea@example.org", phone="06 39 98 00 01",
        address={"line1": "3 rue Haute", "postcode": "60000", "city": "Beauvais"},
    )  # fmt: skip


@pytest.fixture
def everything() -> Callable[..., dict[str, Any]]:
    """All that the database holds about some people, projections included, in a comparable form."""

    def dump(*people: Contact) -> dict[str, Any]:
        ids = [person.pk for person in people]
        tables = [(one.table, one.person) for one in all_belongings() if one.table not in NOT_COMPARED]
        tables += [("contacts_contact", "id"), ("contacts_reach", "contact_id")]
        held = {}
        with connection.cursor() as cursor:
            for table, person in tables:
                cursor.execute(f"SELECT to_jsonb(own) FROM {table} AS own WHERE {person} = ANY(%s)", [ids])
                rows = [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]
                held[table] = sorted(
                    json.dumps({k: v for k, v in row.items() if k not in WRITTEN_ANEW}, sort_keys=True)
                    for row in rows
                )
        return held

    return dump
