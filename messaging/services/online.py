"""A sent message as a page in the browser."""

from __future__ import annotations

from django.utils import timezone

from campaign_crm.platform.models import Organisation
from contacts.merging.redirects import present_id
from messaging.content.marks import PersonalMark, occasion_number
from messaging.dispatch.ledger import Key, Row
from messaging.dispatch.outbox import Outbox
from messaging.models import Campaign, Delivery


def online_page(mark: PersonalMark) -> str | None:
    """The HTML of the message that `mark` names, as its recipient got it; None once it is gone."""
    campaign = (
        Campaign.objects.select_related("sender__provider_account")
        .filter(pk=mark.campaign, frozen_at__isnull=False, sender__isnull=False)
        .first()
    )
    delivery = _delivery_of(mark)
    if campaign is None or delivery is None:
        return None
    variant = campaign.variants.select_related("sender").filter(number=delivery.variant).first()
    outbox = Outbox(campaign, Organisation.current(), variant)
    return outbox.page(_row_of(delivery), at=timezone.now(), left_at=delivery.handed_at)


def _delivery_of(mark: PersonalMark) -> Delivery | None:
    rows = Delivery.objects.filter(
        ledger_month=mark.ledger_month, campaign_id=mark.campaign, contact_id=present_id(mark.contact)
    )
    # Nobody's messages have one contact together: their occasions are looked through, not whole rows.
    occasions = rows.values_list("occasion", flat=True) if mark.occasion else [""]
    occasion = next((one for one in occasions if occasion_number(one) == mark.occasion), None)
    return rows.filter(occasion=occasion).first() if occasion is not None else None


def _row_of(delivery: Delivery) -> Row:
    return Row(
        key=Key(delivery.contact_id, delivery.occasion),
        address=delivery.address,
        address_hash=bytes(delivery.address_hash),
        variant=delivery.variant,
        measured=delivery.measured,
        department=delivery.department,
        language=delivery.language,
        attempts=delivery.attempts,
        source=delivery.source_id,
        context=delivery.context,
    )
