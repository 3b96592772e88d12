"""Running background work that is kept as rows.

`enqueue` writes the row; a Celery tick (every few seconds, and at once on commit) claims due rows and runs
the handler registered for their kind. The lease is renewed beside the handler, however long its statements
are; a worker that died leaves a lease that runs out, and the job is taken over with a new token, which fences
the old one. A job at which workers die again and again ends, and says so.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform.acting import acting_in_this_process
from campaign_crm.platform.heartbeat import kept_alive
from campaign_crm.platform.logs import plain
from campaign_crm.platform.models import Job, User
from campaign_crm.platform.models.job import LEASE

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
Handler = Callable[["RunningJob"], None]
AbandonedHandler = Callable[[Job, str], None]
_handlers: dict[str, Handler] = {}
_abandoned: dict[str, AbandonedHandler] = {}


class JobStopped(Exception):
    """The job was paused or cancelled, or another worker took it over: stop and leave things as they are."""


class JobFailed(Exception):
    """The job cannot succeed; the message is for the person who started it. Not retried."""


class RunningJob:
    """What a handler sees of its job: the payload, and a way to report progress and notice a stop."""

    def __init__(self, job: Job) -> None:
        self.id = job.pk
        self.payload: dict[str, Any] = job.payload
        self._attempt = job.attempts
        self.created_by_id = job.created_by_id
        self._token = job.token

    def progress(
        self, done: int, total: int | None = None, note: str = "", *, begins_step: bool = False
    ) -> None:
        """Record progress and renew the lease (in the caller's transaction); raises `JobStopped`.

        `begins_step`: rates are counted from here, whoever looks and whenever.
        """
        values: dict[str, Any] = {"progress_done": done, "progress_note": note, "lease_until": Now() + LEASE}
        if total is not None:
            values["progress_total"] = total
        if begins_step:
            values |= {"step_began_at": Now(), "step_began_done": done}
        if not self._mine().update(**values):
            raise JobStopped(f"Job {self.id} was stopped or taken over.")

    @property
    def attempt(self) -> int:
        """How often it was begun since it last got on."""
        if connection.needs_rollback:  # only inside a caller's broken transaction
            return self._attempt
        found = Job.objects.filter(pk=self.id).values_list("attempts", flat=True).first()
        return self._attempt if found is None else found

    def got_on(self) -> None:
        """Say, in the transaction that keeps a part of the work, that this attempt was worth it.

        A long job outlives any number of restarts; one at which workers die again and again ends.
        """
        self._mine().filter(attempts__gt=1).update(attempts=1)

    def renew(self) -> bool:
        """Renew the lease; False when the job is no longer this worker's."""
        return bool(self._mine().update(lease_until=Now() + LEASE))

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.id, token=self._token, state=Job.State.RUNNING)


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of jobs of `kind`, such as "contacts.import"."""

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        return function

    return register


def on_abandoned(*kinds: str) -> Callable[[AbandonedHandler], AbandonedHandler]:
    """Register what is told, with the reason, of a job at which workers died `MAX_ATTEMPTS` times."""

    def register(function: AbandonedHandler) -> AbandonedHandler:
        _abandoned.update(dict.fromkeys(kinds, function))
        return function

    return register


def enqueue(*, kind: str, payload: dict[str, Any], by: User | None = None) -> Job:
    """Write a job and tick the workers once the transaction commits. `payload` holds ids and options."""
    from campaign_crm.platform.tasks import run_due_jobs  # tasks import this module

    job = Job.objects.create(kind=kind, payload=payload, created_by=by)
    transaction.on_commit(lambda: tick(run_due_jobs))
    return job


def pause(job_id: int) -> bool:
    """Have a job wait until `resume`; its worker stops at the next report. False when it is not at work."""
    at_work = Job.objects.filter(pk=job_id, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    return bool(at_work.update(state=Job.State.PAUSED, lease_until=None))


def resume(job_id: int) -> bool:
    """Have a paused job go on, with all its attempts before it: somebody chose both. False for any other."""
    from campaign_crm.platform.tasks import run_due_jobs  # tasks import this module

    paused = Job.objects.filter(pk=job_id, state=Job.State.PAUSED)
    goes_on = bool(paused.update(state=Job.State.QUEUED, run_after=Now(), attempts=0))
    if goes_on:
        transaction.on_commit(lambda: tick(run_due_jobs))
    return goes_on


def tick(task: Any) -> None:
    """Wake the workers now; when Redis is away, the next beat does it."""
    try:
        task.apply_async(retry=False, ignore_result=True)
    except Exception as error:  # the row is committed: only promptness is lost
        logger.warning("Could not wake the workers (%s); the next beat will.", type(error).__name__)


def run_one_due_job() -> bool:
    """Claim and run one due job; False when none was due."""
    job = _claim()
    if job is None:
        return False
    _run(job)
    return True


def run_job(job_id: int) -> Job:
    """Claim and run one named job in this process."""
    return run_claimed(_claim_it(job_id))


@transaction.atomic
def claimed_here(enqueued: Callable[[], Job]) -> Job:
    """Have a job enqueued that this process runs (command line): no worker sees it waiting."""
    return _claim_it(enqueued().pk)


def run_claimed(job: Job) -> Job:
    """Run a job that this process has claimed, to its end."""
    _run(job)
    return Job.objects.get(pk=job.pk)


def _claim_it(job_id: int) -> Job:
    job = _claim(job_id)
    if job is None:
        raise JobStopped(f"Job {job_id} is not waiting: another worker has it, or it has ended.")
    return job


def _claim(job_id: int | None = None) -> Job | None:
    with transaction.atomic():
        due = Job.objects.due()
        if job_id is not None:
            due = due.filter(pk=job_id)
        job: Job | None = due.select_for_update(skip_locked=True).first()
        while job is not None and _kills_workers(job):
            job = due.select_for_update(skip_locked=True).first()
        if job is None:
            return None
        Job.objects.filter(pk=job.pk).update(
            state=Job.State.RUNNING,
            lease_until=Now() + LEASE,
            token=secrets.randbits(62),
            attempts=F("attempts") + 1,
            started_at=job.started_at or Now(),
        )
        job.refresh_from_db()
    return job


def _kills_workers(job: Job) -> bool:
    """End a job that was abandoned at its last attempt; in the caller's transaction, with its row locked."""
    if job.state != Job.State.RUNNING or job.attempts < MAX_ATTEMPTS:
        return False
    logger.error("Job %s (%s) was abandoned %s times", job.pk, job.kind, job.attempts)
    error = _("The program was stopped %(times)s times while at it. Is there enough memory?")
    error %= {"times": job.attempts}
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.FAILED, error=error, lease_until=None, finished_at=Now()
    )
    if (tell := _abandoned.get(job.kind)) is not None:
        try:
            with transaction.atomic():
                tell(job, error)
        except Exception:  # the job has ended all the same: it must not stop those behind it
            logger.exception("Nobody could be told of the end of job %s (%s)", job.pk, job.kind)
    return True


def _run(job: Job) -> None:
    """Run the handler and write how it ended, only if this worker still holds the job."""
    running = RunningJob(job)
    function = _handlers.get(job.kind)
    try:
        if function is None:
            raise JobFailed(f"No handler for jobs of kind {job.kind}; is the app that owns it installed?")
        with (
            acting_in_this_process(actor_id=job.created_by_id, came_by=f"job:{job.kind}"),
            kept_alive(running.renew, every=LEASE.total_seconds() / 4),
        ):
            function(running)
    except JobStopped:
        logger.info("Job %s stopped", job.pk)
    except JobFailed as error:
        _end(running, Job.State.FAILED, str(error))
    except Exception as error:
        attempt = running.attempt
        logger.exception("Job %s (%s) failed at attempt %s", job.pk, job.kind, attempt)
        _end(running, Job.State.FAILED if attempt >= MAX_ATTEMPTS else Job.State.QUEUED, plain(error))
    else:
        _end(running, Job.State.SUCCEEDED, "")


def _end(running: RunningJob, state: Job.State, error: str) -> None:
    if connection.needs_rollback:  # only inside a caller's broken transaction
        return
    values: dict[str, Any] = {"state": state, "error": error[:2000], "lease_until": None}
    if state == Job.State.QUEUED:
        values["run_after"] = Now() + LEASE / 4 * running.attempt
    else:
        values["finished_at"] = Now()
    running._mine().update(**values)
