"""The ledger: one row per recipient of a campaign."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep, scrub
from contacts.scoped import ScopedManager
from messaging.enums import DeliveryState


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def of_campaign(self, campaign: models.Model) -> DeliveryQuerySet:
        """Rows of one campaign, reading only its partition."""
        return self.filter(ledger_month=campaign.ledger_month, campaign_id=campaign.pk)  # type: ignore[attr-defined]


class Delivery(models.Model):
    """One campaign to one contact at one address; on screen a *recipient*.

    Partitioned by `ledger_month`, copied from the campaign. `occasion` is empty for a mailing; for a service
    message it is what caused it (a submission, an RSVP). Claimed rows carry a lease and a fencing `token`.
    The "why" columns keep what allowed the message at the freeze. Nothing points here by foreign key, and
    `contact_id` has no constraint: the row outlives the person, scrubbed.
    """

    pk = models.CompositePrimaryKey("ledger_month", "campaign_id", "contact_id", "occasion")
    ledger_month = models.DateField()
    campaign = models.ForeignKey(
        "messaging.Campaign", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )
    occasion = models.CharField(max_length=64, default="", db_default="")
    state = models.CharField(
        _("state"), max_length=12, choices=DeliveryState.choices, db_default=DeliveryState.QUEUED
    )
    address = models.CharField(_("address"), max_length=254)
    address_hash = models.BinaryField(max_length=32)
    # How it is sent
    variant = models.PositiveSmallIntegerField(db_default=0)  # CampaignVariant.number; 0: the mailing itself
    measured = models.BooleanField(db_default=False)  # opens and clicks may be tied to the person
    department = models.CharField(max_length=3, db_default="")  # for counts without a person
    language = models.CharField(max_length=8, db_default="fr")
    context = models.JSONField(null=True)  # values of a service message; a reader's segments
    # Work
    lease_until = models.DateTimeField(null=True)
    token = models.BigIntegerField(db_default=0)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    losses = models.SmallIntegerField(db_default=0)  # workers lost while they held it, before any hand-over
    due_at = models.DateTimeField(db_default=Now())
    provider_account = models.ForeignKey(
        "messaging.ProviderAccount",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
    )
    provider_message_id = models.CharField(max_length=200, db_default="")
    handed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)  # when it reached its present, ended state
    answer = models.CharField(max_length=300, db_default="")  # what the provider said, without the address
    # Why it was allowed
    source_id = models.BigIntegerField(null=True)
    basis = models.CharField(max_length=24, db_default="")
    consent_id = models.BigIntegerField(null=True)
    subscription_id = models.BigIntegerField(null=True)
    notice_version = models.CharField(max_length=16, db_default="")
    rulebook_version = models.CharField(max_length=16, db_default="")
    segment_version = models.PositiveIntegerField(null=True)

    scoped_by_mailing = "campaign"
    objects = ScopedManager.from_queryset(DeliveryQuerySet)()
    personal_data = keep(
        *[
            "pk",
            "ledger_month",
            "campaign",
            "contact",
            "occasion",
            "state",
            "variant",
            "measured",
            "department",
        ],
        *[
            "language",
            "lease_until",
            "token",
            "attempts",
            "losses",
            "due_at",
            "provider_account",
            "handed_at",
        ],
        *[
            "settled_at",
            "source_id",
            "basis",
            "consent_id",
            "subscription_id",
            "notice_version",
            "rulebook_version",
        ],
        "segment_version",
    ) | scrub("address", "address_hash", "context", "provider_message_id", "answer")

    class Meta:
        verbose_name = _("recipient")
        constraints = [
            models.UniqueConstraint(
                fields=["ledger_month", "campaign", "address_hash", "occasion"],
                name="delivery_once_per_address",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["claimed", "handed"]) | models.Q(lease_until__isnull=False),
                name="delivery_leased_when_claimed",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=DeliveryState.values), name="delivery_state_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["campaign", "variant", "due_at"],
                name="delivery_waiting",
                condition=models.Q(state__in=["queued", "retry_wait"]),
            ),
            models.Index(
                fields=["lease_until"],
                name="delivery_leased",
                condition=models.Q(state__in=["claimed", "handed"]),
            ),
            models.Index(fields=["contact", "-ledger_month"], name="delivery_contact"),
            # Messages to addresses that were nobody's yet: found by it when their owner is erased.
            models.Index(fields=["address_hash"], name="delivery_nobodys", condition=models.Q(contact=0)),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.contact_id}/{self.occasion}"
