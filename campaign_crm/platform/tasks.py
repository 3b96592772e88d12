"""Celery ticks of the platform."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from campaign_crm.platform import jobs, reads, sealed_history
from campaign_crm.platform.api.idempotency import forget_old_answers
from campaign_crm.platform.locks import only_one
from campaign_crm.platform.webhooks import delivering

LONGEST_JOB = 24 * 3600
"""Seconds after which a job's process is ended; the job is taken over and goes on where it was."""


@shared_task(name="platform.run_due_jobs", time_limit=LONGEST_JOB)
def run_due_jobs() -> bool:
    """Run one due job, and see to the next in a task of its own; True when there was one.

    At most JOB_WORKERS at once: the other processes go on sending, and storing what comes back.
    """
    for slot in range(settings.JOB_WORKERS):
        with only_one(f"platform.jobs.{slot}") as mine:
            found = mine and jobs.run_one_due_job()
        if found:
            jobs.tick(run_due_jobs)
        if mine:
            return found
    return False


@shared_task(name="platform.seal_history")
def seal_history() -> int:
    """Seal the earlier values of what was changed since the last tick; skips while the previous goes on."""
    with only_one("platform.seal_history") as mine:
        if not mine:
            return 0
        sealed_history.ensure_months()
        return sealed_history.seal_all_waiting()


@shared_task(name="platform.journal_reads")
def journal_reads() -> int:
    """Put what keys and members read of people in the hours that are over into the journal."""
    with only_one("platform.journal_reads") as mine:
        return reads.journal_tallies() if mine else 0


@shared_task(name="platform.deliver_webhooks")
def deliver_webhooks() -> int:
    """Tell other programs what is due, a round after the other; skips while the previous goes on."""
    told = 0
    with only_one("platform.webhooks") as mine:
        while mine and (looked_at := delivering.deliver_due()):
            told += looked_at
    return told


@shared_task(name="platform.forget_answers")
def forget_answers() -> int:
    """Delete answers that are given no more, and what webhooks were told long ago."""
    with only_one("platform.forget_answers") as mine:
        return forget_old_answers() + delivering.forget_old() if mine else 0
