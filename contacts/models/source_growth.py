"""People gained and lost by each source, by the hour: what the page of growth reads, not every person."""

from __future__ import annotations

from django.db import models

from campaign_crm.platform.personal_data import keep


class SourceGrowth(models.Model):
    """How many people a source named for the first time within an hour, and how many it lost.

    Written by triggers on ContactSource (`migrations/sql/source_growth.sql`), one row a statement: an import
    meets no row that others write. `contacts.services.growth.fold` adds them up later. Hours, as a day begins
    at another moment in each time zone.
    """

    source = models.ForeignKey("contacts.Source", on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    gained = models.PositiveBigIntegerField(default=0)
    lost = models.PositiveBigIntegerField(default=0)

    personal_data = keep("id", "source", "hour", "gained", "lost")

    class Meta:
        indexes = [models.Index(fields=["hour", "source"], name="source_growth_by_hour")]

    def __str__(self) -> str:
        return f"source {self.source_id}, {self.hour}: +{self.gained} -{self.lost}"
