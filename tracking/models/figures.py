"""Figures that take long to count: counted in the background, read at once."""

from __future__ import annotations

from django.db import models

from campaign_crm.platform.personal_data import keep


class Figures(models.Model):
    """The last count of one name, such as {"email": 812000, "sms": 31000}, and when it was made."""

    name = models.CharField(primary_key=True, max_length=40)
    numbers = models.JSONField()
    counted_at = models.DateTimeField()

    personal_data = keep("name", "numbers", "counted_at")

    def __str__(self) -> str:
        return self.name
