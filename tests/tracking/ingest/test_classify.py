"""The rules: what one hit says of itself, and those of one message within seconds of each other."""

import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from messaging.content.addresses import HIDDEN_LINK
from tests.tracking.ingest.conftest import FIREFOX
from tracking.enums import HitClass, InteractionKind
from tracking.ingest.agents import agent_of
from tracking.ingest.classify import MessageHit, classify, find_neighbours
from tracking.ingest.signals import Agent, Beside, Signals

BEGIN = datetime(2026, 11, 2, 10, tzinfo=UTC)


def click(second: float, link: int, *, contact: int = 1) -> MessageHit:
    return MessageHit((1, contact, None), BEGIN + timedelta(seconds=second), link, uuid.uuid4())


def robots_among(hits: list[MessageHit]) -> set[uuid.UUID]:
    return set(find_neighbours(hits))


def test_every_click_of_a_burst_is_found_and_no_other() -> None:
    before, burst = click(0, 1), [click(11, 1), click(12, 2), click(13, 2), click(20, 3)]
    after, of_another = [click(30, 1), click(31, 2)], [click(12, 3, contact=2), click(13, 4, contact=2)]
    found = robots_among([*after, *burst, before, *of_another])
    assert found == {one.event_id for one in burst}


def test_two_bursts_that_overlap_are_both_found_whole() -> None:
    clicks = [click(0, 1), click(5, 2), click(10, 3), click(15, 1), click(20, 2)]
    assert robots_among(clicks) == {one.event_id for one in clicks}


def test_ten_seconds_are_together_and_a_little_more_is_not() -> None:
    assert len(robots_among([click(0, 1), click(5, 2), click(10, 3)])) == 3
    assert robots_among([click(0, 1), click(5, 2), click(10.1, 3)]) == set()


def test_a_robot_that_clicks_without_end_holds_up_nobody() -> None:
    """Comparing each with each would take minutes, and every open and click of the country would wait."""
    clicks = [click(number / 5_000, 1 + number % 2) for number in range(40_000)]
    since = time.process_time()
    assert robots_among(clicks) == set()
    assert time.process_time() - since < 5


def test_every_hit_around_the_hidden_link_is_a_robots_and_no_other() -> None:
    """A scanner opens, follows what no reader sees, then a link; the person reads a minute later."""
    opened = MessageHit((1, 1, None), BEGIN, None, uuid.uuid4())
    trap, followed, read = click(4, HIDDEN_LINK), click(14, 2), click(60, 2)
    of_another = click(4, 1, contact=2)
    assert find_neighbours([opened, trap, followed, read, of_another]) == {
        one.event_id: Beside.TRAP for one in (opened, trap, followed)
    }


HUMAN, PROXY, SCANNER = HitClass.HUMAN, HitClass.PRIVACY_PROXY, HitClass.SCANNER


@pytest.mark.parametrize(
    ("kind", "signals", "judged"),
    [
        ("open", {}, HUMAN),
        ("open", {"seconds": 1.9}, SCANNER),
        ("click", {"seconds": 2.0}, HUMAN),
        ("click", {"head": True}, SCANNER),
        ("open", {"prefetch": True}, SCANNER),
        ("open", {"agent": "missing"}, SCANNER),
        ("open", {"agent": "robot", "network": "proxy:apple-relay"}, SCANNER),
        ("open", {"agent": "proxy", "seconds": 0.5}, PROXY),
        ("open", {"agent": "proxy", "beside": "trap"}, SCANNER),
        ("click", {"network": "scanner:gateway"}, SCANNER),
        ("open", {"network": "proxy:apple-relay"}, PROXY),
        ("click", {"network": "proxy:apple-relay"}, HUMAN),
        ("click", {"beside": "links"}, SCANNER),
    ],
)
def test_signals_decide_the_class_and_outlive_being_kept(kind: str, signals: dict, judged: HitClass) -> None:
    kept = Signals.from_json(signals | {"of a later version": 1})
    assert kept.as_json() == (signals or None)
    assert classify(InteractionKind(kind), kept) == judged


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        (FIREFOX, Agent.PERSON),
        (
            "Mozilla/5.0 (Linux; Android 12; CUBOT NOTE 30) AppleWebKit/537.36 Chrome/120.0 Mobile",
            Agent.PERSON,
        ),
        ("", Agent.MISSING),
        (" \t", Agent.MISSING),
        ("Mozilla/5.0", Agent.PROXY),
        ("Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)", Agent.PROXY),
        ("Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36", Agent.ROBOT),
        ("Slackbot-LinkExpanding 1.0", Agent.ROBOT),
        ("BarracudaUrlChecker", Agent.ROBOT),
    ],
)
def test_user_agents_say_robot_proxy_or_nothing(agent: str, says: Agent) -> None:
    assert agent_of(agent) == says
