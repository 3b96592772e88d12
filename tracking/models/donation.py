"""What people gave, as the agent who keeps the campaign's money tells it. No payment is taken here."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep, scrub
from contacts.scoped import ScopedManager

DEFAULT_PER_PERSON = 4_600_00
"""Cents that a person may give for one election (Code électoral, art. L52-8); the agent decides."""

DEFAULT_CASH = 150_00
"""Cents that may be given in cash (the same article)."""


class Donation(models.Model):
    """One gift. `event_id` is that of its Interaction, which says that something was given, not how much.

    `receipt` is the agent's number: the same is kept once. `contact` is empty while nobody is known by the
    address that came with it; `name` and `address` are kept to find them. `campaign`: the mailing whose link
    it came by. A gift that was taken back stays, `cancelled_at`.
    """

    class Method(models.TextChoices):
        CARD = "card", _("Card")
        TRANSFER = "transfer", _("Bank transfer")
        CHEQUE = "cheque", _("Cheque")
        CASH = "cash", _("Cash")
        DEBIT = "debit", _("Direct debit")
        OTHER = "other", pgettext_lazy("a way of paying", "Other")

    class CameBy(models.TextChoices):
        HAND = "hand", _("By hand")
        FILE = "file", _("File")
        HOOK = "hook", _("Call of the payment page")
        API = "api", _("API")

    event_id = models.UUIDField(default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.SET_NULL, related_name="donations", db_index=False
    )
    name = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=254, blank=True)
    amount = models.PositiveIntegerField(_("amount"))  # cents of a euro
    given_on = models.DateField(_("day"))
    method = models.CharField(_("way of paying"), max_length=10, choices=Method.choices)
    receipt = models.CharField(_("receipt number"), max_length=60)
    campaign = models.ForeignKey(
        "messaging.Campaign", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    came_by = models.CharField(max_length=5, choices=CameBy.choices)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())
    cancelled_at = models.DateTimeField(null=True)

    objects = ScopedManager()
    personal_data = keep(
        *["id", "event_id", "contact", "amount", "given_on", "method", "receipt", "campaign", "came_by"],
        *["created_by", "created_at", "cancelled_at"],
    ) | scrub("name", "address")

    class Meta:
        triggers = kept_history(person="contact_id")
        verbose_name = _("donation")
        verbose_name_plural = _("donations")
        constraints = [
            models.UniqueConstraint(
                fields=["receipt"],
                name="donation_receipt_once",
                violation_error_message=_("A donation with this receipt number is known already."),
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="donation_of_something"),
        ]
        indexes = [
            models.Index(fields=["contact", "given_on"], name="donation_of_person"),
            models.Index(fields=["-given_on", "-id"], name="donation_newest"),
            models.Index(fields=["campaign"], name="donation_campaign", condition=Q(campaign__isnull=False)),
            models.Index(fields=["-created_at"], name="donation_unmatched", condition=Q(contact=None)),
        ]

    def __str__(self) -> str:
        return self.receipt


class DonationRule(models.Model):
    """The one row of how donations are watched and come in. Ceilings in cents; null: not watched.

    `counts_from`: the day from which the gifts of one person add up. `sealed_secret`: {"secret": …} of the
    payment page's calls. `page`: where people give.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    per_person = models.PositiveIntegerField(null=True, blank=True, default=DEFAULT_PER_PERSON)
    cash = models.PositiveIntegerField(null=True, blank=True, default=DEFAULT_CASH)
    counts_from = models.DateField(_("gifts add up from"), null=True, blank=True)
    page = models.URLField(_("page where people give"), max_length=300, blank=True)
    sealed_secret = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    personal_data = keep("id", "per_person", "cash", "counts_from", "page", "sealed_secret", "updated_at")

    class Meta:
        triggers = kept_history(unseen=("updated_at",), unsaid=("sealed_secret",))
        verbose_name = _("rules of donations")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="donation_rule_one")]

    def __str__(self) -> str:
        return "donations"

    @classmethod
    def current(cls) -> DonationRule:
        return cls.objects.filter(pk=1).first() or cls(pk=1)
