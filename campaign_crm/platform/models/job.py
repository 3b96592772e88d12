"""Background work is a row: Celery only ticks it, so losing Redis loses no work."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep

LEASE = timedelta(minutes=2)


class JobQuerySet(models.QuerySet["Job"]):
    def due(self) -> JobQuerySet:
        """Jobs that wait, or whose worker has not renewed its lease (database clock)."""
        waiting = models.Q(state=Job.State.QUEUED, run_after__lte=Now())
        abandoned = models.Q(state=Job.State.RUNNING, lease_until__lt=Now())
        return self.filter(waiting | abandoned).order_by("run_after", "id")

    def unfinished(self) -> JobQuerySet:
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING, Job.State.PAUSED])


class Job(models.Model):
    """One piece of background work; `token` fences a worker whose lease was taken over."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        SUCCEEDED = "succeeded", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Stopped")

    kind = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)  # ids and options only, never personal data
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    run_after = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    token = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(null=True)
    progress_note = models.CharField(max_length=200, blank=True)
    step_began_at = models.DateTimeField(null=True)  # of the step: its rate counts from there
    step_began_done = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Job]] = JobQuerySet.as_manager()
    personal_data = keep(
        *[
            "id",
            "kind",
            "payload",
            "state",
            "run_after",
            "lease_until",
            "token",
            "attempts",
            "progress_done",
            "progress_total",
        ],
        *["progress_note", "step_began_at", "step_began_done", "error", "created_by", "created_at"],
        *["started_at", "finished_at"],
    )

    class Meta:
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        indexes = [
            models.Index(
                fields=["run_after", "id"],
                name="job_unfinished",
                condition=models.Q(state__in=["queued", "running"]),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="running") | models.Q(lease_until__isnull=False),
                name="job_running_has_lease",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
