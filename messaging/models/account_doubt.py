"""Answers of a way out that never came: what all workers together know of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class AccountDoubt(models.Model):
    """One account and stream while there is any doubt (`messaging.dispatch.doubts`); no row: none."""

    account = models.ForeignKey("messaging.ProviderAccount", on_delete=models.CASCADE, related_name="doubts")
    stream = models.CharField(max_length=16)
    units = models.FloatField()
    in_row = models.FloatField()
    rests_until = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[AccountDoubt]] = models.Manager()
    personal_data = keep("id", "account", "stream", "units", "in_row", "rests_until")

    class Meta:
        verbose_name = _("answers of a way out that never came")
        constraints = [models.UniqueConstraint(fields=["account", "stream"], name="doubt_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.stream}: {self.units:g}"
