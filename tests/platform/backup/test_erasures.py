"""Whoever was erased after a backup was made does not come back with it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from campaign_crm.platform.jobs import run_one_due_job
from contacts.models import Contact, Erasure, Suppression
from contacts.requests import ledger
from contacts.requests.erasing import hide_person
from contacts.services.people import create_contact
from contacts.services.sources import create_source
from tests.environment import TestServers

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_restored_backup_erases_again(settings, tmp_path: Path, servers: TestServers, monkeypatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    source = create_source(by=None, name="Members", kind="hand", lawful_basis="member", channels=["email"])
    lea = create_contact(
        source=source, by=None, first_name="Léa", last_name="Martin", email="lea@example.org"
    )
    tom = create_contact(source=source, by=None, first_name="Tom", last_name="Roy", email="tom@example.org")
    path = tmp_path / "backups" / "one.tar"
    call_command("backup", str(path), stdout=io.StringIO())
    hide_person(contact=lea, by=None)
    assert run_one_due_job()
    assert Contact.objects.get() == tom
    ledger.path().unlink()  # the file was lost: the database that is about to be replaced still knows
    connection.close()
    said = io.StringIO()
    call_command("restore", str(path), replace=True, stdout=said)
    assert "1 people erased since the backup are erased again." in said.getvalue()
    assert Contact.objects.visible().get() == tom
    assert Suppression.objects.in_force().get().reason == "erasure"
    assert Erasure.objects.get().gone_at is None
    assert run_one_due_job(), "the workers remove the rows again"
    assert Contact.objects.get() == tom
    assert Erasure.objects.get().gone_at is not None
    ledger.path().unlink()
    connection.close()
