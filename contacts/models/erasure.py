"""The ledger of erasures: numbers and keyed hashes only, replayed on a database restored from a backup."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class Erasure(models.Model):
    """One person hidden (`hidden_at`), then gone (`gone_at`).

    `number` was the person's id and `created_at` when their record was made: ids that a restore gives out
    again never name somebody else. `hashes`: keyed hashes by channel, as hexadecimal digits.
    """

    number = models.BigIntegerField()
    created_at = models.DateTimeField()
    hashes = models.JSONField(default=dict)
    request = models.BigIntegerField(null=True)  # PersonRequest, if one asked for it
    hidden_at = models.DateTimeField(db_default=Now())
    gone_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Erasure]] = models.Manager()
    personal_data = keep("id", "number", "created_at", "hashes", "request", "hidden_at", "gone_at")

    class Meta:
        verbose_name = _("erasure")
        constraints = [models.UniqueConstraint(fields=["number", "created_at"], name="erasure_once")]

    def __str__(self) -> str:
        return f"erasure {self.pk} of {self.number}"
