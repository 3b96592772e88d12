"""Opening a page changes nothing: each is opened twice, of one thing too, and the database is as it was."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from campaign_crm.platform.models import ApiKey, Notification, User, Webhook
from campaign_crm.platform.rights import Role
from contacts.models import (
    Contact,
    DuplicatePair,
    Election,
    ElectionRound,
    Export,
    Household,
    HouseholdMember,
    Import,
    Incident,
    List,
    MappingProfile,
    Merge,
    Newsletter,
    PersonRequest,
    Purge,
    PurgeCertificate,
    RecurringImport,
    RegistrationMatch,
    RetentionRule,
    Segment,
    Source,
)
from contacts.services.people import create_contact
from messaging.models import (
    BrokerMailing,
    Campaign,
    Experiment,
    Invoice,
    ProviderAccount,
    Reply,
    SenderDomain,
    SenderIdentity,
    Template,
    UnitCost,
)
from tests.messaging.people import make_campaign
from tests.shell.test_access import PAGES, address
from tests.support.anything import make_row
from tracking.models import Conversation, ConversationMessage, Donation, Event, Form, Scenario, Task

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


def rows() -> dict[str, Counter[str]]:
    """Every row of every table, as text."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table not in NOTED:
                cursor.execute(f'SELECT t::text FROM "{table}" t')
                found[table] = Counter(row[0] for row in cursor.fetchall())
    return found


def check_that_reading_changes_nothing(client: Client, pages: list[str]) -> dict[str, int]:
    """Open each twice; returns the first statuses. The first time, what a page makes once may be added."""
    before = rows()
    opened = {page: opening(client, page) for page in pages}
    once = rows()
    assert {table: gone for table, had in before.items() if (gone := had - once[table])} == {}
    for page in pages:
        opening(client, page)
    twice = rows()
    assert {table for table in once if once[table] != twice[table]} == set()
    return opened


def test_opening_any_page_changes_nothing() -> None:
    boss = User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR, language="en")
    source = Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])
    create_contact(source=source, by=boss, first_name="Léa", last_name="Martin", email="lea@example.org")
    make_campaign()
    client = Client()
    client.force_login(boss)
    opened = addresses()
    assert len(opened) > 60
    check_that_reading_changes_nothing(client, opened)
    assert Contact.objects.count() == 1


NUMBER = 999_999  # as in `test_access.SAMPLES`: every thing that a page may be of has this number
# What the first part of a page's name is about.
OF = {
    "contacts:certificate": PurgeCertificate,
    "contacts:duplicate": DuplicatePair,
    "contacts:election": Election,
    "contacts:export": Export,
    "contacts:household_correct": Contact,
    "contacts:household": Household,
    "contacts:import_mapping": MappingProfile,
    "contacts:import": Import,
    "contacts:incident": Incident,
    "contacts:link": RegistrationMatch,
    "contacts:list": List,
    "contacts:merge": Merge,
    "contacts:newsletter": Newsletter,
    "contacts:person": Contact,
    "contacts:purge": Purge,
    "contacts:recurring": RecurringImport,
    "contacts:request": PersonRequest,
    "contacts:retention_exception": RetentionRule,
    "contacts:segment": Segment,
    "contacts:source": Source,
    "contacts:station": Purge,
    "messaging:broker": BrokerMailing,
    "messaging:campaign": Campaign,
    "messaging:cost": Campaign,
    "messaging:domain": SenderDomain,
    "messaging:experiment": Experiment,
    "messaging:incident_mailing": Incident,
    "messaging:invoice": Invoice,
    "messaging:provider": ProviderAccount,
    "messaging:reply": Reply,
    "messaging:sender": SenderIdentity,
    "messaging:template": Template,
    "messaging:unit_cost": UnitCost,
    "messaging:variant": Campaign,
    "messaging:version": Campaign,
    "shell:api_key": ApiKey,
    "shell:member": User,
    "shell:notification": Notification,
    "shell:person": Contact,
    "shell:token": ApiKey,
    "shell:webhook": Webhook,
    "tracking:campaign": Campaign,
    "tracking:check_in": Event,
    "tracking:conversation": Conversation,
    "tracking:donation_act": Donation,
    "tracking:event": Event,
    "tracking:file_copy": ConversationMessage,
    "tracking:form": Form,
    "tracking:log_call": Contact,
    "tracking:person_": Contact,
    "tracking:scenario": Scenario,
    "tracking:step_": Scenario,
    "tracking:task_act": Task,
    "tracking:write_to": Contact,
}

TERMS = {"last_vote": "2026-01-01", "days": 30}
CONTENT = {
    "purge": NUMBER,
    "rule": "roll",
    "source": None,
    "source_kind": None,
    "terms": TERMS,
    "announced_at": "2026-01-01T00:00:00+00:00",
    "announced": {},
    "due_on": "2026-01-15",
    "began_at": None,
    "ended_at": "2026-01-15T00:00:00+00:00",
    "gone": {},
}
# What a row must hold for its page to make sense.
MADE: dict[Any, dict[str, Any]] = {
    DuplicatePair: {"first_id": NUMBER - 1},
    Event: {"state": "published"},
    MappingProfile: {"kind": "roll"},
    Merge: {
        "kept_id": NUMBER,
        "absorbed_id": NUMBER - 2,
        "snapshot": {
            "fields": {},
            "extra": {},
            "kept": NUMBER,
            "contact": {
                "created_at": "2026-01-01",
                "created_by_import_id": None,
                "first_name": "",
                "last_name": "",
            },
        },
    },
    PersonRequest: {"kind": "rectification", "contact_id": NUMBER},
    Purge: {"rule": "roll", "terms": TERMS},
    PurgeCertificate: {"content": CONTENT},
    RetentionRule: {"rule": "last_sign"},
}
# Their thing is there, and what the rest of the address or its state asks is not.
NOT_FOUND = {
    "contacts:request_file",
    "messaging:broker_kit",
    "messaging:broker_opt_outs",
    "messaging:invoice_file",
    "messaging:template_kit",
    "messaging:variant_check",
    "messaging:variant_compose",
    "messaging:variant_preview",
    "messaging:version_check",
    "messaging:version_compose",
    "messaging:version_preview",
    "tracking:step_edit",
    "tracking:step_new",
}


def opening(client: Client, page: str) -> int:
    """The status of a page, read to its end."""
    answer = client.get(page)
    if answer.streaming:
        b"".join(answer)
        for close in answer._resource_closers:  # `answer.close()` would end the connection to the database
            close()
    return answer.status_code


def make_everything() -> None:
    """One of each kind of thing under the same number, with what its page needs beside it."""
    make_row(Contact, NUMBER - 1)
    make_row(Purge, NUMBER, **MADE[Purge])  # before its certificate
    for model in dict.fromkeys(OF.values()):
        make_row(model, NUMBER, **MADE.get(model, {}))
    make_row(ElectionRound, NUMBER)
    HouseholdMember.objects.create(contact_id=NUMBER, household_id=NUMBER)


def numbered() -> dict[str, str]:
    """Pages of one thing, with its number in the address."""
    return {name: address(name) for name in sorted(PAGES) if f"/{NUMBER}/" in address(name)}


def test_opening_any_page_of_one_thing_changes_nothing(settings: Any, tmp_path: Path) -> None:
    """`phpList` deleted its administrators by a GET with their number."""
    settings.MEDIA_ROOT = str(tmp_path)
    boss = User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR, language="en")
    pages = numbered()
    assert len(pages) > 90
    kinds = {name: [OF[one] for one in OF if name.startswith(one)] for name in pages}
    assert [name for name, models in kinds.items() if not models] == [], "say in OF what it is a page of"
    make_everything()
    client = Client(raise_request_exception=False)
    client.force_login(boss)
    statuses = check_that_reading_changes_nothing(client, list(pages.values()))
    opened = {name: statuses[page] for name, page in pages.items()}
    assert {name: status for name, status in opened.items() if status >= 500} == {}
    assert {name for name, status in opened.items() if status == 404} == NOT_FOUND
