"""An import that ends before its end says how many rows were written, and how many were not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from django.test import Client

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import Job, Notification, User
from contacts.imports import partway
from contacts.imports.errors import ImportProblem
from contacts.imports.people import engine
from contacts.imports.service import enqueue_run, stop_import
from contacts.imports.staging import Staging
from contacts.models import Contact, Import, Source
from tests.support.imports import preview, write_rows

pytestmark = pytest.mark.usefixtures("places")
ROWS = 10


@pytest.fixture
def ready(tmp_path: Path, book: Source, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Ten people in pieces of four lines: 2 and 3, 4 to 7, 8 to 11."""
    monkeypatch.setattr(engine, "LINES_A_CHUNK", 4)
    people = [[f"P{number}", "Martin", f"p{number}@example.org"] for number in range(ROWS)]
    path = write_rows(tmp_path / "book.csv", [["Prénom", "Nom", "Email"], *people])
    return preview(path, kind="address-book", source=book)


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="officer@example.org", role="director", language="en")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    def make(member: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(member)
        return client

    return make


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let some pieces be written, then fail."""

    def after(pieces: int, error: Exception) -> None:
        original, written = engine.write_chunk, []

        def write_chunk(staging: Any, chunk: Any, **options: Any) -> None:
            if len(written) == pieces:
                raise error
            original(staging, chunk, **options)
            written.append(chunk)

        monkeypatch.setattr(engine, "write_chunk", write_chunk)

    return after


def stopped(run: Import) -> Import:
    stop_import(run=Import.objects.get(pk=run.pk), by=None)
    run.refresh_from_db()
    assert run.state == Import.State.CANCELLED
    return run


def page_of(run: Import, client_of: Callable[[User], Client], member: User) -> str:
    return client_of(member).get(f"/imports/{run.pk}/").content.decode()


def test_a_stopped_import_counts_what_is_there(
    ready: Import, breaks: Callable[..., None], client_of: Callable[[User], Client], officer: User
) -> None:
    breaks(2, RuntimeError("a worker died"))
    run_job(enqueue_run(run=ready, by=None).pk)
    stopped(ready)
    assert ready.counts == {"written": 6, "unwritten": 4}
    assert Contact.objects.count() == 6
    page = page_of(ready, client_of, officer)
    assert "6 rows were written, 4 not. What was written is there, and can be undone." in page
    assert "Rows in the file" not in page
    assert "10 people go" in page  # at most: nobody else was written


def test_one_that_wrote_every_row_says_what_it_left(ready: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("a worker died")

    monkeypatch.setattr(engine, "link_people", die)
    run_job(enqueue_run(run=ready, by=None).pk)
    assert partway.partway_words(stopped(ready)).startswith("Every row was written")


def test_a_failed_import_says_it_on_its_page_and_in_the_notification(
    ready: Import, breaks: Callable[..., None], client_of: Callable[[User], Client], officer: User
) -> None:
    Import.objects.filter(pk=ready.pk).update(created_by=officer)
    breaks(1, ImportProblem("The list is gone."))
    run_job(enqueue_run(run=ready, by=officer).pk)
    ready.refresh_from_db()
    assert (ready.state, ready.counts) == ("failed", {"written": 2, "unwritten": 8})
    assert "2 rows were written, 8 not." in page_of(ready, client_of, officer)
    assert Notification.objects.latest("pk").message.endswith("2 rows were written, 8 not.")


def test_nothing_is_said_where_the_pieces_were_made_anew(ready: Import, breaks: Callable[..., None]) -> None:
    breaks(1, RuntimeError("a worker died"))
    job = run_job(enqueue_run(run=ready, by=None).pk)
    Staging(ready.pk).drop()  # as a crash of PostgreSQL does
    Job.objects.filter(pk=job.pk).update(run_after=Now())
    run_job(job.pk)
    assert stopped(ready).counts == {}
    assert partway.partway_words(ready) == ""


def test_a_run_that_is_stopped_before_it_wrote_counts_nothing(ready: Import) -> None:
    enqueue_run(run=ready, by=None)
    stop_import(run=Import.objects.get(pk=ready.pk), by=None)
    ready.refresh_from_db()
    assert (ready.state, ready.counts) == ("uploaded", {})


def test_the_command_says_it_too(
    tmp_path: Path, book: Source, ready: Import, breaks: Callable[..., None]
) -> None:
    breaks(2, RuntimeError("the disk is full"))
    path = str(tmp_path / "book.csv")
    with pytest.raises(CommandError, match="6 rows were written, 4 not"):
        call_command("import_contacts", path, "--kind", "address-book", "--source", "Book")


def test_a_roll_is_counted_by_the_block() -> None:
    run = Import(kind="roll", counts={"written": 1000, "unwritten": 2000})
    assert partway.partway_words(run) == "≈ 1,000 rows were written, ≈ 2,000 not."
