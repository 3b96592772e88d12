"""Counters are folded without anybody seeing another figure; months are ready before their first row."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from campaign_crm.celery import app
from messaging.models import Campaign
from tracking.ingest.folding import fold_counters
from tracking.models import CampaignCounter
from tracking.tasks import AHEAD, tidy

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
