"""Background work is a row: claimed once, fenced, taken over, and never lost."""

import pytest
from django.db.models.functions import Now

from campaign_crm.platform import jobs
from campaign_crm.platform.jobs import JobFailed, JobStopped, RunningJob
from campaign_crm.platform.models import Job
from campaign_crm.platform.models.job import LEASE

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
    from campaign_crm.platform.tasks import run_due_jobs

    def broken(**_options):
        raise ConnectionError

    monkeypatch.setattr(run_due_jobs, "apply_async", broken)
    job = jobs.enqueue(kind="test", payload={})
    assert Job.objects.get(pk=job.pk).state == "queued"
