"""What the team noted of a person's opinion of the campaign: a special category of data (RGPD, art. 9)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.enums import Support
from contacts.scoped import ScopedManager


class SupportLevel(models.Model):
    """How close a person is, who noted it and when; no row: not known.

    Written by `contacts.services.support`, which asks the rule. Merged records may have two rows; the newest
    holds. The history keeps that it changed, not what it said.
    """

    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="support_levels",
        db_index=False,  # `support_newest` begins with it
    )
    level = models.PositiveSmallIntegerField(_("support"), choices=Support.choices)
    at = models.DateTimeField(_("moment"), default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    objects: ClassVar[models.Manager[SupportLevel]] = ScopedManager()
    personal_data = keep("id", "contact", "recorded_by") | erase("level", "at")

    class Meta:
        triggers = kept_history(person="contact_id", unsaid=("level",))
        verbose_name = _("support level")
        verbose_name_plural = _("support levels")
        indexes = [models.Index(fields=["contact", "-at", "-id"], name="support_newest")]
        constraints = [
            models.CheckConstraint(condition=models.Q(level__in=Support.values), name="support_level_known")
        ]

    def __str__(self) -> str:
        return f"support of {self.contact_id}"
