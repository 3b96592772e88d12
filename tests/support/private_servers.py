"""PostgreSQL and Valkey of a test's own, durable as in production, that it may kill; Django works on them."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import redis
from celery import current_app
from django.db import connections

from campaign_crm.platform import embedded
from campaign_crm.platform.embedded.layout import layout_of
from campaign_crm.platform.embedded.processes import servers_in
from campaign_crm.platform.env import database_settings
from tests.environment import AS_SYSTEM, PROJECT, with_database, with_options

BASE = "base"
SERVES_WITHIN = 120.0  # seconds: recovery, and the pauses that the supervisor makes when one ends often


class PrivateServers:
    """Servers in a folder of their own, with a migrated database that is copied for each course."""

    def __init__(self, folder: Path) -> None:
        self.layout = layout_of(folder)
        self._urls = embedded.urls(folder)
        embedded.ensure_running(folder, need_database=True, need_redis=True)
        self._sql(f"CREATE DATABASE {BASE} OWNER crm_owner")
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
        subprocess.run(command, cwd=PROJECT, env=self.environment(BASE), check=True)

    def environment(self, database: str) -> dict[str, str]:
        """Environment of a program that works on these servers."""
        urls = self._urls
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "campaign_crm.settings",
            "DATABASE_URL": with_database(urls.database_url, database),
            "DATABASE_OWNER_URL": with_database(urls.database_owner_url, database),
            "REDIS_URL": urls.redis_url,
            "INGEST_REDIS_URL": urls.ingest_redis_url,
            "PYTHONWARNINGS": "ignore",
        }

    def copy(self, template: str, name: str) -> None:
        """Make a database as another one is now; nobody may be connected to that one."""
        self._sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY OWNER crm_owner")

    def drop(self, name: str) -> None:
        """Remove a database; what was connected to it is gone."""
        self._sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @contextmanager
    def django_on(self, database: str) -> Iterator[None]:
        """Have this process work on a database of these servers."""
        url = with_options(with_database(self._urls.database_url, database), options=AS_SYSTEM)
        mine = connections.settings["default"]
        before = dict(mine)
        connections.close_all()
        mine.update(database_settings(url, name_of_variable="DATABASE_URL"))
        try:
            yield
        finally:
            connections.close_all()
            mine.update(before)

    def tick(self) -> None:
        """Wake the workers, as the commit of a job does; lost when Valkey is away."""
        url = self._urls.redis_url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
        with contextlib.suppress(Exception), current_app.connection_for_write(url) as broker:
            current_app.send_task(
                "platform.run_due_jobs", connection=broker, retry=False, ignore_result=True, expires=30
            )

    def kill_postgres(self) -> None:
        """Kill the server and all of its processes at once."""
        for process in servers_in(self.layout.postgres_data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.wait_for_postgres()

    def kill_valkey(self) -> None:
        for name in ("redis", "ingest"):
            for process in servers_in(self.layout.valkey_data(name)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        wait_until(self._valkey_answers)

    def kill_backend(self, database: str, chance: random.Random) -> None:
        """Kill one process that works for somebody: PostgreSQL ends all of them and recovers."""
        with closing(psycopg2.connect(self._urls.database_url)) as link, link.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()", [database]
            )
            found = [pid for (pid,) in cursor.fetchall()]
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(chance.choice(found), signal.SIGKILL)
        self.wait_for_postgres()

    def wait_for_postgres(self) -> None:
        wait_until(self._postgres_answers)

    def close(self) -> None:
        embedded.let_go(self.layout.var_dir)

    def _sql(self, statement: str) -> None:
        with closing(psycopg2.connect(with_database(self._urls.database_owner_url, "postgres"))) as link:
            link.autocommit = True
            with link.cursor() as cursor:
                cursor.execute(statement)

    def _postgres_answers(self) -> bool:
        try:
            psycopg2.connect(self._urls.database_url).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _valkey_answers(self) -> bool:
        try:
            with redis.Redis.from_url(self._urls.redis_url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def wait_until(condition: Callable[[], bool], *, seconds: float = SERVES_WITHIN) -> None:
    """Wait for what other processes make true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
