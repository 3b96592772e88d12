"""Totals of the accounts, and the file for the agent: by heading, within a period, for one election."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from contacts.models import Election
from messaging.costs.sent import costs_in
from messaging.enums import Heading, Payer
from messaging.models import Invoice

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Period:
    """What is looked at: days of issue, both included; None leaves a side open. One election, or all."""

    since: date | None = None
    until: date | None = None
    election: Election | None = None

    def invoices(self) -> QuerySet[Invoice]:
        chosen = Q()
        if self.since is not None:
            chosen &= Q(issued_on__gte=self.since)
        if self.until is not None:
            chosen &= Q(issued_on__lte=self.until)
        if self.election is not None:
            chosen &= Q(election=self.election)
        return Invoice.objects.filter(chosen)


@dataclass(frozen=True)
class HeadingTotal:
    """One heading: how many invoices, and what they come to. `gifts`: free services among it."""

    heading: Heading
    invoices: int
    amount: Decimal
    gifts: Decimal


def by_heading(period: Period) -> list[HeadingTotal]:
    """The headings that have something, in the order of the accounts."""
    rows = (
        period.invoices()
        .values("heading")
        .annotate(
            number=Count("pk"), total=Sum("amount"), gifts=Sum("amount", filter=Q(is_free_service=True))
        )
    )
    found = {row["heading"]: row for row in rows}
    return [
        HeadingTotal(heading, row["number"], row["total"], row["gifts"] or NOTHING)
        for heading in Heading
        if (row := found.get(heading.value)) is not None
    ]


def export_rows(period: Period) -> Iterator[list[Any]]:
    """The heading line, every invoice by heading and date, then what mailings cost, by heading too."""
    yield [
        _("Heading"),
        _("Account number"),
        _("Date"),
        _("Number"),
        _("Supplier"),
        _("What it is for"),
        _("Amount, VAT included"),
        _("Paid by"),
        _("Free service"),
        _("Remark"),
        _("Election"),
        _("Mailings"),
        _("File"),
        _("What it rests on"),
    ]
    order = list(Heading)
    found = period.invoices().select_related("election").prefetch_related("campaigns")
    for invoice in sorted(found, key=lambda one: (order.index(Heading(one.heading)), one.issued_on, one.pk)):
        yield [
            str(Heading(invoice.heading).label),
            invoice.account_number,
            invoice.issued_on,
            invoice.number,
            invoice.supplier,
            invoice.what,
            invoice.amount,
            str(Payer(invoice.payer).label),
            _("yes") if invoice.is_free_service else "",
            _("Forbidden: a company may give nothing (L. 52-8)") if invoice.is_forbidden_gift else "",
            invoice.election.name if invoice.election else "",
            ", ".join(campaign.name for campaign in invoice.campaigns.all()),
            invoice.file_name,
            _("an invoice"),
        ]
    for cost in costs_in(period):
        remark = _("In an invoice already: not to be added") if cost.invoiced else _("No invoice yet")
        yield [
            *(str(cost.heading.label), "", cost.day, "", cost.supplier, _("Sending"), cost.amount),
            *("", "", remark, period.election.name if period.election else "", cost.what, "", cost.rests_on),
        ]
