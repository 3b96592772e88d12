"""Celery's ticks: what they do when they come, when nobody is there, and when two come at once."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections

from campaign_crm.celery import app
from messaging import tasks
from messaging.enums import CampaignState
from messaging.models import Campaign
from messaging.services.campaigns import send_now
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that would have been sent to the broker."""
    names: list[str] = []
    monkeypatch.setattr(tasks, "tick", lambda task: names.append(getattr(task, "task", None) or task.name))
    return names


@contextmanager
def held_elsewhere(name: str) -> Iterator[None]:
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [zlib.crc32(name.encode())])
        yield
    finally:
        other.close()


def test_ticks_carry_a_mailing_from_send_to_sent(woken: list[str]) -> None:
    make_people(3)
    with SmtpSink() as sink:
        campaign = make_campaign(sink)
        send_now(campaign=campaign, by=make_officer())
        tasks.tend()
        assert woken.count("messaging.pump") == 3
        assert tasks.pump(1) == 3
        assert woken[-1] == "messaging.tend"
        tasks.tend()
        tasks._pump().close()
        assert len(sink.received()) == 3
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENT
    assert campaign.state_counts == {"accepted": 3}


def test_a_shard_that_is_at_work_is_left_alone(woken: list[str]) -> None:
    make_people(3)
    with SmtpSink() as sink:
        send_now(campaign=make_campaign(sink), by=make_officer())
        tasks.tend()
        with held_elsewhere("messaging.pump.1"):
            assert tasks.pump(1) == 0
        assert tasks.pump(2) == 3
        tasks._pump().close()


def test_two_schedulers_do_nothing_twice(woken: list[str]) -> None:
    make_people(3)
    campaign = make_campaign()
    send_now(campaign=campaign, by=make_officer())

    def work() -> None:
        tasks.tend()
        connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    campaign.refresh_from_db()
    assert (campaign.state, campaign.audience_count) == (CampaignState.SENDING, 3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM messaging_delivery")
        assert cursor.fetchone() == (3,)


def test_beat_knows_the_ticks() -> None:
    planned = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {"messaging.tend", "messaging.pump_all"} <= planned
    assert {tasks.tend.name, tasks.pump.name, tasks.pump_all.name} <= set(app.tasks)


def test_waking_every_shard_reaches_the_service_lane_too(woken: list[str]) -> None:
    tasks.pump_all()
    assert woken == ["messaging.pump"] * 3
    assert Campaign.objects.count() == 0
