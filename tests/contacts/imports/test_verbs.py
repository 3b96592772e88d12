"""What may be done to an import at each moment, whichever page asks, and what people are told of its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaign_crm.platform import jobs
from campaign_crm.platform.jobs import run_job, run_one_due_job
from campaign_crm.platform.models import Job, Notification, User
from campaign_crm.platform.rights import Role
from contacts.imports import jobs as import_jobs
from contacts.imports.choices import set_mapping
from contacts.imports.errors import ImportProblem, WrongState
from contacts.imports.service import (
    discard_import,
    enqueue_preview,
    enqueue_run,
    start_import,
    stop_import,
    undo_import,
)
from contacts.models import Contact, Import, Source
from tests.support.imports import import_file, preview, write_rows

pytestmark = pytest.mark.usefixtures("places")
State = Import.State


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [["Nom", "Prénom", "Email"], ["Martin", "Léa", "lea@example.org"]]
    return write_rows(tmp_path / "book.csv", rows)


@pytest.fixture
def ready(file: Path, book: Source) -> Import:
    return preview(file, kind="address-book", source=book)


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(
        email="officer@example.org", full_name="Claude Durand", role=Role.DIRECTOR, language="en"
    )


@pytest.fixture
def client_of() -> Any:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def seen_elsewhere(run: Import) -> Import:
    """The import as another page loaded it before."""
    return Import.objects.get(pk=run.pk)


def test_import_pressed_twice_is_one_import(ready: Import) -> None:
    other = seen_elsewhere(ready)
    enqueue_run(run=ready, by=None)
    with pytest.raises(WrongState, match="at work already"):
        enqueue_run(run=other, by=None)
    assert Job.objects.filter(kind=import_jobs.RUN_JOB).count() == 1


def test_undo_pressed_twice_is_one_undo(file: Path, book: Source) -> None:
    run = import_file(file, kind="address-book", source=book)
    other = seen_elsewhere(run)
    undo_import(run=run, by=None)
    with pytest.raises(WrongState, match="undone already"):
        undo_import(run=other, by=None)


def test_a_stale_page_changes_nothing_of_an_import_at_work(ready: Import) -> None:
    other = seen_elsewhere(ready)
    enqueue_run(run=ready, by=None)
    for act in (
        lambda: set_mapping(run=other, mapping={0: "last_name", 2: "email"}, by=None),
        lambda: enqueue_preview(run=other, by=None),
        lambda: discard_import(run=other, by=None),
    ):
        with pytest.raises(WrongState, match="stop it first"):
            act()
    assert Import.objects.get(pk=ready.pk).state == State.RUNNING


def test_a_run_stopped_before_it_wrote_can_be_changed_and_sent_again(ready: Import) -> None:
    job = enqueue_run(run=ready, by=None)
    stop_import(run=seen_elsewhere(ready), by=None)
    ready.refresh_from_db()
    assert (ready.state, ready.has_begun) == (State.UPLOADED, False)
    with pytest.raises(jobs.JobStopped):
        run_job(job.pk)
    assert not Contact.objects.exists()
    run_job(enqueue_preview(run=ready, by=None).pk)
    ready.refresh_from_db()
    run_job(enqueue_run(run=ready, by=None).pk)
    assert Contact.objects.count() == 1


def fail_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise ImportProblem("The disk is full.")

    monkeypatch.setattr(import_jobs, name, fail)


def test_a_run_that_failed_partway_says_so_and_is_undone(
    ready: Import, monkeypatch: pytest.MonkeyPatch, client_of: Any, officer: User
) -> None:
    Import.objects.filter(pk=ready.pk).update(created_by=officer)
    with monkeypatch.context() as patch:
        fail_at(patch, "counts_of")  # after the rows were written
        job = enqueue_run(run=ready, by=officer)
        run_job(job.pk)
    ready.refresh_from_db()
    assert (ready.state, ready.has_begun) == (State.FAILED, True)
    page = client_of(officer).get(reverse("contacts:import", args=[ready.pk])).content.decode()
    assert "stopped partway" in page
    assert "Undo this import" in page
    assert "Discard the file" not in page
    assert "in part" in Notification.objects.latest("pk").message
    run_job(undo_import(run=ready, by=officer).pk)
    assert not Contact.objects.exists()


def test_a_preview_that_failed_leaves_everything_open(
    file: Path, book: Source, monkeypatch: pytest.MonkeyPatch, client_of: Any, officer: User
) -> None:
    run = start_import(file=file, file_name="book.csv", kind="address-book", source=book, by=officer)
    with monkeypatch.context() as patch:
        fail_at(patch, "stage_file")
        run_job(enqueue_preview(run=run, by=officer).pk)
    run.refresh_from_db()
    assert (run.state, run.has_begun) == (State.FAILED, False)
    page = client_of(officer).get(reverse("contacts:import", args=[run.pk])).content.decode()
    assert "Nothing was written" in page
    assert "Undo this import" not in page
    assert "was not imported" in Notification.objects.latest("pk").message
    with pytest.raises(WrongState, match="nothing to undo"):
        undo_import(run=run, by=officer)


def test_whoever_waits_is_told_when_workers_died_at_it_again_and_again(ready: Import, officer: User) -> None:
    Import.objects.filter(pk=ready.pk).update(created_by=officer)
    job = enqueue_run(run=ready, by=officer)
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING, attempts=jobs.MAX_ATTEMPTS, lease_until="2020-01-01T00:00Z"
    )
    assert not run_one_due_job()
    ready.refresh_from_db()
    assert ready.state == State.FAILED
    assert "stopped 5 times" in ready.error
    assert "stopped 5 times" in Notification.objects.latest("pk").message
