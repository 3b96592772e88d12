"""Counters are folded without anybody seeing another figure; months are ready before their first row."""

import threading
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from campaign_crm.celery import app
from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.models import AuditEntry
from contacts.models import RetentionRule
from messaging.models import Campaign
from tracking.ingest.folding import fold_counters
from tracking.models import CampaignCounter, Interaction
from tracking.months import AHEAD, DELIVERIES, INTERACTIONS, drop_months, interactions_kept
from tracking.tasks import tidy

pytestmark = pytest.mark.django_db(transaction=True)


def add(campaign: Campaign, **values: object) -> None:
    CampaignCounter.objects.create(campaign=campaign, **{"metric": "clicks", "delta": 1} | values)


def counted() -> list[tuple[object, ...]]:
    rows = CampaignCounter.objects.values_list("campaign", "metric", "link_number", "department")
    return sorted(rows.annotate(Sum("delta")), key=str)


def test_deltas_become_one_row_a_counter_and_the_same_sums(campaign) -> None:
    other = Campaign.objects.create(name="Other", ledger_month=campaign.ledger_month)
    for _time in range(3):
        add(campaign, link_number=1, department="60")
        add(campaign, link_number=2, department="60")
        add(campaign, metric="opens", delta=5)
    add(other)
    before = counted()
    assert fold_counters() == 1
    assert counted() == before
    assert CampaignCounter.objects.count() == 4
    assert fold_counters() == 0, "nothing is left to do"


def test_what_comes_in_while_folding_is_kept(campaign) -> None:
    add(campaign)
    add(campaign)

    def fold() -> None:
        try:
            fold_counters()
        finally:
            connection.close()

    thread = threading.Thread(target=fold)
    with transaction.atomic():
        add(campaign, delta=10)
        thread.start()
        thread.join(10)
    assert counted() == [(campaign.pk, "clicks", None, "", 12)]


def test_next_month_is_ready_and_the_clock_sees_to_it() -> None:
    assert "tracking.tidy" in {entry["task"] for entry in app.conf.beat_schedule.values()}
    tidy()
    ahead = datetime.now(UTC) + AHEAD
    with connection.cursor() as cursor:
        for table in ("tracking_interaction", "messaging_delivery"):
            cursor.execute("SELECT to_regclass(%s)", [f"{table}_y{ahead:%Y}m{ahead:%m}"])
            assert cursor.fetchone()[0] is not None
    assert timedelta(days=1) <= AHEAD <= timedelta(days=28)


def test_months_past_their_term_are_dropped_whole_and_no_younger_one(campaign) -> None:
    """Of deliveries, the proof of what was sent, seven years stay."""
    for table in (INTERACTIONS, DELIVERIES):
        for month in ("2019-01-01", "2019-12-01", "2023-01-01", "2026-01-01"):
            ensure_partition(table, month)
    Interaction.objects.create(at=datetime(2019, 1, 5, tzinfo=UTC), event_id=uuid.uuid4(), kind="open")
    assert drop_months(date(2026, 1, 31)) == [
        (INTERACTIONS, date(2019, 1, 1)),
        (INTERACTIONS, date(2019, 12, 1)),
    ]
    assert not Interaction.objects.exists()
    assert drop_months(date(2026, 2, 1)) == [(INTERACTIONS, date(2023, 1, 1)), (DELIVERIES, date(2019, 1, 1))]
    assert drop_months(date(2026, 2, 1)) == []
    acts = AuditEntry.objects.filter(action="retention.month").order_by("pk").values_list("detail", flat=True)
    assert [(one["table"], one["month"]) for one in acts][-1] == (DELIVERIES, "2019-01-01")
    for table, month in ((INTERACTIONS, "2026-01-01"), (DELIVERIES, "2023-01-01")):
        with (
            pytest.raises(DatabaseError, match="is kept still"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT crm_drop_partition(%s, %s)", [table, month])


def test_acts_stay_as_long_as_a_sign_of_life_counts(db) -> None:
    assert interactions_kept() == 36
    RetentionRule.objects.create(rule="last_sign", kind="form", relationship="", amount=60)
    assert interactions_kept() == 60
