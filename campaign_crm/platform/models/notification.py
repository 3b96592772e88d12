"""A word to one member of the team: an import finished, a mailing paused."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from campaign_crm.platform.personal_data import keep


class Notification(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=64)
    message = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    personal_data = keep("id", "user", "kind", "message", "url", "created_at", "read_at")

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at"], name="notification_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
