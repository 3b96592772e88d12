"""Who left because of a mailing, for its report: people, not what each of them pressed.

Somebody who left, came back and left again is one. What they did last on the pages of that mailing decides:
so nobody is counted twice, and nobody who was not counted is taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from contacts.registry import Departure
from messaging.models import Delivery
from tracking.enums import InteractionKind, Metric
from tracking.models import Interaction
from tracking.services.interactions import count, record_interaction


@dataclass(frozen=True)
class Recipient:
    """Whose message of which mailing the page belongs to; `contact` is None once they are erased."""

    campaign: int
    ledger_month: date
    contact: int | None


def note_departure(recipient: Recipient, data: dict[str, Any]) -> None:
    """A line on the timeline, and one more who left, unless they are counted already."""
    counted = _is_counted(recipient)
    department = _record(recipient, InteractionKind.UNSUBSCRIBE, data)
    if not counted:
        count(campaign_id=recipient.campaign, metric=Metric.UNSUBSCRIBES, department=department)


def note_reported(departure: Departure) -> None:
    """Somebody left by the provider's own way: on the timeline and in the report as by ours."""
    recipient = Recipient(departure.campaign, departure.ledger_month, departure.contact)
    note_departure(recipient, {"from": "provider"})


def note_return(recipient: Recipient, data: dict[str, Any]) -> bool:
    """Take back one who was counted; False, and nothing written, when they were not."""
    if not _is_counted(recipient):
        return False
    department = _record(recipient, InteractionKind.PREFERENCES, data)
    count(campaign_id=recipient.campaign, metric=Metric.UNSUBSCRIBES, department=department, delta=-1)
    return True


def _is_counted(recipient: Recipient) -> bool:
    if recipient.contact is None:
        return False
    last = (
        Interaction.objects.filter(
            campaign_id=recipient.campaign,
            contact_id=recipient.contact,
            kind__in=[InteractionKind.UNSUBSCRIBE, InteractionKind.PREFERENCES],
        )
        .order_by("-at")
        .values_list("kind", flat=True)
        .first()
    )
    return last == InteractionKind.UNSUBSCRIBE


def _record(recipient: Recipient, kind: InteractionKind, data: dict[str, Any]) -> str:
    """Add the interaction; returns the department of the message, "" when unknown."""
    department = _department(recipient)
    record_interaction(
        kind=kind,
        contact_id=recipient.contact,
        campaign_id=recipient.campaign,
        ledger_month=recipient.ledger_month,
        department=department,
        data=data,
    )
    return department


def _department(recipient: Recipient) -> str:
    if recipient.contact is None:
        return ""
    of_person = Delivery.objects.filter(
        ledger_month=recipient.ledger_month, campaign_id=recipient.campaign, contact_id=recipient.contact
    )
    return of_person.values_list("department", flat=True).first() or ""
