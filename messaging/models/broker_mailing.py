"""A mailing that a broker sends to its own file: nobody's address comes to us."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from messaging.enums import BrokerState


class BrokerMailing(models.Model):
    """One mailing rented without an import; on screen a *mailing by a broker*.

    `campaign` is where its message is written. `compiled` is the message as handed over: later edits change
    nothing of it. `approved_version` is the version of the message that somebody approved. Results are sums,
    as the broker tells them.
    """

    campaign = models.ForeignKey(
        "messaging.Campaign",
        verbose_name=_("message"),
        on_delete=models.PROTECT,
        related_name="broker_mailings",
    )
    broker = models.CharField(_("broker"), max_length=150)
    proof = models.TextField(
        _("proof"), help_text=_("Where the contract and the broker’s proof of consent are kept.")
    )
    origin_text = models.CharField(
        _("why people get it"),
        max_length=300,
        help_text=_("Completes “We write to you because…”, such as “you agreed that Exempla sends you…”."),
    )
    leaves_at = models.DateTimeField(_("leaves at"))
    expected = models.PositiveIntegerField(_("recipients, about"), validators=[MinValueValidator(1)])
    cost = models.DecimalField(
        _("cost in euros, VAT included"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    state = models.CharField(
        _("state"), max_length=10, choices=BrokerState.choices, default=BrokerState.PLANNED
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_version = models.CharField(max_length=64, blank=True, default="")
    compiled = models.JSONField(null=True)
    handed_at = models.DateTimeField(null=True)
    sent = models.PositiveIntegerField(_("sent"), null=True, blank=True)
    delivered = models.PositiveIntegerField(_("delivered"), null=True, blank=True)
    opens = models.PositiveIntegerField(_("opens"), null=True, blank=True)
    clicks = models.PositiveIntegerField(_("clicks"), null=True, blank=True)
    unsubscribes = models.PositiveIntegerField(_("unsubscribed"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[BrokerMailing]] = models.Manager()
    personal_data = keep(
        *["id", "campaign", "broker", "proof", "origin_text", "leaves_at", "expected", "cost", "state"],
        *["approved_by", "approved_version", "compiled", "handed_at", "sent", "delivered", "opens"],
        *["clicks", "unsubscribes", "created_by", "created_at"],
    )

    class Meta:
        triggers = kept_history(unsaid=("compiled", "origin_text"))
        verbose_name = _("mailing by a broker")
        indexes = [models.Index(fields=["leaves_at"], name="broker_mailing_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "broker"],
                name="broker_mailing_once",
                violation_error_message=_("This broker has this message already."),
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["handed", "done"]) | models.Q(compiled__isnull=False),
                name="broker_mailing_frozen_when_handed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.broker}"


class OptOutHandOver(models.Model):
    """Hashes of addresses not to be written to, ready for a broker until `expires_at`.

    `salt` empty: plain SHA-256 of the lower-case address; else SHA-256 of the salt and the address.
    """

    mailing = models.ForeignKey(BrokerMailing, on_delete=models.CASCADE, related_name="hand_overs")
    salt = models.CharField(max_length=64, blank=True, default="")
    count = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()  # entries whose address we no longer hold: nothing to hash
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    objects: ClassVar[models.Manager[OptOutHandOver]] = models.Manager()
    personal_data = keep("id", "mailing", "salt", "count", "unknown", "made_by", "made_at", "expires_at")

    class Meta:
        verbose_name = _("opt-outs handed to a broker")

    def __str__(self) -> str:
        return f"{self.mailing_id}: {self.count}"
