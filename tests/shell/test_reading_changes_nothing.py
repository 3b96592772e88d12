"""Opening a page changes nothing: each page without a key is opened, and the database is as it was."""

from __future__ import annotations

import hashlib

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.models import Contact, Source
from contacts.services.people import create_contact
from tests.messaging.people import make_campaign

pytestmark = pytest.mark.django_db

SPACES = ("shell", "contacts", "messaging", "tracking")
# What a session notes of itself, the journal of files that were taken by a link, and who opened what.
NOTED = {
    "django_session",
    "usersessions_usersession",
    "platform_auditentry",
    "platform_readtally",
    "platform_recordread",
    "contacts_export",
}


def addresses() -> list[str]:
    """Every page of the staff and of the public that needs no key."""

    def walk(patterns: list[URLPattern | URLResolver], space: str) -> list[str]:
        found = []
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                found += walk(pattern.url_patterns, pattern.namespace or space)
            elif pattern.name and space in SPACES and not pattern.pattern.converters:
                found.append(reverse(f"{space}:{pattern.name}"))
        return found

    return sorted(set(walk(get_resolver("campaign_crm.urls").url_patterns, "")))


def fingerprints() -> dict[str, str]:
    """Rows and digest of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table not in NOTED:
                cursor.execute(f"SELECT coalesce(json_agg(t ORDER BY t::text)::text, '') FROM \"{table}\" t")
                found[table] = hashlib.sha256(cursor.fetchone()[0].encode()).hexdigest()
    return found


def test_opening_any_page_changes_nothing() -> None:
    boss = User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR, language="en")
    source = Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])
    create_contact(source=source, by=boss, first_name="Léa", last_name="Martin", email="lea@example.org")
    make_campaign()
    client = Client()
    client.force_login(boss)
    opened = addresses()
    assert len(opened) > 60
    for address in opened:
        client.get(address)  # what a page makes once, such as today's settings
    before = fingerprints()
    for address in opened:
        client.get(address)
    after = fingerprints()
    assert {table for table in before if before[table] != after.get(table)} == set()
    assert Contact.objects.count() == 1
