"""Extra values that were kept as texts become what their fields hold."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import Job
from contacts.imports.extra_values import read_extra, read_number
from contacts.models import Contact, CustomField, Note
from contacts.services import extra_fields


@pytest.fixture(autouse=True)
def _fields(db: None) -> None:
    for key, kind, choices in (
        ("size", "number", []),
        ("joined", "date", []),
        ("car", "boolean", []),
        ("when", "choice", ["Évenings", "Week-ends"]),
        ("nickname", "text", []),
    ):
        CustomField.objects.create(key=key, label=key.title(), kind=kind, choices=choices)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("1\u202f234,5", 1234.5),
        ("1.234,50", 1234.5),
        ("-3.25", -3.25),
        ("12 %", None),
        ("1e5", None),
        ("9" * 14, None),
        ("", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: float | None) -> None:
    assert read_number(text) == number


def test_a_choice_is_kept_as_the_field_spells_it() -> None:
    field = CustomField.objects.get(key="when")
    assert (read_extra(field, "EVENINGS "), read_extra(field, "Mornings")) == ("Évenings", None)


def test_earlier_texts_are_typed_in_batches_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra_fields, "PEOPLE_AT_A_TIME", 1)
    texts: dict[str, Any] = {
        "size": "12", "joined": "03/02/2025", "car": "non", "when": "week-ends", "nickname": "7", "gone": "x"
    }  # fmt: skip
    read = Contact.objects.create(last_name="Martin", custom=texts)
    unread = Contact.objects.create(last_name="Petit", custom={"size": "big", "nickname": "Lilou"})
    job = run_job(extra_fields.enqueue_typing().pk)
    assert job.state == Job.State.SUCCEEDED
    for person in (read, unread):
        person.refresh_from_db()
    assert read.custom == {
        "size": 12, "joined": "2025-02-03", "car": False, "when": "Week-ends", "nickname": "7", "gone": "x"
    }  # fmt: skip
    assert read.custom["car"] is False
    assert unread.custom == {"nickname": "Lilou"}
    note = Note.objects.get()
    assert (note.contact, note.body) == (
        unread,
        "The extra field “Size” held a text that it cannot hold: big",
    )
    run_job(extra_fields.enqueue_typing().pk)
    assert Note.objects.count() == 1


def test_an_installation_with_typed_fields_reads_them_after_migrating() -> None:
    import_module("contacts.migrations.0016_type_extra_values").enqueue(apps, None)
    assert Job.objects.get().kind == extra_fields.TYPE_JOB
