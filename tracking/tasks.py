"""Celery ticks of tracking."""

from __future__ import annotations

import logging

import redis
from celery import shared_task

from campaign_crm.platform.locks import only_one
from tracking.ingest import consumer

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
