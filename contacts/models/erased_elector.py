"""Electors who were erased: keyed hashes by which the next roll leaves them out."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class ErasedElector(models.Model):
    """One elector who is gone. `number` was the row's id; `hashes`: see `contacts.services.elector_keys`.

    `bucket` (0 to 4095) says which few rows of a roll are worth a hash: thousands of electors share one.
    """

    number = models.BigIntegerField()
    bucket = models.SmallIntegerField(db_index=True)
    hashes = ArrayField(models.CharField(max_length=64))
    request = models.BigIntegerField(null=True)  # PersonRequest, if one asked for it
    erased_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[ErasedElector]] = models.Manager()
    personal_data = keep("id", "number", "bucket", "hashes", "request", "erased_at")

    class Meta:
        verbose_name = _("erased elector")

    def __str__(self) -> str:
        return f"erased elector {self.pk}"
