"""Progress in words: the step, the share done, a rate once there is one, the time left; pause and go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from campaign_crm.platform.models import AuditEntry, Job
from contacts.imports.progress import READING, WRITING
from contacts.models import Contact, Import
from contacts.views.import_progress import ShownProgress, shown_progress


def look(job: Job | None) -> ShownProgress:
    with translation.override("en"):
        return shown_progress(job)


def job(seconds: float | None = None, **values: Any) -> Job:
    """A running job whose step began `seconds` ago."""
    fields = {
        "state": Job.State.RUNNING,
        "progress_note": WRITING,
        "progress_done": 0,
        "progress_total": None,
        "step_began_at": None if seconds is None else timezone.now() - timedelta(seconds=seconds),
    }
    return Job(**(fields | values))


def test_job_that_waits_says_so() -> None:
    assert look(job(state=Job.State.QUEUED)).is_waiting
    assert look(None).is_waiting


@pytest.mark.parametrize("seconds", [None, 0.5])
def test_a_step_that_just_began_has_no_rate(seconds: float | None) -> None:
    shown = look(job(seconds, progress_done=500, progress_total=10_000))
    assert (shown.words, shown.figures, shown.pace) == ("Writing", "500 of 10,000", "")


def test_rate_is_that_of_the_step_from_where_it_began() -> None:
    """What an earlier attempt wrote, or what was written before a pause, took none of its time."""
    shown = look(job(10, step_began_done=1_000, progress_done=11_000, progress_total=311_000))
    assert shown.pace.startswith(("1,000 rows a second", "999 rows a second"))
    assert " · about 5 min left, done at " in shown.pace


@pytest.mark.parametrize(
    ("left", "words"),
    [(5_000, "almost done"), (30_000, "less than a minute left"), (600_000, "about 10 min left")],
)
def test_time_left_is_said_in_round_words(left: int, words: str) -> None:
    shown = look(job(10, progress_done=10_000, progress_total=10_000 + left))
    assert words in shown.pace


def test_bytes_are_said_as_sizes() -> None:
    shown = look(job(10, progress_note=READING, progress_done=10 * 1024**2, progress_total=20 * 1024**2))
    assert shown.figures.replace("\xa0", " ") == "10.0 MB of 20.0 MB"
    assert "a second" in shown.pace
    assert "rows" not in shown.pace


def test_paused_job_says_how_far_it_is_and_no_rate() -> None:
    shown = look(job(10, state=Job.State.PAUSED, progress_done=500, progress_total=10_000))
    assert (shown.words, shown.figures, shown.pace, shown.is_paused) == ("Paused", "500 of 10,000", "", True)


def test_import_is_paused_and_goes_on_from_its_page(
    previewed: Callable[..., Import], staff: Client, work: Callable[[], None]
) -> None:
    run = previewed()
    staff.post(f"/imports/{run.pk}/run/")
    page = f"/imports/{run.pk}/"
    assert f'action="{page}pause/"' in staff.get(page).content.decode()
    staff.post(f"{page}pause/")
    work()  # whatever starts again meanwhile, a paused import waits
    text = staff.get(f"{page}progress/").content.decode()
    assert "The import is paused" in text
    assert f'action="{page}pause/"' not in text
    assert "Paused" in staff.get("/imports/").content.decode()
    assert not Contact.objects.exists()
    staff.post(f"{page}resume/")
    work()
    run.refresh_from_db()
    assert (run.state, Contact.objects.count()) == (Import.State.DONE, 2)
    written = AuditEntry.objects.filter(action__in=["import.pause", "import.resume"])
    assert list(written.order_by("pk").values_list("action", flat=True)) == ["import.pause", "import.resume"]


def test_a_preview_is_stopped_not_paused(
    uploaded: Callable[..., Import], choose_columns: Callable[..., object], staff: Client, book: Any
) -> None:
    run = uploaded(source=book)
    choose_columns(run)
    page = f"/imports/{run.pk}/"
    assert f'action="{page}pause/"' not in staff.get(page).content.decode()
    answer = staff.post(f"{page}pause/", follow=True)
    assert "This import is not at work." in answer.content.decode()
    run.refresh_from_db()
    assert (run.state, run.job.state) == (Import.State.PREVIEWING, Job.State.QUEUED)


def test_a_paused_import_can_be_stopped(previewed: Callable[..., Import], staff: Client) -> None:
    run = previewed()
    for act in ("run", "pause", "stop"):
        staff.post(f"/imports/{run.pk}/{act}/")
    run.refresh_from_db()
    assert (run.state, run.job.state) == (Import.State.UPLOADED, Job.State.CANCELLED)  # nothing was written
