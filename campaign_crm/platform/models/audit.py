"""Who did what, to what, when, and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class AuditEntry(models.Model):
    """One act of a person or of the system; append-only (a trigger refuses updates and deletions).

    Holds ids, counts and names of changed fields, never a value of a person's field.
    """

    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING)
    action = models.CharField(max_length=64)  # "campaign.send", "import.start"
    object_type = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64)
    fields = models.JSONField(default=list)  # names of changed fields
    detail = models.JSONField(default=dict)  # counts, ids, chosen options
    reason = models.CharField(max_length=500, blank=True)

    personal_data = keep(
        "id", "at", "actor", "action", "object_type", "object_id", "fields", "detail", "reason"
    )

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        indexes = [
            models.Index(fields=["object_type", "object_id", "-at"], name="audit_object"),
            models.Index(fields=["-at"], name="audit_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
