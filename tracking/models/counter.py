"""Counters of campaigns, as inserted deltas folded later: no hot row during a large send."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep
from tracking.enums import Metric


class CampaignCounter(models.Model):
    """`delta` more of `metric` for one link (null: none) and department ("" when unknown)."""

    # No constraint: a hit may come in after its campaign was deleted, and must not hold up the others.
    campaign = models.ForeignKey(
        "messaging.Campaign", on_delete=models.CASCADE, related_name="counters", db_constraint=False
    )
    metric = models.CharField(max_length=16, choices=Metric.choices)
    link_number = models.PositiveSmallIntegerField(null=True)
    department = models.CharField(max_length=3, db_default="")
    delta = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "campaign", "metric", "link_number", "department", "delta", "at")

    class Meta:
        verbose_name = _("counter")
        indexes = [models.Index(fields=["campaign", "metric"], name="campaign_counter")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.metric} {self.delta:+d}"
