"""Who can be reached how: one projected row a contact and channel."""

from __future__ import annotations

from django.db import models

from campaign_crm.platform.personal_data import erase
from contacts.enums import Channel, UnreachableReason


class Reach(models.Model):
    """Projection of contact points, sources, consents and suppressions for one channel.

    Written only by `contacts.services.projections`, in the transaction of the fact that changed. `point_id`
    is the usable EmailAddress, PhoneNumber or PostalAddress. `reason` says why `political` is false.
    """

    pk = models.CompositePrimaryKey("contact_id", "channel")
    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="reach")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    point_id = models.BigIntegerField(null=True)
    political = models.BooleanField(default=False)
    service = models.BooleanField(default=False)
    targeting = models.BooleanField(default=False)  # agreed to targeted messages, not known under 17
    measurement = models.BooleanField(default=False)  # agreed to opens and clicks being measured
    basis = models.CharField(max_length=24, blank=True)  # LawfulBasis, or "broker"
    source = models.ForeignKey("contacts.Source", null=True, on_delete=models.DO_NOTHING, db_constraint=False)
    consent = models.ForeignKey(
        "contacts.Consent", null=True, on_delete=models.DO_NOTHING, db_constraint=False
    )
    reason = models.CharField(max_length=24, choices=UnreachableReason.choices, blank=True)

    personal_data = erase(
        *[
            "pk",
            "contact",
            "channel",
            "point_id",
            "political",
            "service",
            "targeting",
            "measurement",
            "basis",
            "source",
            "consent",
            "reason",
        ]
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["channel", "contact"], name="reach_political", condition=models.Q(political=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.channel}"
