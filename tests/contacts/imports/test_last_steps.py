"""An import killed between its last steps: linked as if nothing had happened, told once, ended once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import AuditEntry, Job
from campaign_crm.platform.models.job import LEASE
from contacts.imports import chunks
from contacts.imports import jobs as import_jobs
from contacts.imports.chunks import Chunk
from contacts.imports.rolls import engine
from contacts.imports.service import enqueue_preview, enqueue_run, start_import, undo_import
from contacts.imports.staging import Staging
from contacts.models import Contact, ElectoralRegistration, Import, Source, Territory

pytestmark = pytest.mark.django_db

RollFile = Callable[..., Path]


class Killed(BaseException):
    """No handler of errors sees it, as none sees a kill."""


@pytest.fixture(autouse=True)
def _places(places: None) -> None:
    """Every test of this module has the places."""


@pytest.fixture
def previewed(roll_file: RollFile, elector: Callable[..., Any], roll_source: Source) -> Import:
    """A roll of three electors, one of whom the base knows as a person."""
    beauvais = Territory.objects.get(kind="commune", code="60057")
    Contact.objects.create(first_name="Zoé", last_name="Martin", birth_date="1980-05-17", commune=beauvais)
    path = roll_file([elector(prénoms=name) for name in ("Zoé", "Paul", "Luc")])
    run = start_import(file=path, file_name=path.name, kind="roll", source=roll_source, by=None)
    run_job(enqueue_preview(run=run, by=None).pk)
    run.refresh_from_db()
    return run


def killed_then_again(job: Job, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Kill the worker where it calls `name`, and let another one go on."""

    def die(*_values: Any, **_options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, name, die)
        with pytest.raises(Killed):
            run_job(job.pk)
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - LEASE)
    run_job(job.pk)


def test_killed_after_the_last_row_it_still_links(previewed: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_then_again(enqueue_run(run=previewed, by=None), monkeypatch, engine, "_link")
    previewed.refresh_from_db()
    assert previewed.counts["linked"] == 1
    assert ElectoralRegistration.objects.filter(contact__isnull=False).count() == 1


def test_killed_after_linking_the_report_counts_the_links(
    previewed: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_then_again(enqueue_run(run=previewed, by=None), monkeypatch, import_jobs, "keep_rejects")
    previewed.refresh_from_db()
    assert previewed.counts["linked"] == 1


def test_killed_when_all_is_written_it_ends_once(previewed: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_then_again(enqueue_run(run=previewed, by=None), monkeypatch, import_jobs, "forget_table")
    previewed.refresh_from_db()
    assert (previewed.state, previewed.counts["new"]) == (Import.State.DONE, 3)
    assert AuditEntry.objects.filter(action="import.run").count() == 1
    assert not Staging(previewed.pk).exists("rows")


def test_a_preview_that_ended_is_not_computed_over_a_later_run(
    previewed: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker died right after the last commit; somebody pressed the button before the lease ran out."""
    preview_job = Job.objects.get(pk=previewed.job_id)
    run_job(enqueue_run(run=previewed, by=None).pk)
    Job.objects.filter(pk=preview_job.pk).update(state="running", lease_until=Now() - LEASE)
    run_job(preview_job.pk)
    previewed.refresh_from_db()
    assert previewed.state == Import.State.DONE


def test_killed_after_an_undo_it_stays_undone(previewed: Import) -> None:
    run_job(enqueue_run(run=previewed, by=None).pk)
    previewed.refresh_from_db()
    job = undo_import(run=previewed, by=None)
    run_job(job.pk)
    Job.objects.filter(pk=job.pk).update(state="running", lease_until=Now() - LEASE)
    assert run_job(job.pk).state == Job.State.SUCCEEDED
    previewed.refresh_from_db()
    assert previewed.state == Import.State.UNDONE


def test_a_plan_of_pieces_is_kept_whole_or_not_at_all(previewed: Import) -> None:
    """Half of a plan would write half of the file."""
    staging = Staging(previewed.pk)
    staging.drop(chunks.TABLE)
    with pytest.raises(Exception, match="duplicate key"):
        chunks.remember(staging, [Chunk(0, 0, 1, 1), Chunk(1, 1, 2, 1), Chunk(1, 2, 3, 1)])
    assert not connection.needs_rollback
    assert not staging.exists(chunks.TABLE)
