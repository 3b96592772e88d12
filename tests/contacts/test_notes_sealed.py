"""What a note says stands sealed in the database, and nowhere else is it looked for."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.core.exceptions import FieldError
from django.db import connection

from contacts.models import Contact, Note
from contacts.services.people import add_note

pytestmark = pytest.mark.django_db
WORDS = "Her son is ill: do not call before June"


def kept() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM contacts_note ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_a_note_is_read_by_the_product_and_not_in_the_database() -> None:
    add_note(contact=Contact.objects.create(), body=WORDS, by=None)
    assert Note.objects.get().body == WORDS
    assert "son" not in kept()[0]
    assert kept()[0].startswith("gAAAA")


def test_notes_of_before_are_sealed_by_the_migration_and_opened_by_its_way_back() -> None:
    contact = Contact.objects.create()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_note (contact_id, body, created_at)"
            " VALUES (%s, %s, now()), (%s, '', now())",
            [contact.pk, WORDS, contact.pk],
        )
    migration = import_module("contacts.migrations.0040_notes_sealed")
    with connection.schema_editor() as editor:
        migration.seal_notes(None, editor)
    assert sorted(Note.objects.values_list("body", flat=True)) == ["", WORDS]
    with connection.schema_editor() as editor:
        migration.open_notes(None, editor)
    assert kept() == [WORDS, ""]


def test_a_sealed_text_cannot_be_searched() -> None:
    with pytest.raises(FieldError, match="sealed"):
        Note.objects.filter(body__icontains="son").exists()
