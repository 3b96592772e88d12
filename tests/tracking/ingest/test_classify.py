"""Bursts: several links of one message within seconds."""

import time
import uuid
from datetime import UTC, datetime, timedelta

from tracking.ingest.classify import Click, find_bursts

BEGIN = datetime(2026, 11, 2, 10, tzinfo=UTC)


def click(second: float, link: int, *, contact: int = 1) -> Click:
    return Click((1, contact, None), BEGIN + timedelta(seconds=second), link, uuid.uuid4())


def test_every_click_of_a_burst_is_found_and_no_other() -> None:
    before, burst = click(0, 1), [click(11, 1), click(12, 2), click(13, 2), click(20, 3)]
    after, of_another = [click(30, 1), click(31, 2)], [click(12, 3, contact=2), click(13, 4, contact=2)]
    found = find_bursts([*after, *burst, before, *of_another])
    assert found == {one.event_id for one in burst}


def test_two_bursts_that_overlap_are_both_found_whole() -> None:
    clicks = [click(0, 1), click(5, 2), click(10, 3), click(15, 1), click(20, 2)]
    assert find_bursts(clicks) == {one.event_id for one in clicks}


def test_ten_seconds_are_together_and_a_little_more_is_not() -> None:
    assert len(find_bursts([click(0, 1), click(5, 2), click(10, 3)])) == 3
    assert find_bursts([click(0, 1), click(5, 2), click(10.1, 3)]) == set()


def test_a_robot_that_clicks_without_end_holds_up_nobody() -> None:
    """Comparing each with each would take minutes, and every open and click of the country would wait."""
    clicks = [click(number / 5_000, number % 2) for number in range(40_000)]
    since = time.process_time()
    assert find_bursts(clicks) == set()
    assert time.process_time() - since < 5
