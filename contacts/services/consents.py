"""Writing down what people said: the newest entry by channel and purpose is what holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from campaign_crm.platform.webhooks.events import WebhookEvent
from campaign_crm.platform.webhooks.outbox import emit
from contacts.enums import Channel, ConsentPurpose
from contacts.errors import ContactsError
from contacts.models import Consent, ConsentWording, Contact, Source
from contacts.services.kept_refusals import keep_withdrawal
from contacts.services.projections import refresh_reach
from contacts.services.support import forget_unlawful
from contacts.services.wordings import current_wording

__all__ = ["ConsentRefused", "current_wording", "record_consent"]


class ConsentRefused(ContactsError):
    """An agreement that could not be proven later is not written down."""


@transaction.atomic
def record_consent(
    *,
    contact: Contact,
    channel: Channel,
    purpose: ConsentPurpose,
    given: bool,
    source: Source | None = None,
    wording: ConsentWording | None = None,
    proof: dict[str, Any] | None = None,
    at: datetime | None = None,
    by: User | None,
) -> Consent:
    """Write one entry of the ledger; the person's reach follows in the same transaction.

    `source` says through what the person spoke (a form, the API, a member of staff's hand): an agreement
    needs it, a withdrawal does not. Targeted messages need an agreement from a direct source. `proof` is a
    JSON object (form or import row, confirmed address, page). An agreement never lifts an objection: see
    `suppressions`.
    """
    if given and source is None:
        raise ConsentRefused(_("Say through which source this person agreed."))
    entry = Consent(
        contact=contact,
        channel=channel,
        purpose=purpose,
        given=given,
        source=source,
        wording=wording,
        proof=proof or {},
        recorded_by=by,
    )
    if at is not None:
        entry.at = min(at, timezone.now())  # of a day to come, it would outlast what is said until then
    entry.save()
    if not given:
        entry.refresh_from_db(fields=["at"])
        keep_withdrawal(entry)
    audit.record(
        action="consent.give" if given else "consent.withdraw",
        on=contact,
        by=by,
        detail={"channel": channel, "purpose": purpose, "consent": entry.pk},
    )
    refresh_reach([contact.pk])
    if purpose == ConsentPurpose.MESSAGES and not given:
        emit(WebhookEvent.PERSON_UNSUBSCRIBED, {"channel": channel}, person=contact.pk)
    if purpose == ConsentPurpose.PROFILE and not given:
        forget_unlawful([contact.pk])
    return entry
