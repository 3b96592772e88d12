"""Programs that are told what happens here, and each thing that one is told."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from campaign_crm.platform.sealed import SealedText


class Webhook(models.Model):
    """An address that is told of some events, with a secret of its own that signs what it gets.

    It gets numbers, and who somebody is only where `tells_people`; with a `territory`, of its people alone.
    `earlier_secret` signs too, until `earlier_until`.
    """

    name = models.CharField(_("name"), max_length=100)
    url = models.URLField(_("address"), max_length=500)
    events = ArrayField(models.CharField(max_length=40), verbose_name=_("events"), default=list)
    tells_people = models.BooleanField(
        _("says who the people are"),
        default=False,
        help_text=_(
            "Name, addresses and commune. Otherwise it gets their number, and asks the API by a key."
        ),
    )
    territory = models.BigIntegerField(_("territory"), null=True, blank=True)
    secret = SealedText()
    earlier_secret = SealedText(blank=True)
    earlier_until = models.DateTimeField(null=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep(
        *["id", "name", "url", "events", "tells_people", "territory", "secret", "earlier_secret"],
        *["earlier_until", "is_active", "created_by", "created_at"],
    )

    class Meta:
        triggers = kept_history(unsaid=("secret", "earlier_secret"))
        verbose_name = _("webhook")

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> list[str]:
        """Those that sign now, the newest first."""
        replaced = self.earlier_until is not None and self.earlier_until > timezone.now()
        return [self.secret, *([self.earlier_secret] if replaced and self.earlier_secret else [])]


class WebhookDelivery(models.Model):
    """One event for one webhook, written with what it tells of: sent again until it is taken, for a day.

    `data` holds numbers and chosen options; `person` the number of whom it is about. `uid` is the same at
    each try: whoever gets it twice knows.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")
        SKIPPED = "skipped", _("Not for it")

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    uid = models.UUIDField(default=uuid.uuid4, editable=False)
    event = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    person = models.BigIntegerField(null=True)
    at = models.DateTimeField(db_default=Now())
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.WAITING, db_default=State.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(db_default=Now())
    give_up_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)  # of the last answer
    error = models.CharField(max_length=300, default="", db_default="")  # in our own words
    took_ms = models.PositiveIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)

    personal_data = keep(
        *["id", "webhook", "uid", "event", "data", "person", "at", "state", "attempts", "due_at"],
        *["give_up_at", "status", "error", "took_ms", "ended_at"],
    )

    class Meta:
        verbose_name = _("webhook delivery")
        indexes = [
            models.Index(fields=["webhook", "-id"], name="webhook_delivery_newest"),
            models.Index(fields=["due_at"], name="webhook_delivery_due", condition=models.Q(state="waiting")),
            models.Index(
                fields=["ended_at"],
                name="webhook_delivery_ended",
                condition=models.Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.uid}"
