"""One small demonstration, made once for all the tests of a module that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from campaign_crm.shell.demo.plan import Plan
from campaign_crm.shell.demo.seeding import Seeded, seed_demo
from contacts.territories.loading import load_territories

TODAY = date(2026, 11, 20)
PEOPLE = 800  # enough for everything that seldom happens


@pytest.fixture(scope="session")
def plan() -> Plan:
    return Plan(contacts=PEOPLE, seed=1, today=TODAY)


@pytest.fixture(scope="module")
def with_territories(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The shipped territories, in a transaction around the module's tests (each of which is a savepoint)."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_territories()
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def seeded_once(with_territories: None, plan: Plan) -> Seeded:
    return seed_demo(plan)


@pytest.fixture
def seeded(seeded_once: Seeded, db: None) -> Seeded:
    """The demonstration and the database."""
    return seeded_once
