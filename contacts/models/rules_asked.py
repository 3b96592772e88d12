"""What was asked of every message, from when on: kept once for all of them, not on each."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from campaign_crm.platform.personal_data import keep


class RulesAsked(models.Model):
    """How the rules stood and which questions the program asked from `at` on, until the next row.

    `rules`: {key: severity}. `checks`: [[name, key of the rule that it holds or ""]], in their order. Rows
    are only added, by `contacts.rules.asked`.
    """

    at = models.DateTimeField(default=timezone.now)
    rulebook = models.CharField(max_length=16)
    rules = models.JSONField()
    checks = models.JSONField()

    objects: ClassVar[models.Manager[RulesAsked]] = models.Manager()
    personal_data = keep("id", "at", "rulebook", "rules", "checks")

    class Meta:
        verbose_name = "what was asked"
        indexes = [models.Index(fields=["-at", "-id"], name="rules_asked_newest")]

    def __str__(self) -> str:
        return f"{self.rulebook} from {self.at:%Y-%m-%d}"
