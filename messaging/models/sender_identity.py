"""Who a message comes from."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from contacts.enums import Channel
from messaging.models.sender_route import MOST_WEIGHT


class SenderIdentity(models.Model):
    """Name and address that people see, and where their answers go; possibly of one territory.

    `provider_account` is its main way out, `weight` its share beside those of `routes`.
    """

    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices, default=Channel.EMAIL)
    from_name = models.CharField(_("name shown"), max_length=100)
    address = models.EmailField(_("sender address"))
    reply_to = models.EmailField(_("answers go to"), blank=True)
    territory = models.ForeignKey(
        "contacts.Territory", verbose_name=_("territory"), null=True, blank=True, on_delete=models.PROTECT
    )
    provider_account = models.ForeignKey(
        "messaging.ProviderAccount",
        verbose_name=_("way out"),
        on_delete=models.PROTECT,
        related_name="senders",
    )
    weight = models.PositiveSmallIntegerField(
        _("share of this way out"), default=1, db_default=1, validators=[MaxValueValidator(MOST_WEIGHT)]
    )
    messages_per_second = models.PositiveIntegerField(
        _("messages per second, at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    per_day = models.PositiveIntegerField(
        _("messages in 24 hours, at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    warm_up_from = models.DateField(_("warm-up begins"), null=True, blank=True)
    for_service = models.BooleanField(_("sends service messages"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    personal_data = keep(
        "id",
        "channel",
        "from_name",
        "address",
        "reply_to",
        "territory",
        "provider_account",
        *["weight", "messages_per_second", "per_day", "warm_up_from"],
        "for_service",
        "is_active",
        "created_at",
    )

    class Meta:
        triggers = kept_history()
        verbose_name = _("sender")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "from_name", "address"],
                name="sender_unique",
                violation_error_message=_("This sender exists already."),
            ),
            models.UniqueConstraint(
                fields=["for_service"],
                condition=models.Q(for_service=True),
                name="sender_one_for_service",
                violation_error_message=_("Service messages have another sender already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_name} <{self.address}>"

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]
