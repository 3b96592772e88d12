"""Mailboxes outside the team whose owners take tests of mailings."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep


class MailboxForTests(models.Model):
    """An address that the team asked to take tests; it takes them once its owner has confirmed."""

    address = models.EmailField(_("address"), unique=True)
    address_hash = models.BinaryField(max_length=32)  # keyed, as those of people
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[MailboxForTests]] = models.Manager()
    personal_data = keep("id", "asked_by", "asked_at", "confirmed_at") | erase("address", "address_hash")

    class Meta:
        triggers = kept_history(unsaid=("address", "address_hash"))
        verbose_name = _("test mailbox")
        ordering: ClassVar[list[str]] = ["address"]

    def __str__(self) -> str:
        return self.address
