"""Imports, newer rolls and undoing leave reach and search text as everybody projected anew would be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contacts.imports.undo import undo_import
from contacts.models import Contact, ElectoralRegistration, Import, Reach, Source
from contacts.services.people import create_contact
from contacts.services.projections import refresh_all
from tests.support.imports import import_file, write_rows
from tests.support.projections import projected

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(places: None) -> None:
    """Every test of this module has the places."""


@pytest.fixture
def linked(roll_file: Any, elector: Any, roll_source: Source, book: Source) -> Contact:
    """Léa, whose elector is on a roll without an address."""
    import_file(roll_file([elector(libellé_de_voie="", numéro_de_voie="")]), kind="roll", source=roll_source)
    lea = create_contact(source=book, by=None, first_name="Léa", last_name="Martin")
    registration = ElectoralRegistration.objects.get()
    registration.contact = lea
    registration.save(update_fields=["contact"])
    refresh_all()
    return lea


def check() -> None:
    after = projected()
    refresh_all()
    assert projected() == after


def post(contact: Contact) -> Reach:
    return Reach.objects.get(contact=contact, channel="post")


def newer_roll(roll_file: Callable[..., Any], elector: Callable[..., Any], source: Source) -> Import:
    return import_file(roll_file([elector()], name="newer.csv"), kind="roll", source=source)


def test_a_newer_roll_opens_the_post_of_a_linked_person(linked, roll_file, elector, roll_source) -> None:
    assert not post(linked).service
    newer_roll(roll_file, elector, roll_source)
    assert post(linked).political
    check()


def test_undoing_the_newer_roll_closes_it_again(linked, roll_file, elector, roll_source) -> None:
    run = newer_roll(roll_file, elector, roll_source)
    undo_import(import_run=run, by=None)
    assert not post(linked).service
    check()


def test_undoing_a_roll_leaves_nothing_of_its_electors(linked) -> None:
    undo_import(import_run=Import.objects.get(), by=None)
    assert not ElectoralRegistration.objects.exists()
    check()


HEADER = ["Prénom", "Nom", "Email", "CP", "Ville"]


def test_an_address_book_and_its_undoing(tmp_path, book) -> None:
    first = write_rows(tmp_path / "first.csv", [HEADER, ["Léa", "Martin", "lea@example.org", "", ""]])
    import_file(first, kind="address-book", source=book)
    check()
    rows = [
        HEADER,
        ["Léa", "Martin", "lea@example.org", "60000", "Beauvais"],
        ["Tom", "Roy", "t@example.org"],
    ]
    run = import_file(
        write_rows(tmp_path / "more.csv", [[*row, *[""] * (5 - len(row))] for row in rows]),
        kind="address-book",
        source=book,
    )
    check()
    lea = Contact.objects.get(first_name="Léa")
    assert "beauvais" in lea.search_text
    undo_import(import_run=run, by=None)
    lea.refresh_from_db()
    assert (lea.commune, "beauvais" in lea.search_text) == (None, False)
    check()


def test_a_field_that_returns_is_searched_as_it_was(tmp_path, book) -> None:
    """The person gained nothing but the field: no row that goes names them."""
    points = ["lea@example.org", "06 39 98 12 34"]
    first = write_rows(tmp_path / "a.csv", [["Nom", "Email", "Mobile"], ["Martin", *points]])
    import_file(first, kind="address-book", source=book)
    named = write_rows(
        tmp_path / "b.csv", [["Prénom", "Nom", "Email", "Mobile"], ["Zénobie", "Martin", *points]]
    )
    run = import_file(named, kind="address-book", source=book)
    person = Contact.objects.get()
    assert "zenobie" in person.search_text
    Contact.objects.update(created_by_import=None)
    undo_import(import_run=run, by=None)
    person.refresh_from_db()
    assert "zenobie" not in person.search_text
    check()
