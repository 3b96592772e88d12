"""What mailings cost, and the invoices that prove it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from contacts.enums import Channel
from messaging.enums import Heading, Payer


class UnitCost(models.Model):
    """What one accepted message costs by a way out, in euros with VAT, from a day on."""

    account = models.ForeignKey(
        "messaging.ProviderAccount", verbose_name=_("way out"), on_delete=models.CASCADE, db_index=False
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices, default=Channel.EMAIL)
    since = models.DateField(_("since"))
    amount = models.DecimalField(
        _("euros a message, VAT included"),
        max_digits=9,
        decimal_places=6,
        validators=[MinValueValidator(0)],
    )

    objects: ClassVar[models.Manager[UnitCost]] = models.Manager()
    personal_data = keep("id", "account", "channel", "since", "amount")

    class Meta:
        triggers = kept_history()
        verbose_name = _("unit cost")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "channel", "since"],
                name="unit_cost_once_a_day",
                violation_error_message=_("There is a cost from this day on already."),
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="unit_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.channel} {self.amount}"


class CampaignCost(models.Model):
    """What a mailing cost: accepted messages at the unit cost of their day, or what somebody wrote instead.

    `unpriced`: accepted messages by a way out that had no unit cost then; they count nothing.
    """

    campaign = models.OneToOneField(
        "messaging.Campaign", primary_key=True, on_delete=models.CASCADE, related_name="cost"
    )
    accepted = models.PositiveIntegerField(default=0)
    unpriced = models.PositiveIntegerField(default=0)
    computed = models.DecimalField(max_digits=12, decimal_places=4, default=0)
    computed_at = models.DateTimeField(db_default=Now())
    override = models.DecimalField(
        _("real cost"), max_digits=12, decimal_places=2, null=True, validators=[MinValueValidator(0)]
    )
    override_reason = models.CharField(_("why"), max_length=300, blank=True)

    objects: ClassVar[models.Manager[CampaignCost]] = models.Manager()
    personal_data = keep(
        *["campaign", "accepted", "unpriced", "computed", "computed_at", "override", "override_reason"]
    )

    class Meta:
        triggers = kept_history(
            key=("campaign_id",), unseen=("accepted", "unpriced", "computed", "computed_at")
        )
        verbose_name = _("cost of a mailing")

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.amount}"

    @property
    def amount(self) -> object:
        """Euros, VAT included: the real cost where somebody wrote it."""
        return self.computed if self.override is None else self.override


class Invoice(models.Model):
    """One invoice of the campaign accounts, or a free service put at its value.

    Its file stands sealed on disk under `key`. `is_free_service` with `is_from_company`: article L. 52-8 of
    the electoral code forbids companies to give; the page and the export say so.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=60)
    issued_on = models.DateField(_("date"))
    supplier = models.CharField(_("supplier"), max_length=150)
    what = models.CharField(_("what it is for"), max_length=300, blank=True)
    amount = models.DecimalField(
        _("amount, VAT included"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )
    payer = models.CharField(_("paid by"), max_length=12, choices=Payer.choices, default=Payer.AGENT)
    heading = models.CharField(_("heading"), max_length=16, choices=Heading.choices)
    account_number = models.CharField(
        _("account number"),
        max_length=12,
        blank=True,
        help_text=_("As printed in the form of your election’s accounts, such as 616."),
    )
    is_free_service = models.BooleanField(_("free service, put at its value"), default=False)
    is_from_company = models.BooleanField(_("given by a company or another legal person"), default=False)
    election = models.ForeignKey(
        "contacts.Election",
        verbose_name=_("election"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invoices",
    )
    campaigns = models.ManyToManyField(
        "messaging.Campaign", verbose_name=_("mailings it pays for"), blank=True, related_name="invoices"
    )
    file_name = models.CharField(_("file"), max_length=150, blank=True)
    file_type = models.CharField(max_length=20, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[Invoice]] = models.Manager()
    personal_data = keep(
        *["id", "key", "number", "issued_on", "supplier", "what", "amount", "payer", "heading"],
        *["account_number", "is_free_service", "is_from_company", "election", "campaigns", "file_name"],
        *["file_type", "created_by", "created_at"],
    )

    class Meta:
        triggers = kept_history()
        verbose_name = _("invoice")
        indexes = [models.Index(fields=["-issued_on", "-id"], name="invoice_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "number"],
                name="invoice_once",
                violation_error_message=_("This supplier’s invoice is there already."),
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="invoice_not_negative"),
            models.CheckConstraint(
                condition=models.Q(heading__in=Heading.values), name="invoice_heading_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier} {self.number}"

    @property
    def is_forbidden_gift(self) -> bool:
        """A company may give nothing to a campaign (electoral code, L. 52-8)."""
        return self.is_free_service and self.is_from_company
