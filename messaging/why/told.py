"""Messages as an answer to a request tells them: each with why it left."""

from __future__ import annotations

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contacts.merging.redirects import all_numbers
from messaging.models import Delivery
from messaging.why.reasons import Reason, reasons_of

AT_A_TIME = 500


def messages_told(contact_id: int) -> list[dict[str, Any]]:
    """Every message to a person, the newest first, in the language of the moment."""
    found = Delivery.objects.filter(contact_id__in=all_numbers([contact_id])).select_related("campaign")
    rows = list(found.order_by("-ledger_month", "-handed_at", "-due_at"))
    told: list[dict[str, Any]] = []
    for start in range(0, len(rows), AT_A_TIME):
        told += [_row(reason) for reason in reasons_of(rows[start : start + AT_A_TIME])]
    return told


def _row(reason: Reason) -> dict[str, Any]:
    row = {
        _("Subject"): reason.subject,
        pgettext("when", "Left"): reason.at,
        _("To"): reason.delivery.address,
        _("Outcome"): reason.state,
        _("What allowed it"): _("A service message: it answers something the person did")
        if reason.is_service
        else reason.basis,
        _("Source"): str(reason.source) if reason.source else "",
        _("Agreed"): reason.consent.at if reason.consent else None,
        _("Newsletter"): reason.subscription.newsletter.name if reason.subscription else "",
        _("Chosen by"): "; ".join(reason.criteria),
        _("Opens and clicks tied to you"): reason.delivery.measured,
    }
    return {capfirst(label): value for label, value in row.items() if value not in ("", None)}
