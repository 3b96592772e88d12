"""Objections known only by another program's hash of an address: they wait until the address is known."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import ALL_COLUMNS, kept_history
from campaign_crm.platform.personal_data import keep
from contacts.enums import Channel, SuppressionReason, SuppressionScope


class DigestAlgorithm(models.TextChoices):
    """How providers hash the lower-case e-mail address in the opt-out files they hand out."""

    MD5 = "md5", "MD5"
    SHA1 = "sha1", "SHA-1"
    SHA256 = "sha256", "SHA-256"


class SuppressedDigest(models.Model):
    """The unkeyed hash of an e-mail address that must not be written to.

    A foreign hash cannot be turned into our keyed one without the address. It is therefore compared with
    every address that comes in, by a trigger on `contacts_emailaddress`; the first time, it becomes an
    ordinary Suppression and this row goes. `detail` is that Suppression's: {"imports": [id]}.
    """

    algorithm = models.CharField(max_length=8, choices=DigestAlgorithm.choices)
    digest = models.BinaryField(max_length=32)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    scope = models.CharField(_("scope"), max_length=12, choices=SuppressionScope.choices)
    reason = models.CharField(_("reason"), max_length=16, choices=SuppressionReason.choices)
    at = models.DateTimeField(_("since"), db_default=Now())
    detail = models.JSONField(default=dict)

    personal_data = keep("id", "algorithm", "digest", "channel", "scope", "reason", "at", "detail")

    class Meta:
        triggers = kept_history(unsaid=ALL_COLUMNS)
        verbose_name = _("hash of an address not to be written to")
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "digest", "channel", "scope"], name="suppressed_digest_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} {self.channel}/{self.scope} {self.reason}"
