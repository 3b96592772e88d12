"""A server that served and cannot start again is tried until it serves; those who hold it are told."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from campaign_crm.platform import embedded
from campaign_crm.platform.embedded.layout import layout_of
from campaign_crm.platform.env import Environment
from campaign_crm.platform.run import __main__ as run
from tests.platform.embedded.conftest import ClientProcess
from tests.platform.processes import processes_of, wait_until

Start = Callable[..., ClientProcess]

LISTENING = """
import sys, time
from pathlib import Path
from campaign_crm.platform import embedded
folder = Path(sys.argv[1])
embedded.ensure_running(folder, need_database=False, need_redis=True, unit_tests=True)
print("ready", flush=True)
while embedded.is_running(folder):
    for message in embedded.news(folder):
        print(message.replace("\\n", " | "), flush=True)
    time.sleep(0.05)
"""


def kill_server(var_dir: Path, name: str) -> None:
    socket = str(layout_of(var_dir).valkey_socket(name))
    (line,) = (line for line in processes_of(layout_of(var_dir)) if socket in line)
    os.kill(int(line.split()[0]), signal.SIGKILL)


def test_it_is_tried_until_the_reason_is_gone(client: Start, var_dir: Path) -> None:
    holder = client(code=LISTENING)
    assert holder.said() == "ready"
    data = layout_of(var_dir).valkey_data("redis")
    data.rename(data.with_name("moved"))
    data.write_text("in the way")  # Valkey cannot enter its folder: it ends by itself, with an error

    kill_server(var_dir, "redis")
    assert "Valkey (redis) ended by itself (killed, perhaps" in holder.said()
    told = holder.said()
    assert "Valkey (redis) cannot start." in told
    assert f"Log: {layout_of(var_dir).log('redis')}" in told
    assert "Trying again in 1 s, until it serves." in told
    assert "Trying again in 2 s" in holder.said()

    data.unlink()
    data.with_name("moved").rename(data)
    assert holder.said() == "Valkey (redis) serves again."
    with redis.Redis.from_url(embedded.urls(var_dir).redis_url) as cache:
        assert cache.ping()


def test_a_run_says_what_happens_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    children = type("Screen", (), {"say": staticmethod(lambda name, line: said.append(line))})()
    monkeypatch.setattr(run.embedded, "news", lambda folder: ["PostgreSQL cannot start.\n  Log: there"])
    monkeypatch.setattr(run.embedded, "is_running", lambda folder: False)

    def refuse(env: Environment) -> None:
        raise embedded.EmbeddedServiceError("The disk is full: free some space.")

    monkeypatch.setattr(run, "ensure_services", refuse)
    keeper = run.LeaseKeeper(Environment({}), children)
    keeper.look()
    assert said == [
        "PostgreSQL cannot start.",
        "  Log: there",
        "the servers' supervisor is gone; starting the servers again",
        "The disk is full: free some space.",
        "  Trying again in 1 s, until they serve.",
    ]
    keeper.look()  # at once: nothing is tried before the pause is over
    assert said[5:] == ["PostgreSQL cannot start.", "  Log: there"]


def test_news_are_not_taken_for_the_end(client: Start, var_dir: Path) -> None:
    """A holder that never listens holds its servers still."""
    holder = client()
    assert holder.said() == "ready"
    kill_server(var_dir, "redis")

    def serves() -> bool:
        try:
            with redis.Redis.from_url(embedded.urls(var_dir).redis_url) as cache:
                return bool(cache.ping())
        except redis.RedisError:
            return False

    wait_until(serves)
    assert holder.process.poll() is None
