"""When an event takes place, and how many seats there are."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from contacts.scoped import ScopedManager
from tracking.models.event import Event


class EventSlotQuerySet(models.QuerySet["EventSlot"]):
    def to_come(self, now: datetime | None = None) -> EventSlotQuerySet:
        """Those that have not ended, the first one first."""
        return self.filter(ends_at__gt=now or timezone.now()).order_by("starts_at", "pk")


class EventSlot(models.Model):
    """One time slot. `taken` counts the seats of registered people and their guests, never more than
    `capacity` (null: as many as come); whoever finds none waits.

    `uid` is the slot's name in calendars, for ever. `reminded_at`, `closed_at` (who came is settled) and
    `thanked_at` say what was done.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="slots")
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    capacity = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    taken = models.PositiveIntegerField(default=0, db_default=0)
    uid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    reminded_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    thanked_at = models.DateTimeField(null=True)

    scoped_by = ("event__territory",)
    objects = ScopedManager.from_queryset(EventSlotQuerySet)()
    personal_data: ClassVar = keep(
        *["id", "event", "starts_at", "ends_at", "capacity", "taken", "uid"],
        *["reminded_at", "closed_at", "thanked_at"],
    )

    class Meta:
        triggers = kept_history(unseen=("taken", "reminded_at", "closed_at", "thanked_at"))
        verbose_name = _("time slot")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="event_slot_ends_after_it_begins",
                violation_error_message=_("It ends after it begins."),
            ),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(taken__lte=F("capacity")),
                name="event_slot_not_overbooked",
                violation_error_message=_("More seats than that are taken already."),
            ),
            models.UniqueConstraint(fields=["event", "starts_at"], name="event_slot_once"),
        ]
        indexes = [models.Index(fields=["starts_at"], name="event_slot_by_day")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def local_start(self) -> datetime:
        """In the time of the place."""
        return self.starts_at.astimezone(ZoneInfo(self.event.time_zone))

    @property
    def local_end(self) -> datetime:
        return self.ends_at.astimezone(ZoneInfo(self.event.time_zone))

    @property
    def seats_left(self) -> int | None:
        """None: without limit."""
        return None if self.capacity is None else max(self.capacity - self.taken, 0)

    @property
    def is_full(self) -> bool:
        return self.seats_left == 0

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now()
