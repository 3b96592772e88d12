"""Links of a message: where a click goes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep


class Link(models.Model):
    """One address behind a tracked link; `number` is what the signed token carries, never the address."""

    campaign = models.ForeignKey("messaging.Campaign", on_delete=models.CASCADE, related_name="links")
    number = models.PositiveSmallIntegerField()
    url = models.TextField(_("address"))
    label = models.CharField(_("text"), max_length=200, blank=True)

    personal_data = keep("id", "campaign", "number", "url", "label")

    class Meta:
        verbose_name = _("link")
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="link_number_unique")]

    def __str__(self) -> str:
        return self.url
