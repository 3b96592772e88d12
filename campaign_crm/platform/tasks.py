"""Celery ticks of the platform."""

from __future__ import annotations

from celery import shared_task

from campaign_crm.platform import jobs


@shared_task(name="platform.run_due_jobs")
def run_due_jobs() -> int:
    """Run due jobs until none is left; returns how many."""
    count = 0
    while jobs.run_one_due_job():
        count += 1
    return count
