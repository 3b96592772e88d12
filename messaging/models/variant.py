"""What some recipients of a mailing get instead; on screen a *version*."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep

MOST_VARIANTS = 200
"""Numbers fit one byte of a link's token, and each version is compiled and kept."""


class CampaignVariantQuerySet(models.QuerySet["CampaignVariant"]):
    def sent(self) -> CampaignVariantQuerySet:
        """Those that anybody gets: a territory that opted out reads the national message."""
        return self.filter(opted_out=False)

    def regional(self) -> CampaignVariantQuerySet:
        return self.filter(territory__isnull=False)

    def tested(self) -> CampaignVariantQuerySet:
        """Those of an A/B test, beside the mailing itself, which is its first version."""
        return self.filter(territory__isnull=True)


class CampaignVariant(models.Model):
    """A version of a mailing: of a test (`territory` is null), or of one territory.

    `number` is what `Delivery.variant` and the links' tokens carry; 0 is the mailing itself and has no row.
    What is empty here is the mailing's. `blocks`: a whole document of its own; `replaced`: blocks that stand
    in for those of the mailing, by their id ({block id: block}). `compiled`: as frozen at sending.
    """

    campaign = models.ForeignKey("messaging.Campaign", on_delete=models.CASCADE, related_name="variants")
    number = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MOST_VARIANTS)]
    )
    label = models.CharField(_("name"), max_length=60)
    territory = models.ForeignKey(
        "contacts.Territory", verbose_name=_("territory"), null=True, blank=True, on_delete=models.PROTECT
    )
    sender = models.ForeignKey(
        "messaging.SenderIdentity", verbose_name=_("sender"), null=True, blank=True, on_delete=models.PROTECT
    )
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    preview_text = models.CharField(_("preview text"), max_length=200, blank=True)
    blocks = models.JSONField(null=True, blank=True)
    replaced = models.JSONField(default=dict, blank=True)
    opted_out = models.BooleanField(_("keeps the national message"), default=False)
    compiled = models.JSONField(null=True)
    revision = models.PositiveIntegerField(default=1)  # grows with each saved edit
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[CampaignVariant]] = CampaignVariantQuerySet.as_manager()
    personal_data = keep(
        *["id", "campaign", "number", "label", "territory", "sender", "subject", "preview_text", "blocks"],
        *["replaced", "opted_out", "compiled", "revision", "updated_by", "updated_at"],
    )

    class Meta:
        triggers = kept_history(unseen=("updated_at", "compiled", "opted_out"), unsaid=("blocks",))
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ("campaign_id", "number")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="variant_number_unique"),
            models.UniqueConstraint(
                fields=["campaign", "territory"],
                name="variant_once_a_territory",
                violation_error_message=_("This territory has a version already."),
            ),
            models.CheckConstraint(
                condition=models.Q(number__gte=1, number__lte=MOST_VARIANTS), name="variant_number_in_token"
            ),
        ]

    def __str__(self) -> str:
        return self.label
