"""The servers of a test session and the environment that points to them.

Without DATABASE_URL, REDIS_URL and INGEST_REDIS_URL the embedded servers run under `var/test`, apart from the
developer's data. Every session (and every xdist worker) takes a free slot, a number locked while it lives: it
names its database, its Valkey databases and its files, so that sessions never meet.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit, urlunsplit

from campaign_crm.platform import embedded

PROJECT = Path(__file__).resolve().parent.parent
TEST_DIR = Path(os.environ.get("TEST_DIR") or PROJECT / "var" / "test")
DURABLE = os.environ.get("TEST_DURABLE") == "1"  # benchmarks: fsync on, as in production
SLOTS = 64
OTHERS = 16  # on a Valkey of yours, tests use its databases 15, 14, …
SESSION = "CRM_TEST_SESSION"  # environment variable by which started programs know their slot
URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "INGEST_REDIS_URL")
AS_SYSTEM = "-c role=crm_system"
TEST_KEYS = {
    "SECRET_KEY": "tests-only-" + "0123456789abcdef" * 4,
    "LINK_KEYS": "bGlua3MtZm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc4OTA",
    "ENCRYPTION_KEYS": "ZW5jcnlwdC1mb3ItdGVzdHMtb25seS0wMTIzNDU2Nzg",
    "HASH_KEY": "aGFzaGluZy1mb3ItdGVzdHMtb25seS0wMTIzNDU2Nzg",
}


@dataclass(frozen=True)
class TestServers:
    """Addresses for this session; `embedded_*` is False where the environment named a server."""

    slot: int
    database_url: str
    owner_url: str
    redis_url: str
    ingest_url: str
    embedded_database: bool
    embedded_redis: bool
    embedded_ingest: bool

    __test__ = False  # not a test class

    @property
    def database(self) -> str:
        return database_of(self.database_url)

    def start(self) -> None:
        """Start the embedded servers that the environment does not replace."""
        embedded.ensure_running(
            TEST_DIR,
            need_database=self.embedded_database,
            need_redis=self.embedded_redis,
            need_ingest=self.embedded_ingest,
            unit_tests=not DURABLE,
        )


def prepare_environment() -> TestServers:
    """Take a slot and set the environment of this process and of those it starts.

    A program that a test starts with these settings works in the test's slot; an xdist worker takes its own.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    inherited = json.loads(os.environ.get(SESSION, "null"))
    if inherited and inherited["worker"] == worker:
        return _servers(inherited["slot"], inherited["given"])
    given = (
        inherited["given"] if inherited else {name: os.environ[name] for name in URLS if os.environ.get(name)}
    )
    slot = _take_slot()
    servers = _servers(slot, given)
    folder = TEST_DIR / "slots" / str(slot)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "static").mkdir(parents=True)
    os.environ.pop("PUBLIC_URL", None)
    os.environ.update(
        {
            SESSION: json.dumps({"worker": worker, "slot": slot, "given": given}),
            "VAR_DIR": str(folder),
            "DATABASE_URL": servers.database_url,
            "DATABASE_OWNER_URL": servers.owner_url,
            "REDIS_URL": servers.redis_url,
            "INGEST_REDIS_URL": servers.ingest_url,
            **TEST_KEYS,
        }
    )
    return servers


def _servers(slot: int, given: dict[str, str]) -> TestServers:
    own = embedded.urls(TEST_DIR)
    database = given.get("DATABASE_URL") or own.database_url
    owner = given.get("DATABASE_OWNER_URL") or given.get("DATABASE_URL") or own.database_owner_url
    name = f"test_{database_of(database)}_{slot}"
    redis, ingest = given.get("REDIS_URL"), given.get("INGEST_REDIS_URL")
    return TestServers(
        slot=slot,
        database_url=with_options(with_database(database, name), options=AS_SYSTEM),
        owner_url=with_database(owner, name),
        redis_url=_numbered(redis, OTHERS - slot) if redis else _numbered(own.redis_url, slot),
        ingest_url=_numbered(ingest, OTHERS - slot) if ingest else _numbered(own.ingest_redis_url, slot),
        embedded_database="DATABASE_URL" not in given,
        embedded_redis=redis is None,
        embedded_ingest=ingest is None,
    )


_slot_lock: IO[str] | None = None  # kept open: the lock lasts as long as this process


def _take_slot() -> int:
    global _slot_lock
    locks = TEST_DIR / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    for slot in range(1, SLOTS):
        lock = (locks / str(slot)).open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _slot_lock = lock
        return slot
    raise RuntimeError(f"{SLOTS} test sessions run already; see {locks}")


def is_only_session() -> bool:
    """True when no other session holds a slot."""
    for path in (TEST_DIR / "locks").iterdir():
        if _slot_lock is not None and path.name == Path(_slot_lock.name).name:
            continue
        with path.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
    return True


def database_of(url: str) -> str:
    """Database that a PostgreSQL URL names."""
    return unquote(urlsplit(url).path.lstrip("/"))


def with_database(url: str, name: str) -> str:
    """The same PostgreSQL URL for another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(name)}"))


def with_options(url: str, **options: str) -> str:
    """The same PostgreSQL URL with more options."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()} | options
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote, safe="/")))


def _numbered(url: str, number: int) -> str:
    """The same Valkey or Redis URL for another numbered database."""
    if url.startswith("unix://"):
        return f"{url.partition('?')[0]}?db={number}"
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))
