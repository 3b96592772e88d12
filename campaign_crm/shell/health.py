"""Is the installation alive, ready, and getting on? For monitors, never for the public."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
from django.utils import timezone

from campaign_crm.platform.database import acting_as
from campaign_crm.platform.models import Job
from campaign_crm.platform.servers import ingest_problem
from messaging.enums import CampaignState
from messaging.models import Campaign, ProviderEvent
from messaging.webhooks import receiving
from tracking.ingest import spool, stream

TIMEOUT = 2  # seconds for Valkey to answer
UNDER_WAY = [CampaignState.FREEZING, CampaignState.SENDING, CampaignState.PAUSED]


def database_problem() -> str:
    """Return what is wrong with PostgreSQL and its schema; empty when nothing is."""
    try:
        with acting_as("crm_national"):
            executor = MigrationExecutor(connection)
            missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return type(error).__name__
    return f"{len(missing)} migrations to apply: python manage.py migrate" if missing else ""


def redis_problem(url: str) -> str:
    """Return what is wrong with one Valkey or Redis; empty when nothing is."""
    try:
        with redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT) as client:
            client.ping()
    except redis.RedisError as error:
        return type(error).__name__
    return ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": database_problem,
    "redis": lambda: redis_problem(settings.REDIS_URL),
    "ingest_redis": lambda: ingest_problem(settings.INGEST_REDIS_URL),
}


def readiness() -> dict[str, str]:
    """Return each part with "ok" or what is wrong with it."""
    return {name: check() or "ok" for name, check in CHECKS.items()}


def progress() -> dict[str, Any]:
    """Return the version and what is under way: jobs by state, the oldest wait (seconds), mailings, hits,
    events."""
    unfinished = Job.objects.unfinished()
    jobs = dict(unfinished.values_list("state").annotate(number=Count("id")).order_by())
    oldest = unfinished.filter(state=Job.State.QUEUED, run_after__lte=timezone.now()).aggregate(
        since=Min("run_after")
    )["since"]
    mailings = Campaign.objects.filter(state__in=UNDER_WAY)
    return {
        "version": version(),
        "jobs": jobs,
        "oldest_waiting_seconds": round((timezone.now() - oldest).total_seconds()) if oldest else 0,
        "mailings": dict(mailings.values_list("state").annotate(number=Count("id")).order_by()),
        "hits": hits(),
        "events": events(),
    }


def hits() -> dict[str, int | None]:
    """Return opens and clicks not stored yet, those that could not be, and spool files of this machine.

    None: the ingest server does not answer.
    """
    found: dict[str, int | None] = {"waiting": None, "set_aside": None, "spool_files": spool.waiting()}
    try:
        found |= {"waiting": stream.backlog(), "set_aside": stream.refused()}
    except stream.StreamAway:
        return found
    return found


def events() -> dict[str, int]:
    """Return what providers reported and nobody has read yet, what could not be read, and spool files."""
    return {
        "waiting": ProviderEvent.objects.filter(state=ProviderEvent.State.WAITING).count(),
        "unreadable": ProviderEvent.objects.filter(state=ProviderEvent.State.UNREADABLE).count(),
        "spool_files": receiving.SPOOL.waiting(),
    }


@cache
def version() -> str:
    """Return the version of the program, as its project file says."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])
