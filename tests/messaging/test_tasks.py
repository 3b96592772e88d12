"""Celery's ticks: what they do when they come, when nobody is there, and when two come at once."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from campaign_crm.celery import app
from messaging import tasks
from messaging.dispatch import lifecycle
from messaging.enums import CampaignState
from messaging.models import Campaign, SendingRule
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


def test_a_mailing_leaves_as_its_time_to_cancel_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tick before asks to be called again at that moment: no beat is waited for."""
    asked: list[Any] = []
    monkeypatch.setattr(tasks, "tick", asked.append)
    make_people(3)
    SendingRule(id=1, window_seconds=2).save()
    with SmtpSink() as sink:
        campaign = make_campaign(sink)
        send_now(campaign=campaign, by=make_officer())
        campaign.refresh_from_db()
        assert campaign.window_until is not None
        tasks.tend()
        (again,) = asked
        assert again.task == "messaging.tend"
        assert 0 < again.options["countdown"] <= 2
        time.sleep(again.options["countdown"])
        tasks.tend()
        assert [task.task for task in asked[1:]] == ["messaging.pump"] * 3
        assert tasks.pump(1) == 3
        tasks._pump().close()
        first = min(row.at for row in sink.received())
    assert 0 <= first - campaign.window_until.timestamp() < 5


def test_a_release_that_is_far_off_is_left_to_the_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(tasks, "tick", asked.append)
    make_people(1)
    SendingRule(id=1, window_seconds=60).save()
    send_now(campaign=make_campaign(), by=make_officer())
    tasks.tend()
    assert asked == []
    wait = lifecycle.next_release()
    assert wait is not None
    assert wait > timedelta(seconds=50)
