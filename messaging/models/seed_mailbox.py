"""Mailboxes that take tests of mailings besides those of the team: seed mailboxes, at each large provider."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep


class SeedMailbox(models.Model):
    """Takes tests once whoever reads it has agreed; `address` is normalised and in lower case."""

    address = models.EmailField(_("address"), unique=True)
    label = models.CharField(_("name"), max_length=80, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    added_at = models.DateTimeField(db_default=Now())
    asked_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[SeedMailbox]] = models.Manager()
    personal_data = keep("id", "address", "label", "added_by", "added_at", "asked_at", "confirmed_at")

    class Meta:
        triggers = kept_history(unseen=("asked_at",))
        verbose_name = _("test mailbox")
        verbose_name_plural = _("test mailboxes")

    def __str__(self) -> str:
        return self.address
