"""The ingest stream: what was answered is on disk before the answer.

The server behind `INGEST_REDIS_URL` syncs each append (`appendfsync always`). While it is away, clicks go to
a local spool, synced too, and are drained with the stream once it is back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import redis
from django.conf import settings

from tracking.ingest.hits import Hit

STREAM = "crm:hits"
GROUP = "store"
CONNECT_SECONDS = 0.5
ANSWER_SECONDS = 2.0
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


def append(hit: Hit) -> None:
    """Put a hit on the stream; on disk when this returns. Raises `StreamAway`."""
    try:
        _client().xadd(STREAM, hit.to_fields())  # type: ignore[arg-type]
    except redis.RedisError as error:
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


def backlog() -> int:
    """Entries not yet stored; raises `StreamAway`."""
    try:
        return int(_client().xlen(STREAM))
    except redis.RedisError as error:
        raise StreamAway(type(error).__name__) from error


def _spool_folder() -> Path:
    folder: Path = settings.VAR_DIR / "spool" / "hits"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def spool(hit: Hit) -> None:
    """Keep a hit in a file of this process, synced to disk; raises OSError when even that fails."""
    path = _spool_folder() / f"{os.getpid()}.jsonl"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, json.dumps(hit.to_fields()).encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def drain_spool(store: Callable[[list[Hit]], None]) -> int:
    """Store spooled hits and remove their files; returns how many.

    A file is renamed first, so that its process begins another one. A file left by a crash between storing
    and removing is stored again: the event ids make that harmless.
    """
    count = 0
    folder = _spool_folder()
    for path in folder.glob("*.jsonl"):
        path.rename(path.with_suffix(f".{os.urandom(4).hex()}.draining"))
    for path in folder.glob("*.draining"):
        hits = [
            Hit.from_fields(json.loads(line)) for line in path.read_text().splitlines() if line.endswith("}")
        ]
        store(hits)
        path.unlink()
        count += len(hits)
    return count
