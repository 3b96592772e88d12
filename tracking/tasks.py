"""Celery ticks of tracking."""

from __future__ import annotations

import logging

import redis
from celery import shared_task
from django.utils import timezone

from campaign_crm.platform.locks import only_one
from tracking.events import clock
from tracking.inbox.filing import file_arrivals
from tracking.ingest import consumer
from tracking.ingest.devices import name_devices as name_some_devices
from tracking.ingest.folding import fold_counters
from tracking.months import drop_months as drop_old_months
from tracking.months import make_months_ahead
from tracking.reach_figures import count_reach as count_reach_now
from tracking.scenarios.moving import move_scenarios
from tracking.services import settling

logger = logging.getLogger(__name__)


@shared_task(name="tracking.drain")
def drain() -> int:
    """Store the hits that wait; returns how many. Skips while the previous run goes on."""
    with only_one("tracking.drain") as held:
        if not held:
            return 0
        try:
            return consumer.drain()
        except redis.RedisError as error:
            logger.warning("Ingest stream away (%s); the next tick tries again", type(error).__name__)
            return 0


@shared_task(name="tracking.name_devices")
def name_devices() -> int:
    """Name kinds of devices of people who agreed to be measured; returns of how many hits."""
    with only_one("tracking.name_devices") as held:
        return name_some_devices() if held else 0


@shared_task(name="tracking.file_arrivals")
def file_what_arrived() -> int:
    """Put what people wrote into conversations, if the source that brought it did not."""
    with only_one("tracking.file_arrivals") as held:
        return file_arrivals() if held else 0


@shared_task(name="tracking.move_scenarios")
def move_scenarios_on() -> int:
    """Let people into scenarios and move those who are due; returns how many steps were done."""
    return move_scenarios()


@shared_task(name="tracking.tidy")
def tidy() -> None:
    """Fold counters, and make the next month ready."""
    with only_one("tracking.tidy") as held:
        if held:
            make_months_ahead()
            fold_counters()


@shared_task(name="tracking.drop_months")
def drop_months() -> int:
    """Drop months that are past their term; returns how many."""
    with only_one("tracking.drop_months") as held:
        return len(drop_old_months(timezone.localdate())) if held else 0


@shared_task(name="tracking.count_reach")
def count_reach() -> None:
    """Count who can be reached, for the home page; skips while the previous count goes on."""
    with only_one("tracking.count_reach") as held:
        if held:
            count_reach_now()


@shared_task(name="tracking.settle_sign_ups")
def settle_sign_ups() -> None:
    """Count, remind and ask those who answered forms; skips while the previous run goes on."""
    with only_one("tracking.settle_sign_ups") as held:
        if held:
            settling.settle_sign_ups()


@shared_task(name="tracking.events")
def tend_events() -> None:
    """Remind of events, settle who came, thank them; skips while the previous run goes on."""
    with only_one("tracking.events") as held:
        if held:
            clock.tick()
