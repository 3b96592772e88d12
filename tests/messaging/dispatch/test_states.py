"""The trigger refuses every move that the ledger does not know."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from campaign_crm.platform.database import ensure_partition
from messaging.dispatch.states import LEASED, TRANSITIONS
from messaging.enums import DeliveryState
from messaging.models import Campaign, Delivery

pytestmark = pytest.mark.django_db


def test_the_database_allows_exactly_the_transitions_written_in_python() -> None:
    campaign = Campaign.objects.create(name="States")
    ensure_partition("messaging_delivery", campaign.ledger_month.isoformat())
    allowed = {
        (old, new) for number, old in enumerate(DeliveryState) for new in DeliveryState
        if old != new and _moves(campaign, number, old, new)
    }  # fmt: skip
    assert allowed == {(old, new) for old, following in TRANSITIONS.items() for new in following}


def test_a_row_may_be_updated_without_moving() -> None:
    campaign = Campaign.objects.create(name="States")
    ensure_partition("messaging_delivery", campaign.ledger_month.isoformat())
    _insert(campaign, 1, DeliveryState.ACCEPTED)
    assert Delivery.objects.filter(contact_id=1).update(provider_message_id="x") == 1


def _moves(campaign: Campaign, number: int, old: DeliveryState, new: DeliveryState) -> bool:
    contact = 1000 * number + list(DeliveryState).index(new)
    _insert(campaign, contact, old)
    lease = "now()" if new in LEASED else "NULL"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE messaging_delivery SET state = %s, lease_until = {lease} WHERE contact_id = %s",
                [new.value, contact],
            )
    except IntegrityError:
        return False
    return True


def _insert(campaign: Campaign, contact: int, state: DeliveryState) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_delivery"
            " (ledger_month, campaign_id, contact_id, state, address, address_hash, lease_until)"
            " VALUES (%s, %s, %s, %s, 'a@example.com', sha256(%s::text::bytea), now())",
            [campaign.ledger_month, campaign.pk, contact, state.value, contact],
        )
