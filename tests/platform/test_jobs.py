"""Background work is a row: claimed once, fenced, taken over, and never lost."""

import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from campaign_crm.platform import jobs
from campaign_crm.platform.jobs import JobFailed, JobStopped, RunningJob
from campaign_crm.platform.locks import only_one
from campaign_crm.platform.models import Job
from campaign_crm.platform.models.job import LEASE
from campaign_crm.platform.tasks import run_due_jobs
from tests.environment import PROJECT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def handle(monkeypatch):
    """Register a handler for jobs of kind "test"."""

    def register(function):
        monkeypatch.setitem(jobs._handlers, "test", function)

    return register


def make(**fields) -> Job:
    return Job.objects.create(kind="test", payload={"id": 7}, **fields)


def test_a_due_job_is_run_and_ended(handle) -> None:
    seen = []
    handle(lambda running: (seen.append(running.payload), running.progress(3, 3, "rows")))
    job = make()
    assert jobs.run_one_due_job()
    assert not jobs.run_one_due_job()
    job.refresh_from_db()
    assert seen == [{"id": 7}]
    assert (job.state, job.progress_done, job.progress_total, job.attempts) == ("succeeded", 3, 3, 1)
    assert job.finished_at is not None
    assert job.lease_until is None


def test_a_job_that_cannot_succeed_says_why_and_is_not_tried_again(handle) -> None:
    def refuse(running: RunningJob) -> None:
        raise JobFailed("The file is empty; choose another.")

    handle(refuse)
    job = make()
    jobs.run_one_due_job()
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "The file is empty; choose another.")


def test_an_accident_is_tried_again_later_and_at_most_five_times(handle) -> None:
    def stumble(running: RunningJob) -> None:
        raise ConnectionError("away")

    handle(stumble)
    job = make()
    jobs.run_one_due_job()
    job.refresh_from_db()
    assert (job.state, job.error) == ("queued", "ConnectionError: away")
    assert not jobs.run_one_due_job(), "it waits before the next attempt"
    for _attempt in range(4):
        Job.objects.update(run_after=Now())
        assert jobs.run_one_due_job()
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("failed", 5)


def test_a_job_that_gets_on_is_tried_for_as_long_as_it_does(handle) -> None:
    """An import of hours outlives more than five restarts; what is rolled back counts for nothing."""
    keeps = True

    def work(running: RunningJob) -> None:
        with transaction.atomic():
            running.got_on()
            if not keeps:
                raise ConnectionError("away")
        raise ConnectionError("away")

    handle(work)
    job = make()
    for _attempt in range(jobs.MAX_ATTEMPTS + 3):
        Job.objects.update(run_after=Now())
        assert jobs.run_one_due_job()
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("queued", 1)
    keeps = False
    for _attempt in range(jobs.MAX_ATTEMPTS - 1):
        Job.objects.update(run_after=Now())
        assert jobs.run_one_due_job()
    job.refresh_from_db()
    assert job.state == "failed"


def test_a_worker_whose_job_was_taken_over_is_fenced(handle) -> None:
    job = make()
    first = RunningJob(jobs._claim())
    Job.objects.update(lease_until=Now() - LEASE)
    second = RunningJob(jobs._claim())
    with pytest.raises(JobStopped):
        first.progress(1)
    second.progress(2)
    jobs._end(first, Job.State.FAILED, "too late")
    job.refresh_from_db()
    assert (job.state, job.progress_done, job.attempts) == ("running", 2, 2)


def test_a_cancelled_job_stops_at_its_next_progress(handle) -> None:
    job = make()

    def work(running: RunningJob) -> None:
        Job.objects.filter(pk=job.pk).update(state=Job.State.CANCELLED)
        running.progress(1)
        raise AssertionError("not reached")

    handle(work)
    jobs.run_one_due_job()
    job.refresh_from_db()
    assert (job.state, job.progress_done) == ("cancelled", 0)


def test_a_job_without_a_handler_says_so() -> None:
    job = Job.objects.create(kind="nobody.knows")
    jobs.run_one_due_job()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "nobody.knows" in job.error


def test_enqueueing_without_a_broker_keeps_the_job(settings, monkeypatch) -> None:
    def broken(**_options):
        raise ConnectionError

    monkeypatch.setattr(run_due_jobs, "apply_async", broken)
    job = jobs.enqueue(kind="test", payload={})
    assert Job.objects.get(pk=job.pk).state == "queued"


def test_a_statement_longer_than_the_lease_keeps_the_job(handle, monkeypatch) -> None:
    """It reports progress at its end only: without a renewal another worker would begin it too."""
    lease = timedelta(seconds=0.4)
    monkeypatch.setattr(jobs, "LEASE", lease)
    job = make()
    taken_over = []

    def work(running: RunningJob) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(1)")
            taken_over.append(jobs._claim())
            running.progress(1, 1)

    handle(work)
    jobs.run_one_due_job()
    job.refresh_from_db()
    assert taken_over == [None]
    assert (job.state, job.attempts) == ("succeeded", 1)
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_a_job_at_which_workers_die_ends_and_says_so(handle) -> None:
    handle(lambda running: None)
    job = make()
    for _attempt in range(jobs.MAX_ATTEMPTS):
        assert jobs._claim() is not None
        Job.objects.update(lease_until=Now() - LEASE)
    other = make()
    assert jobs.run_one_due_job(), "it does not hold up the next one"
    for one in (job, other):
        one.refresh_from_db()
    assert (job.state, other.state) == ("failed", "succeeded")
    assert "5" in job.error
    assert job.lease_until is None


def test_an_error_is_told_without_the_values_of_anybody(handle) -> None:
    def work(running: RunningJob) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'Canari'::int")

    handle(work)
    job = make()
    jobs.run_one_due_job()
    job.refresh_from_db()
    assert job.error == 'DataError: invalid input syntax for type integer: "…"'


def test_long_jobs_leave_processes_for_everything_else(handle, settings) -> None:
    """As many at once as JOB_WORKERS says, whatever the number of processes."""
    handle(lambda running: None)
    job = make()
    settings.JOB_WORKERS = 1
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: (answers.append(run_due_jobs()), connection.close()))
    with only_one("platform.jobs.0") as mine:
        assert mine
        thread.start()
        thread.join(10)
    assert answers == [False]
    assert run_due_jobs()
    job.refresh_from_db()
    assert job.state == "succeeded"


def test_waking_the_workers_takes_no_time_when_the_broker_is_away() -> None:
    """A person waits for the page that wakes them."""
    program = (
        "import django, time; django.setup()\n"
        "from campaign_crm.platform.jobs import tick\n"
        "from campaign_crm.platform.tasks import run_due_jobs\n"
        "start = time.monotonic(); tick(run_due_jobs); print(time.monotonic() - start)"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "campaign_crm.settings",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) < 1.0


def test_a_paused_job_waits_for_somebody_to_resume_it(handle) -> None:
    seen = []

    def work(running: RunningJob) -> None:
        running.progress(len(seen), begins_step=True)
        if not seen:
            seen.append("paused")
            assert jobs.pause(running.id)
            running.progress(1)
        seen.append("ended")

    handle(work)
    job = make(attempts=3)
    assert jobs.run_one_due_job()
    job.refresh_from_db()
    assert (job.state, job.lease_until, job.error) == ("paused", None, "")
    assert not jobs.run_one_due_job()
    assert jobs.resume(job.pk)
    assert not jobs.resume(job.pk)
    assert jobs.run_one_due_job()
    job.refresh_from_db()
    assert (job.state, seen) == ("succeeded", ["paused", "ended"])
    assert (job.attempts, job.step_began_done) == (1, 1)  # pauses use up no attempt
    assert not jobs.pause(job.pk)


def test_what_a_command_runs_itself_is_offered_to_no_worker(handle) -> None:
    done: list[int] = []
    handle(lambda job: done.append(job.id))
    job = jobs.claimed_here(lambda: jobs.enqueue(kind="test", payload={}))
    assert not jobs.run_one_due_job()
    assert jobs.run_claimed(job).state == Job.State.SUCCEEDED
    assert done == [job.pk]
