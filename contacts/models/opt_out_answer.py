"""Whether the programs that people came from have an opt-out file: asked before the first mailing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class OptOutAnswer(models.Model):
    """Somebody said that there is no opt-out file, and when. The newest counts; none is ever changed."""

    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    said_at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "said_by", "said_at")

    class Meta:
        verbose_name = _("answer on opt-out files")

    def __str__(self) -> str:
        return f"{self.said_by_id} {self.said_at}"
