"""Who agreed that a mailing may leave, and the rules that ask for it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep

THE_ROW = 1
LONGEST_WINDOW = 3600


class SendingRule(models.Model):
    """The organisation's rules before a mailing leaves: one row, kept once somebody has changed a rule.

    `approval_above`: mailings to more recipients need somebody else's approval; 0: every mailing, null: none.
    `window_seconds`: time to cancel between the order to send and the first message.
    """

    id = models.SmallAutoField(primary_key=True)
    approval_above = models.PositiveIntegerField(
        _("approved above so many recipients"), null=True, blank=True
    )
    window_seconds = models.PositiveSmallIntegerField(
        _("seconds to cancel"), validators=[MaxValueValidator(LONGEST_WINDOW)]
    )
    typed_above = models.PositiveIntegerField(
        _("number typed from so many recipients on"), default=500, validators=[MinValueValidator(1)]
    )

    objects: ClassVar[models.Manager[SendingRule]] = models.Manager()
    personal_data = keep("id", "approval_above", "window_seconds", "typed_above")

    class Meta:
        triggers = kept_history()
        verbose_name = _("sending rule")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=THE_ROW), name="sending_rule_single_row"),
            models.CheckConstraint(
                condition=models.Q(window_seconds__lte=LONGEST_WINDOW), name="sending_rule_window"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.approval_above}/{self.window_seconds}/{self.typed_above}"

    @classmethod
    def current(cls) -> SendingRule:
        """The rules in force: the organisation's, or those of the installation."""
        found = cls.objects.filter(pk=THE_ROW).first()
        return found or cls(id=THE_ROW, window_seconds=settings.CANCEL_WINDOW_SECONDS)


class Approval(models.Model):
    """One request to let a mailing leave, and what became of it.

    `content`: fingerprint of the texts, versions and audience that were asked about: an edit makes another.
    `approved` is null while nobody has decided. `alone`: nobody else could approve, so that the person who
    asked decided, with a `reason`; for a refusal the reason says what to change.
    """

    campaign = models.ForeignKey("messaging.Campaign", on_delete=models.CASCADE, related_name="approvals")
    content = models.CharField(max_length=64)
    recipients = models.PositiveIntegerField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(db_default=Now())
    approved = models.BooleanField(null=True)
    alone = models.BooleanField(default=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager[Approval]] = models.Manager()
    personal_data = keep(
        *["id", "campaign", "content", "recipients", "asked_by", "asked_at", "approved", "alone"],
        *["decided_by", "decided_at", "reason"],
    )

    class Meta:
        triggers = kept_history(unsaid=("content",))
        verbose_name = _("approval")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=models.Q(approved__isnull=True),
                name="approval_asked_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(approved__isnull=True)
                | models.Q(alone=True)
                | ~models.Q(asked_by=models.F("decided_by")),
                name="approval_by_somebody_else",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.approved}"
