"""One rate an account, whoever sends; without Redis a share of it, never none."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.conf import settings

from messaging.dispatch.rates import Grant, Rates, shared_rates

AWAY = "redis://127.0.0.1:1/0"


def test_without_a_rate_everything_may_leave() -> None:
    assert Rates(AWAY, workers=1).take("account:1", rate=None, wanted=50) == Grant(50, 0.0)


def test_two_workers_share_one_bucket() -> None:
    first, second = (Rates(settings.REDIS_URL, workers=2) for _ in range(2))
    granted = [rates.take("account:1", rate=10, wanted=8).messages for rates in (first, second, first)]
    assert granted == [8, 2, 0]
    assert 0 < second.take("account:1", rate=10, wanted=1).wait <= 0.1


def test_a_bucket_fills_at_its_rate() -> None:
    rates = Rates(settings.REDIS_URL, workers=1)
    assert rates.take("account:1", rate=20, wanted=100).messages == 20
    time.sleep(0.25)
    assert 4 <= rates.take("account:1", rate=20, wanted=100).messages <= 7


def test_accounts_have_buckets_of_their_own() -> None:
    rates = Rates(settings.REDIS_URL, workers=1)
    assert rates.take("account:1", rate=5, wanted=5).messages == 5
    assert rates.take("account:2", rate=5, wanted=5).messages == 5


def test_a_slow_account_sends_one_message_at_a_time() -> None:
    rates = Rates(settings.REDIS_URL, workers=1)
    assert rates.take("account:1", rate=0.5, wanted=10) == Grant(1, 0.0)
    grant = rates.take("account:1", rate=0.5, wanted=10)
    assert grant.messages == 0
    assert 1.5 < grant.wait <= 2.0


def test_without_redis_each_worker_keeps_to_its_share(caplog: pytest.LogCaptureFixture) -> None:
    rates = Rates(AWAY, workers=4)
    started = time.monotonic()
    taken = 0
    while time.monotonic() - started < 0.6:
        taken += rates.take("account:1", rate=100, wanted=50).messages
        time.sleep(0.01)
    assert 10 <= taken <= 16  # a quarter of 100 a second, for 0.6 s
    assert len(caplog.records) == 1  # said once, not at every batch


def test_without_redis_a_rate_that_moves_gives_its_share_too() -> None:
    rates, rate, taken = Rates(AWAY, workers=2), 100.0, 0
    started = time.monotonic()
    while time.monotonic() - started < 0.6:
        rate *= 1.001
        taken += rates.take("campaign:1", rate=rate, wanted=50).messages
        time.sleep(0.01)
    assert 15 <= taken <= 40


def test_a_rate_of_nothing_is_slow_and_divides_by_nothing() -> None:
    rates = Rates(settings.REDIS_URL, workers=1)
    grants = [rates.take("test:nothing", rate=0, wanted=5) for _time in range(2)]
    assert [grant.messages for grant in grants] == [1, 0]
    assert grants[1].wait > 30


def test_thirty_an_hour_is_one_in_two_minutes() -> None:
    rates = Rates(settings.REDIS_URL, workers=1)
    assert rates.take("campaign:1", rate=30 / 3600, wanted=5, burst=10).messages == 1
    assert 119 < rates.take("campaign:1", rate=30 / 3600, wanted=5, burst=10).wait <= 120
    assert rates.delays("family:1", rate=30 / 3600, waiting=2) == pytest.approx([120, 240], abs=0.1)


def test_without_redis_the_lane_of_service_messages_has_its_share(settings: Any) -> None:
    settings.DISPATCH_WORKERS, settings.REDIS_URL = 2, AWAY
    shared_rates.cache_clear()
    try:
        rates = shared_rates()
        rates.take("account:1", rate=90, wanted=1)
        time.sleep(1.05)
        # Two workers and the lane, at a third each: together the rate, and no more.
        assert rates.take("account:1", rate=90, wanted=90).messages == 30
    finally:
        shared_rates.cache_clear()
