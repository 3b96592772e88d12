"""At most so many acts in so many seconds from one place: counted in Valkey, for all processes together."""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass
from functools import lru_cache

import redis
from django.conf import settings

from campaign_crm.platform.crypto import keyed_hash

logger = logging.getLogger(__name__)
SECONDS_TO_ANSWER = 1.0
HOME_OF_V6 = 64  # bits of an IPv6 address that one household or machine shares


@dataclass(frozen=True)
class Counted:
    """What one act left of a limit: `used` with this one, of `at_most`, for `seconds_left` more."""

    at_most: int
    used: int
    seconds_left: int

    @property
    def is_within(self) -> bool:
        return self.used <= self.at_most

    @property
    def remaining(self) -> int:
        return max(0, self.at_most - self.used)


def is_within(name: str, key: str, *, at_most: int, seconds: int) -> bool:
    """Count one act called `name` for `key`; False once there were `at_most` in the last window."""
    return counted(name, key, at_most=at_most, seconds=seconds).is_within


def counted(name: str, key: str, *, at_most: int, seconds: int) -> Counted:
    """Count one act called `name` for `key`, and say what is left.

    The key is kept as a keyed hash. Without Valkey nothing is counted and everything is left: limits may be
    lost at any moment, the product may not.
    """
    kept = f"limit:{name}:{keyed_hash('limit', key).hex()[:32]}"
    try:
        pipe = _client().pipeline(transaction=True)
        pipe.set(kept, 0, ex=seconds, nx=True)
        pipe.incr(kept)
        pipe.ttl(kept)
        _set, used, left = pipe.execute()
    except redis.RedisError as error:
        logger.warning("Limit %s is not counted (%s)", name, type(error).__name__)
        return Counted(at_most, 0, seconds)
    return Counted(at_most, int(used), max(int(left), 0))


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
