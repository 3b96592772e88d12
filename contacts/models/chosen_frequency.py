"""How often a person wants to be written to, as they said on their page."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.enums import Channel
from contacts.scoped import ScopedManager


class ChosenFrequency(models.Model):
    """At most one political message every `days` days on one channel.

    No row: as often as the organisation writes. Merged records may have two rows; the longest wait holds.
    """

    class Days(models.IntegerChoices):
        WEEK = 7, _("At most one message a week")
        MONTH = 30, _("At most one message a month")

    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="chosen_frequencies",
        db_index=False,  # the constraint begins with it
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    days = models.PositiveSmallIntegerField(choices=Days.choices)
    at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[ChosenFrequency]] = ScopedManager()
    personal_data = keep("id", "contact") | erase("channel", "days", "at")

    class Meta:
        triggers = kept_history(person="contact_id")
        verbose_name = _("chosen frequency")
        constraints = [
            models.UniqueConstraint(fields=["contact", "channel", "days"], name="frequency_chosen_once"),
            models.CheckConstraint(condition=models.Q(days__gte=1), name="frequency_of_days"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}: {self.days}"
