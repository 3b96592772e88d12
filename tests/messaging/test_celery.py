"""The real thing: a Celery worker and its beat carry mailings from "send" to "sent", whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from messaging.enums import CampaignState
from messaging.models import Campaign
from messaging.services.campaigns import send_now
from messaging.services.service_messages import send_service_message
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 40.0  # seconds


@pytest.fixture
def celery(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of two processes with its own clock, in a process group that ends with the test."""
    command = [sys.executable, "-m", "celery", "--app", "campaign_crm", "--quiet", "worker", "--beat"]
    command += ["--schedule", str(tmp_path / "beat"), "--concurrency", "2", "--loglevel", "WARNING"]
    command += ["--without-gossip", "--without-mingle"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "campaign_crm.settings"}
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, start_new_session=True)
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until_sent(campaign: Campaign) -> None:
    deadline = time.monotonic() + PATIENCE
    while campaign.state != CampaignState.SENT:
        assert time.monotonic() < deadline, f"still {campaign.state} after {PATIENCE} s"
        time.sleep(0.2)
        campaign.refresh_from_db()


def test_celery_sends_a_mailing(celery: subprocess.Popen[bytes]) -> None:
    people = make_people(300)
    with SmtpSink() as sink:
        campaign = make_campaign(sink)
        send_service_message(
            standing_for="confirmation", contact=people[0], occasion="1", subject="S", paragraphs=["P"]
        )
        send_now(campaign=campaign, by=make_officer())
        wait_until_sent(campaign)
        received = [row.recipient for row in sink.received()]
    assert len(received) == 301
    assert len(set(received)) == 300
    assert campaign.state_counts == {"accepted": 300}


def test_a_broker_that_loses_everything_loses_no_mailing(celery: subprocess.Popen[bytes]) -> None:
    make_people(300)
    with SmtpSink(round_trip=0.02) as sink, redis.Redis.from_url(settings.REDIS_URL) as broker:
        campaign = make_campaign(sink)
        send_now(campaign=campaign, by=make_officer())
        for _time in range(5):
            time.sleep(0.5)
            broker.flushdb()
        wait_until_sent(campaign)
        received = [row.recipient for row in sink.received()]
    assert sorted(received) == sorted(f"person{number}@example.com" for number in range(1, 301))
