"""People gained and lost by source: counted where they are written, by whatever way they come and go."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from campaign_crm.platform.jobs import run_one_due_job
from contacts.imports.service import undo_import
from contacts.models import Contact, ContactSource, Import, Source, SourceGrowth
from contacts.services.growth import Growth, fold, growth_by_day, growth_by_source
from tests.contacts.imports.conftest import places as places
from tests.contacts.imports.conftest import places_once as places_once
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(db: None) -> Source:
    return Source.objects.create(name="Book", kind="address_book", lawful_basis="consent", channels=["email"])


def today(source: Source | None = None) -> Growth:
    return growth_by_day(days=30, source=source)[timezone.localdate()]


def book_file(path: Path, *names: str) -> Path:
    return write_rows(path, [["Nom", "Email"], *([name, f"{name}@example.org"] for name in names)])


def take_back(run: Import) -> None:
    undo_import(run=run, by=None)
    while run_one_due_job():
        pass


def test_an_import_gains_and_its_undo_loses(places: None, book: Source, tmp_path: Path) -> None:
    run = import_file(book_file(tmp_path / "a.csv", "martin", "petit"), kind="address-book", source=book)
    assert today() == Growth(gained=2, lost=0)
    again = import_file(book_file(tmp_path / "b.csv", "martin", "petit"), kind="address-book", source=book)
    assert today().gained == 2, "people whom the source named before"
    take_back(run)
    assert today(book) == Growth(gained=2, lost=0), "the other file names them too"
    take_back(again)
    assert (today(book), today().net) == (Growth(gained=2, lost=2), 0)


def link(source: Source, *, days_ago: float = 0) -> ContactSource:
    contact = Contact.objects.create(first_name="Léa", last_name="Martin")
    moment = timezone.now() - timedelta(days=days_ago)
    return ContactSource.objects.create(contact=contact, source=source, first_seen_at=moment)


def test_days_are_all_there_and_sources_are_told_apart(book: Source) -> None:
    other = Source.objects.create(name="Form", kind="form", lawful_basis="consent")
    for days_ago in (0, 3, 3, 40):
        link(book, days_ago=days_ago)
    link(other, days_ago=3).contact.delete()
    month = growth_by_day(days=30, source=book)
    assert len(month) == 30
    assert list(month)[-1] == timezone.localdate()
    before = timezone.localdate() - timedelta(days=3)
    assert {day: one for day, one in month.items() if one.gained} == {
        before: Growth(2, 0),
        timezone.localdate(): Growth(1, 0),
    }
    assert growth_by_day(days=30)[before] == Growth(gained=3, lost=0)
    assert growth_by_source(days=30) == [(book, Growth(3, 0)), (other, Growth(1, 1))]
    assert growth_by_source(days=90)[0] == (book, Growth(4, 0))


def test_a_day_is_a_day_of_the_installation(book: Source, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    late = timezone.localtime().replace(hour=0, minute=20) - timedelta(days=2)  # the day before, in UTC
    contact = Contact.objects.create(last_name="Martin")
    ContactSource.objects.create(contact=contact, source=book, first_seen_at=late)
    assert growth_by_day(days=30)[late.date()].gained == 1


def test_folding_changes_no_figure(book: Source) -> None:
    for days_ago in (0, 0, 0, 5):
        link(book, days_ago=days_ago)
    ContactSource.objects.first().contact.delete()
    before, rows = growth_by_day(days=30), SourceGrowth.objects.count()
    assert fold() > 0
    assert SourceGrowth.objects.count() < rows
    assert fold() == 0
    assert growth_by_day(days=30) == before


def test_people_who_were_there_before_are_counted_by_the_migration(book: Source) -> None:
    link(book, days_ago=5)
    link(book)
    before = growth_by_day(days=30)
    SourceGrowth.objects.all().delete()
    migration = MigrationLoader(connection).get_migration("contacts", "0028_source_growth")
    backfill = migration.operations[-1].sql.rpartition("INSERT INTO")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO" + backfill[2])
    assert growth_by_day(days=30) == before
