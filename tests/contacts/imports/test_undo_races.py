"""Something happens to a person while their import is undone: it waits, and is never lost in silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections

from campaign_crm.platform.jobs import run_job
from contacts.enums import Channel, ConsentPurpose
from contacts.imports.service import undo_import
from contacts.imports.undoing import people as undoing
from contacts.models import Contact, Import, Note, Source
from contacts.services.consents import record_consent
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.django_db(transaction=True)

WAIT = 20  # seconds until a thread that never came is a failure
Act = Callable[[Contact], object]


def write_note(person: Contact) -> object:
    return Note.objects.create(contact=person, body="Met at the market")


def agree(person: Contact) -> object:
    """What a confirmed sign-up writes."""
    form = Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])
    return record_consent(
        contact=person,
        channel=Channel.EMAIL,
        purpose=ConsentPurpose.MESSAGES,
        given=True,
        source=form,
        by=None,
    )


ACTS = pytest.mark.parametrize("act", [write_note, agree], ids=["a note", "an agreement"])


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    book = Source.objects.create(name="Book", kind="address_book", lawful_basis="consent", channels=["email"])
    rows = [["Prénom", "Nom", "Email"], ["Léa", "Martin", "lea@example.org"]]
    return import_file(write_rows(tmp_path / "book.csv", rows), kind="address-book", source=book)


class Somebody(threading.Thread):
    """Does something to a person in a connection of their own; `outcome` is what came of it."""

    def __init__(self, act: Act, person: Contact) -> None:
        super().__init__()
        self._act, self._person = act, person
        self.outcome = ""

    def run(self) -> None:
        try:
            self._act(self._person)
            self.outcome = "done"
        except DatabaseError as error:
            self.outcome = type(error).__name__
        except Contact.DoesNotExist:
            self.outcome = "gone"
        finally:
            connections.close_all()


def undo(run: Import) -> dict[str, int]:
    run_job(undo_import(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state == Import.State.UNDONE
    return run.counts["undone"]


def wait_until_somebody_waits() -> None:
    """Another connection stands before a lock."""
    deadline = time.monotonic() + WAIT
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                # Not pg_stat_activity: it stands still inside a transaction.
                "SELECT EXISTS (SELECT FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
            )
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline, "nobody waits for the undo"
            time.sleep(0.02)


@ACTS
def test_what_comes_between_the_look_and_the_delete_waits_and_is_refused(
    act: Act, imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = Somebody(act, Contact.objects.get())
    look = undoing.happened_to

    def look_while_somebody_acts(*people: Any, **import_run: Any) -> set[int]:
        held = look(*people, **import_run)
        somebody.start()
        wait_until_somebody_waits()
        return held

    monkeypatch.setattr(undoing, "happened_to", look_while_somebody_acts)
    assert undo(imported)["people"] == 1
    somebody.join(WAIT)
    assert somebody.outcome in ("IntegrityError", "gone")  # they are told; nothing vanished that was kept
    assert not Contact.objects.exists()


@ACTS
def test_what_was_there_before_the_look_keeps_the_person(
    act: Act, imported: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written after the undo began and before the batch is held."""
    begin = undoing._undo_batch
    somebody = Somebody(act, Contact.objects.get())

    def act_first(*arguments: Any) -> None:
        somebody.start()
        somebody.join(WAIT)
        begin(*arguments)

    monkeypatch.setattr(undoing, "_undo_batch", act_first)
    undone = undo(imported)
    assert (somebody.outcome, undone["people"], undone["kept"]) == ("done", 0, 1)
    assert Contact.objects.get().first_name == "Léa"
