"""What was last found of one DNS record of a sender's domain."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep

STILL_PROVEN = timedelta(days=3)
"""A record that was right counts for so long while no answer comes; a wrong answer ends it at once."""


class Purpose(models.TextChoices):
    DKIM = "dkim", _("Signature (DKIM)")
    RELAY_DKIM = "relay_dkim", _("Signature of your provider (DKIM)")
    SPF = "spf", _("Servers allowed to send (SPF)")
    DMARC = "dmarc", _("What to do with forgeries (DMARC)")
    RETURN_PATH = "return_path", _("Returns")
    RETURN_SPF = "return_spf", _("Servers allowed to send, for returns (SPF)")
    TRACKING = "tracking", _("Links and pictures")


class RecordState(models.TextChoices):
    """No answer is never green: `NOT_CHECKED`."""

    NOT_CHECKED = "not_checked", _("Not checked")
    RIGHT = "right", _("Right")
    MISSING = "missing", _("Not found")
    WRONG = "wrong", _("To change")


class Fault(models.TextChoices):
    """Why a record is wrong; a page says what to change."""

    NONE = "", ""
    OTHER_VALUE = "other_value", _("other value")
    SEVERAL = "several", _("several records")
    SYNTAX = "syntax", _("cannot be read")
    LACKS_TERMS = "lacks_terms", _("some servers are missing")
    TOO_MANY_LOOKUPS = "too_many_lookups", _("too many lookups")
    REVOKED = "revoked", _("revoked key")
    NO_CERTIFICATE = "no_certificate", _("no certificate")
    ELSEWHERE = "elsewhere", _("leads elsewhere")


class DomainRecordQuerySet(models.QuerySet["DomainRecord"]):
    def proven(self, at: datetime) -> DomainRecordQuerySet:
        """Right when they last answered, and not silent for long since."""
        return self.filter(
            models.Q(state=RecordState.RIGHT)
            | models.Q(state=RecordState.NOT_CHECKED, last_right_at__gt=at - STILL_PROVEN)
        )


class DomainRecord(models.Model):
    """The last look at one record. `wanted`: the value it was compared with; another was never checked.

    `found`: what was there instead, as text; `detail`: a server's or a parser's own words.
    """

    domain = models.ForeignKey("messaging.SenderDomain", on_delete=models.CASCADE, related_name="records")
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    name = models.CharField(max_length=253)
    wanted = models.TextField()
    state = models.CharField(max_length=12, choices=RecordState.choices, default=RecordState.NOT_CHECKED)
    fault = models.CharField(max_length=20, choices=Fault.choices, blank=True)
    found = models.JSONField(default=list)
    detail = models.CharField(max_length=300, blank=True)
    checked_at = models.DateTimeField()
    last_right_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[DomainRecord]] = DomainRecordQuerySet.as_manager()
    personal_data = keep(
        *["id", "domain", "purpose", "name", "wanted", "state", "fault", "found", "detail", "checked_at"],
        "last_right_at",
    )

    class Meta:
        verbose_name = _("DNS record")
        constraints = [
            models.UniqueConstraint(fields=["domain", "purpose", "name"], name="domain_record_once"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.name}"
