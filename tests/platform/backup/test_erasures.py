"""Whoever was erased after a backup was made does not come back with it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from campaign_crm.platform.jobs import run_one_due_job
from contacts.enums import Channel
from contacts.models import Consent, Contact, Erasure, Reach, Suppression
from contacts.requests import ledger
from contacts.requests.erasing import hide_person
from contacts.services import kept_refusals
from contacts.services.objections import record_objection
from contacts.services.people import create_contact
from contacts.services.sources import create_source
from tests.environment import TestServers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_kept(servers: TestServers) -> Iterator[None]:
    """The files of this VAR_DIR, which programs that a restore starts read too, are those of one test."""
    for path in (ledger.path(), kept_refusals.path()):
        path.unlink(missing_ok=True)
    yield
    for path in (ledger.path(), kept_refusals.path()):
        path.unlink(missing_ok=True)


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
    connection.close()


@pytest.mark.parametrize("file_lost", [False, True])
def test_whoever_refused_since_the_backup_is_not_written_to_afterwards(
    settings, tmp_path: Path, servers: TestServers, file_lost: bool
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    source = create_source(by=None, name="Members", kind="hand", lawful_basis="member", channels=["email"])
    tom = create_contact(source=source, by=None, first_name="Tom", last_name="Roy", email="tom@example.org")
    path = tmp_path / "backups" / "one.tar"
    call_command("backup", str(path), stdout=io.StringIO())
    record_objection(contact=tom, channels=[Channel.EMAIL], by=None)
    if file_lost:  # the database that is about to be replaced still knows
        kept_refusals.path().unlink()
    connection.close()
    said = io.StringIO()
    call_command("restore", str(path), replace=True, stdout=said)
    assert "2 refusals since the backup hold again." in said.getvalue()
    assert Suppression.objects.in_force().get().reason == "objection"
    assert not Consent.objects.get(contact=tom).given
    assert not Reach.objects.get(contact=tom, channel="email").political
    connection.close()
