"""Who can be reached how: one projected row a contact and channel."""

from __future__ import annotations

from datetime import date

from django.db import models

from campaign_crm.platform.personal_data import erase
from contacts.enums import Channel, UnreachableReason
from contacts.scoped import ScopedManager

NO_END = date(9999, 12, 31)


class ReachQuerySet(models.QuerySet["Reach"]):
    def open_on(self, day: date) -> ReachQuerySet:
        """Channels open to political messages; a licence that has ended closes one with nothing written."""
        return self.filter(political=True, political_until__gte=day)


class Reach(models.Model):
    """Projection of contact points, sources, consents and suppressions for one channel.

    Written only by `contacts.services.projections`, in the transaction of the fact that changed; what the law
    makes of it at a given moment is `contacts.segments.reachability`. `point_id` is the usable EmailAddress,
    PhoneNumber or PostalAddress; on the channel post it is null for an address read from the registration.
    `reason` says why `political` is false, `service_reason` why `service` is.

    Licences end without anything being written, so that the projection keeps days, not answers:
    `political_until` is the last day of the basis, `broker_until` the last day on which a mailing to a whole
    broker's file may reach the person; `NO_END` when there is no end, null when there is no such basis.
    """

    pk = models.CompositePrimaryKey("contact_id", "channel")
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="reach",
        db_index=False,  # the primary key begins with it
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    point_id = models.BigIntegerField(null=True)
    political = models.BooleanField(default=False)
    service = models.BooleanField(default=False)
    political_until = models.DateField(null=True)
    broker_until = models.DateField(null=True)
    targeting = models.BooleanField(default=False)  # agreed to targeted messages, told by the person
    measurement = models.BooleanField(default=False)  # agreed to opens and clicks being measured
    basis = models.CharField(max_length=24, blank=True)  # LawfulBasis, or "broker"
    # Read, never searched by: four rows a person, without an index that nobody asks.
    source = models.ForeignKey(
        "contacts.Source", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    consent = models.ForeignKey(
        "contacts.Consent", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    reason = models.CharField(max_length=24, choices=UnreachableReason.choices, blank=True)
    service_reason = models.CharField(max_length=24, choices=UnreachableReason.choices, blank=True)

    objects = ScopedManager.from_queryset(ReachQuerySet)()

    personal_data = erase(
        *["pk", "contact", "channel", "point_id", "political", "service", "political_until", "broker_until"],
        *["targeting", "measurement", "basis", "source", "consent", "reason", "service_reason"],
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["channel", "contact"], name="reach_political", condition=models.Q(political=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.channel}"

    def closed_because(self, day: date) -> UnreachableReason | None:
        """Why no political message may use the channel on a day; None when it is open."""
        in_broker_file = self.broker_until is not None and self.broker_until >= day
        if self.political:
            if self.political_until is not None and self.political_until >= day:
                return None
            return UnreachableReason.BROKER_ONLY if in_broker_file else UnreachableReason.LICENCE_ENDED
        if self.reason == UnreachableReason.BROKER_ONLY and not in_broker_file:
            return UnreachableReason.LICENCE_ENDED
        return UnreachableReason(self.reason)
