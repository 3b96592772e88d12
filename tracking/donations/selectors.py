"""Donations as pages show them: lists, sums, who is above a ceiling, what a mailing raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from contacts.models import Contact
from tracking.donations.money import euros
from tracking.models import Donation, DonationRule

OVER_SHOWN = 50


@dataclass(frozen=True)
class Raised:
    """Cents, and gifts."""

    amount: int
    gifts: int


def standing(**filters: Any) -> QuerySet[Donation]:
    """Donations that count."""
    return Donation.objects.filter(cancelled_at=None, **filters)


def raised_by(campaign_id: int) -> Raised:
    """What the links of a mailing brought."""
    return _sum(standing(campaign=campaign_id))


def raised() -> Raised:
    return _sum(standing())


def donations_of(contact: Contact) -> list[Donation]:
    """All of one person's, those that were taken back too, newest first."""
    found = Donation.objects.filter(contact=contact).select_related("campaign")
    return list(found.order_by("-given_on", "-pk")[:100])


def warnings_for(contact: Contact) -> list[str]:
    """Which ceilings one person's gifts are above, in words."""
    rule, own = DonationRule.current(), standing(contact=contact)
    said = []
    total = _sum(own.filter(_counted(rule))).amount
    if rule.per_person is not None and total > rule.per_person:
        words = {"sum": euros(total), "ceiling": euros(rule.per_person)}
        said.append(_("Together %(sum)s: above the ceiling of %(ceiling)s for one person.") % words)
    if rule.cash is not None and own.filter(method=Donation.Method.CASH, amount__gt=rule.cash).exists():
        said.append(_("A gift in cash is above %(ceiling)s.") % {"ceiling": euros(rule.cash)})
    return said


def above_ceiling() -> list[tuple[Contact, int]]:
    """People whose gifts together are above the ceiling, the highest first, with the sum."""
    rule = DonationRule.current()
    if rule.per_person is None:
        return []
    sums = (
        standing(contact__isnull=False, contact__erased_at=None)
        .filter(_counted(rule))
        .values("contact")
        .annotate(total=Sum("amount"))
        .filter(total__gt=rule.per_person)
        .order_by("-total")
    )
    rows = list(sums.values_list("contact", "total")[:OVER_SHOWN])
    people = Contact.objects.in_bulk([contact for contact, _total in rows])
    return [(people[contact], total) for contact, total in rows if contact in people]


def _counted(rule: DonationRule) -> Q:
    return Q(given_on__gte=rule.counts_from) if rule.counts_from is not None else Q()


def _sum(found: QuerySet[Donation]) -> Raised:
    row = found.aggregate(amount=Sum("amount"), gifts=Count("pk"))
    return Raised(row["amount"] or 0, row["gifts"])
