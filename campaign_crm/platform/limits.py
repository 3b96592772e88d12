"""At most so many acts in so many seconds from one place: counted in Valkey, for all processes together."""

from __future__ import annotations

import ipaddress
import logging
from functools import lru_cache

import redis
from django.conf import settings

from campaign_crm.platform.crypto import keyed_hash

logger = logging.getLogger(__name__)
SECONDS_TO_ANSWER = 1.0
HOME_OF_V6 = 64  # bits of an IPv6 address that one household or machine shares


def is_within(name: str, key: str, *, at_most: int, seconds: int) -> bool:
    """Count one act called `name` for `key`; False once there were `at_most` in the last window.

    The key is kept as a keyed hash. Without Valkey nothing is counted and the answer is True: limits may be
    lost at any moment, the product may not.
    """
    kept = f"limit:{name}:{keyed_hash('limit', key).hex()[:32]}"
    try:
        pipe = _client().pipeline(transaction=True)
        pipe.set(kept, 0, ex=seconds, nx=True)
        pipe.incr(kept)
        counted = int(pipe.execute()[1])
    except redis.RedisError as error:
        logger.warning("Limit %s is not counted (%s)", name, type(error).__name__)
        return True
    return counted <= at_most


def place_of(address: str) -> str:
    """What one household or machine shares of its address: all of IPv4, the first half of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, HOME_OF_V6), strict=False).network_address)


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=SECONDS_TO_ANSWER, socket_timeout=SECONDS_TO_ANSWER
    )
