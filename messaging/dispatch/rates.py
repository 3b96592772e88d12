"""How fast messages may leave, by account, sender, mailing and family of mailboxes: token buckets in Redis,
shared by all workers of all machines.

When Redis is away, each worker keeps to its share of the rate by itself: slower at worst, never unlimited.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

BURST_SECONDS = 1.0
"""A bucket holds what its rate gives in this time, and at least one message."""

SLOWEST = 1 / 86_400
"""Messages a second: nothing below is a rate, and nothing at all would divide by it."""

REDIS_TIMEOUT = 0.5
AWAY_SECONDS = 5.0
"""After a failure Redis is left alone for so long: a send does not wait for it at every batch."""

# KEYS[1]: the bucket. ARGV: rate a second, size, wanted, what may be taken ahead. Redis's own clock. Answers:
# granted, wait in ms.
_TAKE = """
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local rate, size, wanted, ahead = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local passed = math.max(0, now - (tonumber(state[2]) or now))
local tokens = math.min(size, (tonumber(state[1]) or size) + passed * rate)
local granted = math.max(0, math.min(wanted, math.floor(tokens + ahead)))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(size / rate * 1000) + 60000)
local wait = 0
if granted == 0 then wait = math.ceil((1 - tokens - ahead) / rate * 1000) end
return {granted, wait}
"""


# KEYS[1]: when the last message that was told to wait is due. ARGV: rate a second, how many wait, the longest
# wait in seconds. Answers: milliseconds until the first of them.
_QUEUE = """
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local rate, waiting, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local last = math.max(now, tonumber(redis.call('GET', KEYS[1])) or now)
local after = math.min(last + waiting / rate, now + longest)
redis.call('SET', KEYS[1], tostring(after), 'PX', math.ceil((after - now) * 1000) + 1000)
return math.ceil((last - now) * 1000)
"""

LONGEST_QUEUE = 3600.0
"""Seconds that a message waits at most before the bucket is asked again."""


class Grant(NamedTuple):
    """`messages` may leave now; with none, ask again after `wait` seconds."""

    messages: int
    wait: float


@dataclass
class _Bucket:
    """The share of one worker, kept in its own memory."""

    rate: float
    tokens: float
    burst: float = BURST_SECONDS
    at: float = field(default_factory=time.monotonic)

    def take(self, wanted: int, *, ahead: bool = False) -> Grant:
        now = time.monotonic()
        size = max(1.0, self.rate * self.burst)
        self.tokens = min(size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        lent = size if ahead else 0.0
        granted = max(0, min(wanted, int(self.tokens + lent)))
        self.tokens -= granted
        return Grant(granted, 0.0 if granted else (1 - self.tokens - lent) / self.rate)


class Rates:
    """One worker's view of the rates. `workers`: how many may send at once, for the share without Redis."""

    def __init__(self, url: str, *, workers: int) -> None:
        self._workers = max(1, workers)
        self._own: dict[str, _Bucket] = {}
        self._away_until = 0.0
        self._client = redis.Redis.from_url(
            url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT
        )
        self._script = self._client.register_script(_TAKE)
        self._queue = self._client.register_script(_QUEUE)
        self._own_queues: dict[str, float] = {}

    def take(
        self,
        name: str,
        *,
        rate: float | None,
        wanted: int,
        ahead: bool = False,
        burst: float = BURST_SECONDS,
    ) -> Grant:
        """Take up to `wanted` messages from the bucket `name`; without a rate, all of them. The bucket holds
        what `burst` seconds give.

        `ahead`: also what the bucket gives only in the next second. Whoever takes without waits until it is
        made up for: service messages never stand behind a mailing, and the rate is kept on the whole.
        """
        if rate is None:
            return Grant(wanted, 0.0)
        rate = max(rate, SLOWEST)
        if time.monotonic() >= self._away_until:
            try:
                size = max(1.0, rate * burst)
                granted, wait = self._script(
                    keys=[f"dispatch:rate:{name}"], args=[rate, size, wanted, size if ahead else 0]
                )
                return Grant(int(granted), int(wait) / 1000)
            except redis.RedisError as error:
                self._lost(error)
        return self._share(name, rate, burst).take(wanted, ahead=ahead)

    def put_back(self, name: str, *, rate: float | None, unused: int) -> None:
        """Return what was taken and not used; the next taking cuts it to the bucket's size."""
        if rate is None or unused <= 0:
            return
        if time.monotonic() >= self._away_until:
            try:
                self._client.hincrbyfloat(f"dispatch:rate:{name}", "tokens", unused)
            except redis.RedisError as error:
                self._lost(error)
        elif name in self._own:
            self._own[name].tokens += unused

    def delays(self, name: str, *, rate: float, waiting: int) -> list[float]:
        """Seconds after which each of `waiting` messages should ask the bucket again, one behind the other.

        Messages that come later queue behind these, whichever worker has them; `LONGEST_QUEUE` at most.
        """
        rate = max(rate, SLOWEST)
        first = self._behind(name, rate, waiting)
        return [min(first + number / rate, LONGEST_QUEUE) for number in range(1, waiting + 1)]

    def _behind(self, name: str, rate: float, waiting: int) -> float:
        if time.monotonic() >= self._away_until:
            try:
                keys, values = [f"dispatch:queue:{name}"], [rate, waiting, LONGEST_QUEUE]
                return int(self._queue(keys=keys, args=values)) / 1000
            except redis.RedisError as error:
                self._lost(error)
        now, share = time.monotonic(), rate / self._workers
        last = max(now, self._own_queues.get(name, now))
        self._own_queues[name] = min(last + waiting / share, now + LONGEST_QUEUE)
        return last - now

    def _lost(self, error: redis.RedisError) -> None:
        self._away_until = time.monotonic() + AWAY_SECONDS
        logger.warning("Redis is away (%s): this worker sends at its share of the rate", type(error).__name__)

    def _share(self, name: str, rate: float, burst: float) -> _Bucket:
        share = rate / self._workers
        bucket = self._own.get(name)
        if bucket is None:
            bucket = self._own[name] = _Bucket(share, tokens=0.0, burst=burst)
        elif bucket.rate != share:  # that of a mailing with an hour to end by changes all the time
            bucket.take(0)
            bucket.rate, bucket.burst = share, burst
        return bucket


@lru_cache(maxsize=1)
def shared_rates() -> Rates:
    """The rates of this process, on `REDIS_URL`."""
    lanes = settings.DISPATCH_WORKERS + 1  # that of service messages takes from the same buckets
    return Rates(settings.REDIS_URL, workers=lanes)
