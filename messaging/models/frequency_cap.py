"""How many political messages a person gets in a week at most, if the organisation sets a limit."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from contacts.enums import Channel

EVERY_CHANNEL = ""
WARN_FROM = {Channel.EMAIL.value: 7, Channel.SMS.value: 2}
"""Messages a week from which a person is written to too often for most."""


class FrequencyCap(models.Model):
    """At most `per_week` messages in any seven days on one channel, or on all together (`EVERY_CHANNEL`)."""

    channel = models.CharField(max_length=8, unique=True, blank=True)
    per_week = models.PositiveSmallIntegerField(_("a week, at most"), validators=[MinValueValidator(1)])

    objects: ClassVar[models.Manager[FrequencyCap]] = models.Manager()
    personal_data = keep("id", "channel", "per_week")

    class Meta:
        triggers = kept_history()
        verbose_name = _("frequency cap")
        constraints = [
            models.CheckConstraint(condition=models.Q(per_week__gte=1), name="frequency_cap_at_least_one")
        ]

    def __str__(self) -> str:
        return f"{self.channel or '*'}: {self.per_week}"
