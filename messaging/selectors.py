"""Reads that span models: lists of mailings with their figures, how far a send has come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone
from redis import RedisError

from campaign_crm.platform.caching import remembered
from contacts.registry import registry
from messaging.dispatch.counting import StateCounts, count_states
from messaging.enums import SHOWN_AS, UNFINISHED, CampaignState, DeliveryState, ShownState
from messaging.experiments.figures import waiting_for_test
from messaging.models import Campaign

REACHED = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.COMPLAINED)
STARTED = (CampaignState.SENDING, CampaignState.PAUSED, CampaignState.SENT, CampaignState.CANCELLED)
LIVE_SECONDS = 2  # one count serves everybody who watches the same send
KEPT_SECONDS = 3600
RATE_WINDOW = 30  # seconds over which the rate is measured
RATE_SAMPLES = 20


@dataclass(frozen=True)
class Figures:
    """One mailing in a list. `recipients` None: not known before the send; opens and clicks are people's."""

    recipients: int | None
    delivered: int
    opened: int
    clicked: int


def figures_of(campaigns: Sequence[Campaign]) -> dict[int, Figures]:
    """The figures of several mailings, in a number of queries that does not depend on how many they are."""
    started = [campaign for campaign in campaigns if campaign.audience_count is not None]
    counts = _counts_of(started)
    back: dict[int, dict[str, int]] = {campaign.pk: {} for campaign in started}
    for figures in registry.campaign_figures.values():
        for pk, values in figures(list(back)).items():
            back[pk] |= values
    return {
        campaign.pk: Figures(
            recipients=campaign.audience_count,
            delivered=sum(counts.get(campaign.pk, {}).get(state, 0) for state in REACHED),
            opened=back.get(campaign.pk, {}).get("opened", 0),
            clicked=back.get(campaign.pk, {}).get("clicked", 0),
        )
        for campaign in campaigns
    }


def _counts_of(campaigns: Sequence[Campaign]) -> dict[int, StateCounts]:
    """States as kept where a mailing has ended; the others counted together, every few seconds at most."""
    kept = {
        campaign.pk: {DeliveryState(state): number for state, number in campaign.state_counts.items()}
        for campaign in campaigns
        if campaign.state_counts
    }
    others = [campaign for campaign in campaigns if campaign.pk not in kept]
    if not others:
        return kept
    names = ",".join(str(campaign.pk) for campaign in others)
    live = any(campaign.finished_at is None for campaign in others)
    counted = remembered(
        f"mailing-figures:{names}",
        seconds=LIVE_SECONDS if live else KEPT_SECONDS,
        compute=lambda: count_states(others),
    )
    return kept | counted


@dataclass(frozen=True)
class Progress:
    """How far a send has come. `rate`: messages a second; `ends_at`: of what leaves without a decision, None
    when it cannot be told."""

    total: int
    states: StateCounts
    rate: float
    ends_at: datetime | None

    @property
    def done(self) -> int:
        return max(0, sum(self.states.values()) - self.left)

    @property
    def left(self) -> int:
        return sum(self.states.get(state, 0) for state in UNFINISHED)

    @property
    def shown(self) -> list[tuple[ShownState, int, list[tuple[DeliveryState, int]]]]:
        """The five words people read, each with its number and the ledger's states that it gathers."""
        return [
            (
                word,
                sum(self.states.get(state, 0) for state in _gathered(word)),
                [(state, self.states[state]) for state in _gathered(word) if self.states.get(state)],
            )
            for word in ShownState
        ]

    @property
    def bar(self) -> list[tuple[ShownState, int]]:
        """The same words as a bar shows them: what is settled first, what waits last."""
        settled = [ShownState.DELIVERED, ShownState.FAILED, ShownState.TO_CHECK]
        order = [*settled, ShownState.SENDING, ShownState.WAITING]
        numbers = {word: number for word, number, _states in self.shown}
        return [(word, numbers[word]) for word in order]

    @property
    def in_hand(self) -> int:
        """Handed over, and the answer has not come yet."""
        return self.states.get(DeliveryState.HANDED, 0)

    @property
    def to_check(self) -> int:
        return self.states.get(DeliveryState.UNKNOWN, 0)


def progress_of(campaign: Campaign) -> Progress:
    """The progress of one mailing, counted at most every `LIVE_SECONDS` whoever asks."""
    states = remembered(
        f"mailing-states:{campaign.pk}:{campaign.state}",
        seconds=LIVE_SECONDS,
        compute=lambda: count_states([campaign])[campaign.pk],
    )
    total = campaign.audience_count or 0
    left = sum(states.get(state, 0) for state in UNFINISHED)
    done = sum(states.values()) - left
    rate = _rate(campaign, done) if campaign.state == CampaignState.SENDING else 0.0
    leaving = left - waiting_for_test(campaign)
    ends_at = timezone.now() + timedelta(seconds=leaving / rate) if rate > 0 and leaving > 0 else None
    return Progress(total, states, rate, ends_at)


def _gathered(word: ShownState) -> list[DeliveryState]:
    return [state for state, shown in SHOWN_AS.items() if shown == word]


def _rate(campaign: Campaign, done: int) -> float:
    """Messages a second over the last `RATE_WINDOW` seconds, as earlier readers saw it; else on average."""
    key = f"mailing-rate:{campaign.pk}"
    now = time.time()
    try:
        seen: list[tuple[float, int]] = cache.get(key) or []
        seen = [sample for sample in seen if sample[0] > now - RATE_WINDOW]
        if not seen or now - seen[-1][0] >= 1:
            cache.set(key, [*seen, (now, done)][-RATE_SAMPLES:], timeout=RATE_WINDOW * 2)
    except RedisError:
        seen = []
    if seen and now - seen[0][0] >= LIVE_SECONDS:
        return max(0.0, (done - seen[0][1]) / (now - seen[0][0]))
    if campaign.started_at is None:
        return 0.0
    return done / max(1.0, (timezone.now() - campaign.started_at).total_seconds())
