"""Claims do not overlap, end with their lease, and fence out whoever held them before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections
from django.utils import timezone

from messaging.dispatch.gate import hand_over
from messaging.dispatch.leases import LEASE_ENDED, Reaped, reap
from messaging.dispatch.ledger import Claim, Ledger, claim, give_back
from messaging.dispatch.outcomes import judge, record
from messaging.enums import DeliveryState
from messaging.models import Campaign, Delivery
from messaging.providers.base import Outcome, Result
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_campaign, make_people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    make_people(10)
    return start(make_campaign())


def take(campaign: Campaign, limit: int = 10) -> Claim:
    return claim(Ledger(campaign.ledger_month, campaign.pk), limit=limit)


def hand(held: Claim) -> None:
    hand_over(held, [row.key for row in held.rows], account=1, seconds=60)


def accept(held: Claim) -> int:
    return record(held, [judge(row.key, Result(Outcome.ACCEPTED), attempts=0) for row in held.rows])


def end_leases() -> None:
    Delivery.objects.filter(lease_until__isnull=False).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )


def test_two_claims_take_different_rows(campaign: Campaign) -> None:
    first, second = take(campaign, 6), take(campaign, 6)
    keys = [row.key for row in (*first.rows, *second.rows)]
    assert (len(first.rows), len(second.rows), len(set(keys))) == (6, 4, 10)
    assert first.token != second.token


def test_a_claim_passes_over_rows_that_another_transaction_holds(campaign: Campaign) -> None:
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM messaging_delivery ORDER BY contact_id LIMIT 3 FOR UPDATE")
        assert len(take(campaign).rows) == 7
    finally:
        other.rollback()
        other.close()


def test_a_row_not_due_yet_waits(campaign: Campaign) -> None:
    Delivery.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    assert take(campaign).rows == []


def test_given_back_rows_are_queued_again(campaign: Campaign) -> None:
    held = take(campaign)
    assert give_back(held) == 10
    assert books(campaign) == {"queued": 10}
    assert len(take(campaign).rows) == 10


def test_a_dead_workers_claim_is_queued_again(campaign: Campaign) -> None:
    take(campaign)
    end_leases()
    assert reap() == Reaped(requeued=10, uncertain=0)
    assert books(campaign) == {"queued": 10}


def test_what_a_dead_worker_had_handed_over_is_uncertain_and_never_claimed_again(campaign: Campaign) -> None:
    held = take(campaign, 4)
    hand(held)
    end_leases()
    assert reap() == Reaped(requeued=0, uncertain=4)
    assert books(campaign) == {"queued": 6, "unknown": 4}
    assert set(Delivery.objects.filter(state="unknown").values_list("answer", flat=True)) == {LEASE_ENDED}
    assert len(take(campaign).rows) == 6


def test_a_live_lease_is_left_alone(campaign: Campaign) -> None:
    hand(take(campaign, 4))
    assert reap() == Reaped(0, 0)


def test_a_worker_that_lost_its_claim_writes_nothing(campaign: Campaign) -> None:
    late = take(campaign)
    end_leases()
    reap()
    now = take(campaign)
    hand(late)
    hand(now)
    assert accept(late) == 0
    assert accept(now) == 10
    assert books(campaign) == {"accepted": 10}


def test_a_late_acceptance_settles_what_its_lease_made_uncertain(campaign: Campaign) -> None:
    held = take(campaign)
    hand(held)
    end_leases()
    reap()
    assert accept(held) == 10
    assert books(campaign) == {"accepted": 10}


def test_a_late_refusal_does_not_settle_what_is_uncertain(campaign: Campaign) -> None:
    held = take(campaign)
    hand(held)
    end_leases()
    reap()
    assert record(held, [judge(row.key, Result(Outcome.RETRY), attempts=0) for row in held.rows]) == 0
    assert books(campaign) == {"unknown": 10}


def test_a_row_to_be_tried_again_is_claimed_when_it_is_due(campaign: Campaign) -> None:
    held = take(campaign)
    hand(held)
    record(held, [judge(row.key, Result(Outcome.RETRY, retry_after=60.0), attempts=0) for row in held.rows])
    assert books(campaign) == {"retry_wait": 10}
    assert take(campaign).rows == []
    Delivery.objects.update(due_at=timezone.now())
    again = take(campaign)
    assert {row.attempts for row in again.rows} == {1}


def test_the_database_refuses_a_claim_without_lease(campaign: Campaign) -> None:
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="delivery_leased_when_claimed"):
        cursor.execute("UPDATE messaging_delivery SET state = 'claimed'")


def test_one_message_a_person_and_one_an_address(campaign: Campaign) -> None:
    row = Delivery.objects.first()
    assert row is not None
    copied = {"ledger_month": row.ledger_month, "campaign_id": row.campaign_id, "state": DeliveryState.QUEUED}
    with pytest.raises(IntegrityError, match="ledger_month, campaign_id, address_hash, occasion"):
        Delivery.objects.create(contact_id=999, address="x", address_hash=row.address_hash, **copied)
    with pytest.raises(IntegrityError, match="pkey"):
        Delivery.objects.create(contact_id=row.contact_id, address="x", address_hash=b"y" * 32, **copied)
