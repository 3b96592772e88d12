"""Other ways out of a sender, beside its main one."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep

MOST_WEIGHT = 1_000


class SenderRoute(models.Model):
    """One more account by which a sender's messages leave; the main one is `SenderIdentity.provider_account`.

    `weight`: its share of the messages beside the other ways' weights; 0 is a reserve, taken only while no
    other can. With a `territory` (region or department) it carries the messages to people there, and theirs
    only; they leave by the others while it cannot.
    """

    sender = models.ForeignKey("messaging.SenderIdentity", on_delete=models.CASCADE, related_name="routes")
    provider_account = models.ForeignKey(
        "messaging.ProviderAccount",
        verbose_name=_("way out"),
        on_delete=models.PROTECT,
        related_name="routes",
    )
    weight = models.PositiveSmallIntegerField(
        _("share"), default=1, validators=[MaxValueValidator(MOST_WEIGHT)]
    )
    territory = models.ForeignKey(
        "contacts.Territory", verbose_name=_("territory"), null=True, blank=True, on_delete=models.PROTECT
    )

    objects: ClassVar[models.Manager[SenderRoute]] = models.Manager()
    personal_data = keep("id", "sender", "provider_account", "weight", "territory")

    class Meta:
        triggers = kept_history()
        verbose_name = _("way out of a sender")
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "provider_account", "territory"],
                name="route_once",
                nulls_distinct=False,
                violation_error_message=_("This way out is there already."),
            ),
            models.CheckConstraint(condition=models.Q(weight__lte=MOST_WEIGHT), name="route_weight_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.sender_id} → {self.provider_account_id}"
