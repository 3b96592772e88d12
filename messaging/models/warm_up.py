"""How far the warm-up of a new server or sender has come, at each family of receiving mailboxes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class WarmUp(models.Model):
    """The record of one account, or of one sender, at one family of mailboxes.

    `family` is a large one's name, or "others" for the rest together (`messaging.dispatch.warm_up`). `days`:
    days on which it sent there, without thirty idle ones between; `last_on`: the last of them, in the
    installation's zone.
    """

    account = models.ForeignKey(
        "messaging.ProviderAccount", null=True, on_delete=models.CASCADE, related_name="warm_ups"
    )
    sender = models.ForeignKey(
        "messaging.SenderIdentity", null=True, on_delete=models.CASCADE, related_name="warm_ups"
    )
    family = models.CharField(max_length=253)
    days = models.PositiveIntegerField()
    last_on = models.DateField()

    objects: ClassVar[models.Manager[WarmUp]] = models.Manager()
    personal_data = keep("id", "account", "sender", "family", "days", "last_on")

    class Meta:
        verbose_name = _("warm-up at one family of mailboxes")
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=True) ^ Q(sender__isnull=True), name="warm_up_of_one"
            ),
            models.UniqueConstraint(
                fields=["account", "sender", "family"], name="warm_up_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id or self.sender_id} → {self.family}: {self.days}"
