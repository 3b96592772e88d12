"""The do-not-contact list: keyed hashes that survive erasure, purge and re-import."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import ALL_COLUMNS, kept_history
from campaign_crm.platform.personal_data import keep
from contacts.enums import Channel, SuppressionReason, SuppressionScope


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def in_force(self) -> SuppressionQuerySet:
        return self.filter(lifted_at__isnull=True)


class Suppression(models.Model):
    """One address or number not to be written to on one channel.

    `political` is lifted only by the person's own confirmed act (`lifted_at`); staff, imports and merges
    never lift it. `address_hash` is `keyed_hash("email"|"phone", normalised address)`; for post it stands
    for a name at an address (`contacts.services.post_keys`).
    """

    address_hash = models.BinaryField(max_length=32)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    scope = models.CharField(_("scope"), max_length=12, choices=SuppressionScope.choices)
    reason = models.CharField(_("reason"), max_length=16, choices=SuppressionReason.choices)
    at = models.DateTimeField(_("since"), db_default=Now())
    detail = models.JSONField(default=dict)  # campaign id, import id, form id: never an address
    lifted_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Suppression]] = SuppressionQuerySet.as_manager()
    personal_data = keep("id", "address_hash", "channel", "scope", "reason", "at", "detail", "lifted_at")

    class Meta:
        triggers = kept_history(unsaid=ALL_COLUMNS)
        verbose_name = _("do-not-contact entry")
        verbose_name_plural = _("do-not-contact list")
        constraints = [
            models.UniqueConstraint(
                fields=["address_hash", "channel", "scope"],
                condition=models.Q(lifted_at__isnull=True),
                name="suppression_once",
            )
        ]
        indexes = [
            # Few: whether there are any is asked each time that somebody's post is projected.
            models.Index(
                fields=["address_hash"],
                condition=models.Q(channel="post", lifted_at__isnull=True),
                name="suppression_post",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel}/{self.scope} {self.reason}"
