"""What files leave behind stands sealed, goes in time, and does not leave on an old sign-in."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from campaign_crm.platform.asking_again import SIGNED_IN_AT
from campaign_crm.platform.models import AuditEntry, HistoryEntry, User
from campaign_crm.platform.rights import Role
from contacts.imports import at_rest, files
from contacts.imports.choices import set_padding
from contacts.imports.errors import WrongState
from contacts.imports.formats.opening import look_again
from contacts.imports.service import start_import, undo_import
from contacts.imports.sketch import Layout
from contacts.imports.tidying import drop_unneeded_files, seal_waiting_files
from contacts.imports.undo_time import forget_undo_values
from contacts.models import Contact, Import, ImportChange, ImportReject, Source
from contacts.provenance import origins_of
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.usefixtures("places")
HEADER = ["Nom", "Prénom", "Email", "Né le"]
REFUSED = ["Secretname", "Léa", "nowhere", ""]


def imported(tmp_path: Path, book: Source, *rows: list[str], **options: object) -> Import:
    path = write_rows(tmp_path / f"{time.time_ns()}.csv", [HEADER, *rows])
    return import_file(path, kind="address-book", source=book, **options)


def test_refused_rows_stand_sealed_and_come_back_as_they_were(tmp_path: Path, book: Source) -> None:
    imported(tmp_path, book, REFUSED, ["Petit", "Jean", "j@example.org", ""])
    with connection.cursor() as cursor:
        cursor.execute("SELECT values FROM contacts_importreject")
        (kept,) = cursor.fetchone()
    assert "Secretname" not in kept
    assert ImportReject.objects.get().values == REFUSED


def test_ones_own_refused_rows_leave_only_on_a_fresh_sign_in(tmp_path: Path, book: Source, db: None) -> None:
    run = imported(tmp_path, book, REFUSED, ["Petit", "Jean", "j@example.org", ""])
    user = User.objects.create_user(email="data@example.org", role=Role.DATA_OFFICER, language="en")
    Import.objects.filter(pk=run.pk).update(created_by=user)
    client = Client()
    client.force_login(user)
    address = reverse("contacts:import_rejects", args=[run.pk])
    assert b"Secretname" in b"".join(client.get(address).streaming_content)
    session = client.session
    session[SIGNED_IN_AT] = time.time() - 20 * 60
    session.save()
    assert "Location" in client.get(address)
    assert AuditEntry.objects.filter(action="import.download_rejects").count() == 1


def test_what_an_import_replaced_is_forgotten_when_it_can_no_longer_be_undone(
    tmp_path: Path, book: Source
) -> None:
    imported(tmp_path, book, ["Petit", "Jean", "j@example.org", ""])
    run = imported(tmp_path, book, ["Petit", "Jean", "j@example.org", "12/03/1980"])
    change = ImportChange.objects.get(import_run=run, table="contact")
    assert (change.before, change.after) == ({"birth_date": None}, {"birth_date": "1980-03-12"})
    assert forget_undo_values() == 0
    Import.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=91))
    run.refresh_from_db()

    assert forget_undo_values() == 1

    change.refresh_from_db()
    assert (change.before, change.after) == ({}, {"birth_date": None})
    assert forget_undo_values() == 0
    assert origins_of(Contact.objects.get())["birth_date"].import_run == run
    with translation.override("en"), pytest.raises(WrongState, match="too long ago"):
        undo_import(run=run, by=None)


def test_people_whom_a_file_brings_are_the_imports_history_and_what_it_changes_names_it(
    tmp_path: Path, book: Source
) -> None:
    imported(tmp_path, book, ["Petit", "Jean", "j@example.org", ""])
    assert not HistoryEntry.objects.filter(table__in=["contacts_contact", "contacts_emailaddress"]).exists()
    run = imported(tmp_path, book, ["Petit", "Jean", "j@example.org", "12/03/1980"])
    (entry,) = HistoryEntry.objects.filter(table="contacts_contact", operation="U")
    assert (entry.fields, entry.import_id) == (["birth_date"], run.pk)


def test_a_file_that_waits_is_sealed_and_opened_for_whoever_goes_on(
    tmp_path: Path, book: Source, settings: object
) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")  # type: ignore[attr-defined]
    kept = files.folder() / "kept.csv"
    write_rows(kept, [HEADER, ["Petit", "Jean", "j@example.org", ""]])
    plain = kept.read_bytes()
    run = start_import(file=kept, file_name="kept.csv", kind="address-book", by=None)
    assert seal_waiting_files() == 0  # somebody is at it
    os.utime(kept, (0, time.time() - at_rest.IDLE_SECONDS - 1))

    assert seal_waiting_files() == 1

    twin = files.sealed_twin(kept)
    assert not kept.exists()
    assert b"Petit" not in twin.read_bytes()
    assert at_rest.is_there(kept)
    assert drop_unneeded_files() == 0
    set_padding(run=run, by=None)
    sketch = look_again(kept, Layout.from_json(run.layout))
    assert sketch.rows[0][0] == "Petit"
    assert kept.read_bytes() == plain
    assert not twin.exists()
    files.forget(kept)
    assert not list(files.folder().iterdir())


def test_a_file_that_waits_too_long_goes(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")  # type: ignore[attr-defined]
    kept = files.folder() / "kept.csv"
    write_rows(kept, [HEADER, ["Petit", "Jean", "j@example.org", ""]])
    run = start_import(file=kept, file_name="kept.csv", kind="address-book", by=None)
    os.utime(kept, (0, time.time() - 40 * 24 * 3600))
    assert drop_unneeded_files() == 0
    Import.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert drop_unneeded_files() == 1
    assert not at_rest.is_there(kept)


def test_a_file_that_lies_elsewhere_is_its_owners(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "elsewhere.csv", [HEADER])
    os.utime(path, (0, 0))
    assert not at_rest.seal_if_idle(path)
    assert at_rest.make_plain(path).stat().st_mtime == 0
