"""Progress in words: the step, the share done, a rate once there is one, the time that is left."""

from __future__ import annotations

from time import time
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import translation

from campaign_crm.platform.models import Job
from contacts.imports.progress import READING, WRITING
from contacts.views.import_progress import ShownProgress, shown_progress


def look(job: Job | None, **seen: Any) -> ShownProgress:
    with translation.override("en"):
        return shown_progress(job, RequestFactory().get("/", seen))


def job(**values: Any) -> Job:
    fields = {
        "state": Job.State.RUNNING,
        "progress_note": WRITING,
        "progress_done": 0,
        "progress_total": None,
    }
    return Job(**(fields | values))


def test_job_that_waits_says_so() -> None:
    assert look(job(state=Job.State.QUEUED)).is_waiting
    assert look(None).is_waiting


def test_first_look_has_no_rate_and_remembers_where_it_began() -> None:
    shown = look(job(progress_done=500, progress_total=10_000))
    assert (shown.words, shown.figures, shown.pace) == ("Writing", "500 of 10,000", "")
    assert "note=writing" in shown.poll
    assert shown.poll.endswith("done=500")


def test_rate_is_that_of_the_step_since_it_was_first_seen() -> None:
    seen = {"note": WRITING, "at": time() - 10, "done": 1_000}
    shown = look(job(progress_done=11_000, progress_total=311_000), **seen)
    assert shown.pace in ("1,000 a second · about 5 min left", "999 a second · about 5 min left")


@pytest.mark.parametrize(
    ("left", "words"),
    [(5_000, "almost done"), (30_000, "less than a minute left"), (600_000, "about 10 min left")],
)
def test_time_left_is_said_in_round_words(left: int, words: str) -> None:
    shown = look(
        job(progress_done=10_000, progress_total=10_000 + left), note=WRITING, at=time() - 10, done=0
    )
    assert shown.pace.endswith(words)


def test_bytes_are_said_as_sizes() -> None:
    seen = {"note": READING, "at": time() - 10, "done": 0}
    shown = look(job(progress_note=READING, progress_done=10 * 1024**2, progress_total=20 * 1024**2), **seen)
    assert shown.figures.replace("\xa0", " ") == "10.0 MB of 20.0 MB"
    assert "a second" in shown.pace


@pytest.mark.parametrize(
    "seen",
    [
        {"note": READING, "at": 0, "done": 0},
        {"note": WRITING, "at": "x", "done": 0},
        {"note": WRITING, "at": 1e18, "done": 0},
        {"note": WRITING, "at": "nan", "done": 0},
        {"note": WRITING, "done": 0},
        {"note": WRITING, "at": 5, "done": 10**9},
    ],
)
def test_what_an_address_says_of_another_step_counts_for_nothing(seen: dict[str, Any]) -> None:
    assert look(job(progress_done=10, progress_total=100), **seen).pace == ""
