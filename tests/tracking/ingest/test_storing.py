"""Storing hits: exactly once, firsts counted once, a bad value set aside alone, no scan of a campaign."""

import json
import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from campaign_crm.platform.database import acting_as, ensure_partition
from contacts.models import Contact, Merge, Reach
from messaging.content.tokens import PersonalMark
from tests.tracking.ingest.conftest import FIREFOX, MONTH, click_of
from tracking.ingest import consumer, neighbours, rows, stream
from tracking.ingest.classify import BURST
from tracking.ingest.hits import Hit, new_hit, understand
from tracking.ingest.signals import Beside
from tracking.models import CampaignCounter, Interaction

pytestmark = pytest.mark.django_db(transaction=True)


def counted() -> dict[str, int]:
    return dict(CampaignCounter.objects.values_list("metric").annotate(Sum("delta")))


def test_a_consumer_killed_between_commit_and_acknowledgement_repeats_nothing(an_open, monkeypatch) -> None:
    for number in (1, 2):
        stream.append(an_open(number))

    def killed(_ids: list[str]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stream, "acknowledge", killed)
        with pytest.raises(KeyboardInterrupt):
            consumer.drain()
    assert counted() == {"opens": 2, "unique_opens": 2}, "it had committed"
    monkeypatch.setattr(stream, "RECLAIM_AFTER_MS", 0)
    assert consumer.drain() == 2
    assert (Interaction.objects.count(), counted()) == (2, {"opens": 2, "unique_opens": 2})
    assert stream.backlog() == 0


def test_two_consumers_at_once_find_one_first(an_open) -> None:
    first, second = an_open(7), an_open(7)
    thread = threading.Thread(target=_store_alone, args=[second])
    with transaction.atomic():
        consumer.store([first])
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), "the second waits for the first to commit"
    thread.join(10)
    assert counted() == {"opens": 2, "unique_opens": 1}


def _store_alone(hit: Hit) -> None:
    try:
        consumer.store([hit])
    finally:
        connection.close()


def test_a_value_that_the_database_refuses_is_set_aside_alone(an_open) -> None:
    good = [an_open(number) for number in range(6)]
    poison = an_open(99, user_agent=FIREFOX, at=datetime(1, 1, 1, tzinfo=UTC))
    consumer.store([*good[:3], poison, *good[3:]])
    assert Interaction.objects.count() == 6
    assert counted() == {"opens": 6, "unique_opens": 6}
    assert stream.refused() == 1


def test_an_earlier_hit_is_found_by_index_not_by_reading_the_campaign(campaign) -> None:
    now = datetime.now(UTC)
    ensure_partition("tracking_interaction", now.strftime("%Y-%m-01"))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tracking_interaction"
            " (at, event_id, kind, hit_class, campaign_id, ledger_month, visitor)"
            " SELECT now(), gen_random_uuid(), 'click', 'human', %s, %s, number"
            " FROM generate_series(1, 20000) AS number",
            [campaign.pk, MONTH],
        )
        cursor.execute("SELECT crm_analyze(%s)", [f"tracking_interaction_y{now:%Y}m{now:%m}"])
        token = click_of(PersonalMark(MONTH, campaign.pk, 5), link=1)
        hits = [new_hit(token=token, user_agent=FIREFOX) for _ in range(500)]
        batch = json.dumps([rows.row_of(understand(hit), beside=Beside.NOTHING) for hit in hits])
        cursor.execute(f"EXPLAIN {rows._INSERT}", [batch])
        plan = [line for (line,) in cursor.fetchall()]
        asked = [{"campaign": campaign.pk, "contact": None, "visitor": number} for number in range(500)]
        window = {"messages": json.dumps(asked), "kind": "click", "since": now - BURST, "until": now + BURST}
        cursor.execute(f"EXPLAIN {neighbours._STORED}", window)
        plan += [line for (line,) in cursor.fetchall()]
    assert sum("Index Scan using tracking_interaction" in line for line in plan) >= 4
    assert not any("Seq Scan on tracking_interaction" in line for line in plan)
    assert not any("hashed SubPlan" in line for line in plan)


def test_measured_people_are_counted_where_they_live(campaign, person) -> None:
    from messaging.models import Delivery

    ensure_partition("messaging_delivery", MONTH.isoformat())
    Delivery.objects.create(
        ledger_month=MONTH, campaign=campaign, contact=person, address="lea@example.org",
        address_hash=b"x" * 32, measured=True, department="60",
    )  # fmt: skip
    token = click_of(PersonalMark(MONTH, campaign.pk, person.pk), link=3)
    consumer.store([new_hit(token=token, user_agent=FIREFOX)])
    assert Interaction.objects.get().department == "60"
    assert set(CampaignCounter.objects.values_list("department", flat=True)) == {"60"}


def test_the_web_role_may_read_what_was_stored(an_open) -> None:
    consumer.store([an_open()])
    with acting_as("crm_national"):
        assert Interaction.objects.count() == 1


def test_what_is_set_aside_is_kept_a_month_and_no_more_than_so_many(an_open, monkeypatch) -> None:
    monkeypatch.setattr(stream, "REFUSED_KEPT", 100)
    client = stream._client()
    long_ago = int((datetime.now(UTC).timestamp() - stream.REFUSED_SECONDS - 60) * 1000)
    client.xadd(stream.REFUSED, {"reason": "old"}, id=f"{long_ago}-0")
    stream.set_aside(an_open().to_fields(), reason="refused")
    assert [fields["reason"] for _id, fields in client.xrange(stream.REFUSED)] == ["refused"]
    assert 0 < client.ttl(stream.REFUSED) <= stream.REFUSED_SECONDS
    for _time in range(400):
        stream.set_aside({"id": "x"}, reason="refused")
    assert stream.refused() < 300, "whole nodes of the stream are cut off"


def test_a_hit_of_a_message_older_than_a_merge_is_the_persons_of_today(campaign, person) -> None:
    other = Contact.objects.create(first_name="Léa", last_name="Martin")
    Reach.objects.create(contact=other, channel="email", measurement=True)
    Merge.objects.create(kept=person, absorbed_id=other.pk + 1000, snapshot={})
    token = click_of(PersonalMark(MONTH, campaign.pk, other.pk + 1000), link=3)
    consumer.store([new_hit(token=token, user_agent=FIREFOX)])
    assert Interaction.objects.get().contact_id == person.pk
