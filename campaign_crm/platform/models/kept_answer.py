"""Answers of the API that are given again when the same request comes again."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep
from campaign_crm.platform.sealed import SealedJSON


class KeptAnswer(models.Model):
    """What a request with an `Idempotency-Key` was answered, for a day; sealed, as answers tell of people.

    `sender`: "key 7" or "member 3": keys of two programs never meet. `asked`: SHA-256 of the method, the
    address and the body.
    """

    sender = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    asked = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    answer = SealedJSON(null=True)
    at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "sender", "key", "asked", "status", "answer", "at")

    class Meta:
        verbose_name = _("kept answer")
        constraints = [models.UniqueConstraint(fields=["sender", "key"], name="kept_answer_once")]
        indexes = [models.Index(fields=["at"], name="kept_answer_oldest")]

    def __str__(self) -> str:
        return f"{self.sender} {self.at}"
