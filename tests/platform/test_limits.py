import threading

import pytest
import redis

from campaign_crm.platform import limits
from campaign_crm.platform.limits import is_within, place_of


@pytest.fixture(autouse=True)
def fresh_client():
    limits._client.cache_clear()
    yield
    limits._client.cache_clear()


def test_acts_are_counted_by_name_and_place_until_the_window_ends(servers) -> None:
    assert [is_within("a", "1.2.3.4", at_most=2, seconds=60) for _time in range(3)] == [True, True, False]
    assert is_within("a", "5.6.7.8", at_most=2, seconds=60)
    assert is_within("b", "1.2.3.4", at_most=2, seconds=60)
    with redis.Redis.from_url(servers.redis_url) as client:
        kept = list(client.scan_iter("limit:*"))
        assert all(0 < client.ttl(key) <= 60 for key in kept)
    assert not [key for key in kept if b"1.2.3.4" in key], "no address is kept"


def test_processes_that_count_at_once_let_through_no_more() -> None:
    answers: list[bool] = []

    def count() -> None:
        answers.extend(is_within("c", "x", at_most=10, seconds=60) for _time in range(10))

    threads = [threading.Thread(target=count) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(True) == 10


def test_without_its_server_nothing_is_limited(settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert is_within("d", "x", at_most=0, seconds=60)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::"),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_a_place_is_what_one_household_shares(address: str, place: str) -> None:
    assert place_of(address) == place
