"""Rolls, rented files and people of whom nobody heard for long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone, translation

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import User
from contacts.enums import Suffrage
from contacts.models import Contact, Election, ElectoralRegistration, Purge, Source, Territory
from contacts.services.elections import Round, save_election

Electors = Callable[..., list[ElectoralRegistration]]
LONG_AGO = timedelta(days=200)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser(email="dpo@example.org", password="x", language="en")


@pytest.fixture
def past_election(db: None) -> Election:
    day = timezone.localdate() - LONG_AGO
    return save_election(
        name="Past vote", suffrage=Suffrage.MUNICIPAL, rounds=[Round(day)], territory=None, by=None
    )


@pytest.fixture
def station(db: None) -> Territory:
    commune = Territory.objects.create(kind="commune", code="60057", name="Beauvais")
    return Territory.objects.create(kind="polling_station", code="60057-0001", name="Mairie", parent=commune)


@pytest.fixture
def roll(past_election: Election) -> Source:
    source = Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])
    source.elections.set([past_election])
    return source


@pytest.fixture
def electors(station: Territory, roll: Source) -> Electors:
    """`electors(12, gender="F", age=30, contact=…)`: rows of the roll at the station."""
    numbers = count(1)

    def make(how_many: int, *, gender: str = "F", age: int | None = 30, **more: Any) -> Any:
        born = None if age is None else timezone.localdate() - LONG_AGO - timedelta(days=366 * age + 30)
        return [
            ElectoralRegistration.objects.create(
                **{
                    "identity": uuid4(),
                    "source": roll,
                    "commune": station.parent,
                    "polling_station": station,
                    "birth_name": f"Elector{next(numbers)}",
                    "gender": gender,
                    "birth_date": born,
                }
                | more
            )
            for _each in range(how_many)
        ]

    return make


@pytest.fixture
def rental(db: None) -> Source:
    """A rented file whose licence ended yesterday."""
    return Source.objects.create(
        name="Rented",
        kind="broker_rental",
        lawful_basis="consent",
        channels=["email"],
        supplier="Broker",
        licence_ends_on=timezone.localdate() - timedelta(days=1),
    )


@pytest.fixture
def form(db: None) -> Source:
    return Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])


def brought_by(source: Source, address: str = "", **fields: Any) -> Contact:
    """A person with an address, both of one source."""
    person = Contact.objects.create(**{"last_name": "Martin"} | fields)
    person.source_links.create(source=source)
    if address:
        person.emailaddress_set.create(address=address, normalised=address, source=source)
    return person


def on_its_day(purge: Purge) -> Purge:
    """Have a purge that was announced be due today."""
    Purge.objects.filter(pk=purge.pk).update(due_on=timezone.localdate())
    purge.refresh_from_db()
    return purge


def run(purge: Purge) -> Purge:
    """Run the job of a purge that was begun."""
    purge.refresh_from_db()
    assert purge.job_id is not None
    run_job(purge.job_id)
    purge.refresh_from_db()
    return purge
