"""What providers and servers report by themselves: kept as it came, then understood."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import erase, keep


class ProviderEventQuerySet(models.QuerySet["ProviderEvent"]):
    def waiting(self) -> ProviderEventQuerySet:
        """Not yet read, in the order they came in."""
        return self.filter(state=ProviderEvent.State.WAITING).order_by("received_at", "id")


class ProviderEvent(models.Model):
    """One body as a provider sent it, or one message of a mailbox (`form` "mail"), before it is understood.

    The same body of the same account is kept once (`digest`, SHA-256). `once`: what the provider uses for one
    body only. The body holds addresses: it is emptied once it was read. Rows go
    `messaging.webhooks.reading.KEPT` after they came in.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        UNREADABLE = "unreadable", _("Not readable")

    account = models.ForeignKey("messaging.ProviderAccount", on_delete=models.CASCADE, db_index=False)
    form = models.CharField(max_length=16)  # messaging.providers.hooks.NAMES, or "mail"
    received_at = models.DateTimeField(db_default=Now())
    digest = models.BinaryField(max_length=32)
    once = models.CharField(max_length=64, blank=True, default="")
    body = models.BinaryField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    events = models.PositiveIntegerField(null=True)  # how many it held
    error = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager[ProviderEvent]] = ProviderEventQuerySet.as_manager()
    personal_data = keep(
        "id", "account", "form", "received_at", "digest", "once", "state", "events", "error"
    ) | erase("body")

    class Meta:
        verbose_name = _("provider event")
        constraints = [
            models.UniqueConstraint(fields=["account", "digest"], name="provider_event_body_once"),
            models.UniqueConstraint(
                fields=["account", "once"], condition=~models.Q(once=""), name="provider_event_token_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at", "id"],
                name="provider_event_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["account"],
                name="provider_event_unreadable",
                condition=models.Q(state="unreadable"),
            ),
            models.Index(fields=["received_at"], name="provider_event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.pk}"


class Feedback(models.Model):
    """What came back about one message: returned, reported as spam, or left by the provider's own way.

    One row an event (`event`, SHA-256 of its id), so that the same one told again changes nothing, also after
    its ProviderEvent is gone. `text` is the server's, without addresses.
    """

    class Kind(models.TextChoices):
        HARD = "hard", _("The address does not exist")
        SOFT = "soft", _("Mailbox full or not answering")
        BLOCK = "block", _("This message was not wanted")
        POLICY = "policy", _("Our sender was refused")
        COMPLAINT = "complaint", _("Reported as spam")
        DEPARTURE = "departure", _("Unsubscribed at the provider")

    account = models.ForeignKey("messaging.ProviderAccount", on_delete=models.CASCADE, db_index=False)
    event = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    address_hash = models.BinaryField(max_length=32)
    campaign = models.ForeignKey("messaging.Campaign", on_delete=models.CASCADE, db_index=False)
    at = models.DateTimeField()
    enhanced = models.CharField(max_length=12, blank=True)
    text = models.CharField(max_length=300, blank=True)

    personal_data = keep(
        "id", "account", "event", "kind", "address_hash", "campaign", "at", "enhanced", "text"
    )

    class Meta:
        verbose_name = _("feedback")
        constraints = [models.UniqueConstraint(fields=["account", "event"], name="feedback_event_once")]
        indexes = [
            models.Index(fields=["campaign", "kind"], name="feedback_campaign"),
            models.Index(fields=["address_hash", "-at"], name="feedback_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
