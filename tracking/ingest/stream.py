"""The ingest stream: what was answered is on disk before the answer.

The server behind `INGEST_REDIS_URL` syncs each append (`appendfsync always`). While it is away, clicks go to
`tracking.ingest.spool`, synced too.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

from tracking.ingest.hits import Hit

STREAM = "crm:hits"
GROUP = "store"
REFUSED = "crm:hits:refused"  # what could not be stored, kept for a person to look at
REFUSED_KEPT = 10_000  # the newest: a fault that repeats fills the memory of nothing else
REFUSED_SECONDS = 30 * 86_400  # they name people: long enough to be looked at, and no longer
CONNECT_SECONDS = 0.5
ANSWER_SECONDS = 2.0
REST_SECONDS = 1.0  # after a failure, before the server is asked again
RECLAIM_AFTER_MS = 60_000
StreamEntry = tuple[str, dict[str, str]]


class StreamAway(Exception):
    """The ingest server cannot be reached or refuses to write."""


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.INGEST_REDIS_URL,
        decode_responses=True,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
    )


class _Rest:
    """A server that does not answer is left alone for a moment: waiting for it would hold every thread."""

    until = 0.0


_rest = _Rest()


def append(hit: Hit) -> None:
    """Put a hit on the stream; on disk when this returns. Raises `StreamAway`."""
    if time.monotonic() < _rest.until:
        raise StreamAway("resting")
    try:
        _client().xadd(STREAM, hit.to_fields())  # type: ignore[arg-type]
    except redis.RedisError as error:
        _rest.until = time.monotonic() + REST_SECONDS
        raise StreamAway(type(error).__name__) from error


def read(consumer: str, count: int) -> list[StreamEntry]:
    """Up to `count` entries: first those that a consumer took and never acknowledged, then new ones."""
    client = _client()
    try:
        client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    reclaimed = client.xautoclaim(STREAM, GROUP, consumer, min_idle_time=RECLAIM_AFTER_MS, count=count)
    entries: list[StreamEntry] = [entry for entry in reclaimed[1] if entry[1]]
    if len(entries) < count:
        fresh = client.xreadgroup(GROUP, consumer, {STREAM: ">"}, count=count - len(entries)) or []
        for _stream, found in fresh.items() if isinstance(fresh, dict) else fresh:
            entries.extend(_flat(found))
    return entries


def _flat(found: Any) -> list[StreamEntry]:
    """redis-py answers a list of entries, or under RESP3 a list of one such list."""
    entries: list[StreamEntry] = found[0] if found and isinstance(found[0], list) else found
    return entries


def acknowledge(ids: list[str]) -> None:
    """Forget entries whose rows are committed."""
    if ids:
        pipe = _client().pipeline(transaction=True)
        pipe.xack(STREAM, GROUP, *ids)
        pipe.xdel(STREAM, *ids)
        pipe.execute()


def set_aside(fields: dict[str, str], *, reason: str) -> None:
    """Keep an entry that cannot be stored, out of the way of the others."""
    oldest = int((time.time() - REFUSED_SECONDS) * 1000)
    pipe = _client().pipeline(transaction=True)
    pipe.xadd(REFUSED, fields | {"reason": reason}, maxlen=REFUSED_KEPT, approximate=True)  # type: ignore[arg-type]
    pipe.xtrim(REFUSED, minid=str(oldest), approximate=False)
    pipe.expire(REFUSED, REFUSED_SECONDS)
    pipe.execute()


def backlog() -> int:
    """Entries not yet stored; raises `StreamAway`."""
    return _length(STREAM)


def refused() -> int:
    """Entries set aside; raises `StreamAway`."""
    return _length(REFUSED)


def _length(name: str) -> int:
    try:
        return int(_client().xlen(name))
    except redis.RedisError as error:
        raise StreamAway(type(error).__name__) from error
