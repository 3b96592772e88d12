"""A word to one member of the team: an import finished, a mailing paused."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from campaign_crm.platform.personal_data import keep

COUNTED_AT_MOST = 100  # more than the bell shows


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at__isnull=True)

    def counted(self) -> int:
        """How many, up to `COUNTED_AT_MOST`: the cost of a page has an end."""
        return len(self.order_by().values_list("pk")[:COUNTED_AT_MOST])  # a third of what count() costs


class Notification(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=64)
    message = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Notification]] = NotificationQuerySet.as_manager()
    personal_data = keep("id", "user", "kind", "message", "url", "created_at", "read_at")

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_newest_first"),
            # Every page counts these: only what is unread, however many there have been.
            models.Index(
                fields=["user"], name="notification_unread", condition=models.Q(read_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
