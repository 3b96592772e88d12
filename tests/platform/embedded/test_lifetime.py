"""The servers live exactly as long as someone needs them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import redis

from campaign_crm.platform import embedded
from campaign_crm.platform.embedded.layout import layout_of
from tests.platform.embedded.conftest import ClientProcess
from tests.platform.processes import processes_of, send_to_all, wait_until

Start = Callable[..., ClientProcess]

FORKING = """
import os, sys, time
from pathlib import Path
from campaign_crm.platform.embedded import ensure_running, is_running
folder = Path(sys.argv[1])
ensure_running(folder, need_database=False, need_redis=True, unit_tests=True)
child = os.fork()
if child == 0:
    print("child holds", is_running(folder), flush=True)
    sys.stdin.read()
    os._exit(0)
os.system("sleep 60 > /dev/null < /dev/null 2>&1 &")
time.sleep(0.5)
print("parent holds", is_running(folder), flush=True)
os._exit(0)
"""


def _supervisor(var_dir: Path) -> int:
    (line,) = (line for line in processes_of(layout_of(var_dir)) if "embedded.supervisor" in line)
    return int(line.split()[0])


def _execute(url: str, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def test_data_is_kept_between_runs(client: Start, var_dir: Path) -> None:
    addresses = embedded.urls(var_dir)
    first = client()
    assert first.said() == "ready"
    _execute(addresses.database_owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(addresses.ingest_redis_url) as ingest:
        ingest.xadd("clicks", {"id": "1"})
    with redis.Redis.from_url(addresses.redis_url) as cache:
        cache.set("kept", "yes")
    assert first.finish() == 0
    wait_until(lambda: not processes_of(layout_of(var_dir)))

    assert client().said() == "ready"
    assert _execute(addresses.database_owner_url, "SELECT answer FROM kept") == [(42,)]
    with redis.Redis.from_url(addresses.ingest_redis_url) as ingest:
        assert ingest.xlen("clicks") == 1
    with redis.Redis.from_url(addresses.redis_url) as cache:
        assert cache.get("kept") == b"yes"


def test_a_killed_client_leaves_no_process(client: Start, var_dir: Path) -> None:
    killed = client()
    assert killed.said() == "ready"
    killed.kill()
    wait_until(lambda: not processes_of(layout_of(var_dir)))


def test_a_killed_supervisor_leaves_no_process_and_loses_nothing(client: Start, var_dir: Path) -> None:
    first = client()
    assert first.said() == "ready"
    addresses = embedded.urls(var_dir)
    _execute(addresses.database_owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(addresses.ingest_redis_url) as ingest:
        ingest.xadd("clicks", {"id": "1"})
    os.kill(_supervisor(var_dir), signal.SIGKILL)
    second = client()  # at once, while the first servers still stop
    assert second.said() == "ready"
    assert _execute(addresses.database_owner_url, "SELECT answer FROM kept") == [(42,)]
    with redis.Redis.from_url(addresses.ingest_redis_url) as ingest:
        assert ingest.xlen("clicks") == 1
    second.kill()
    wait_until(lambda: not processes_of(layout_of(var_dir)))


def test_two_clients_at_once_share_one_supervisor(client: Start, var_dir: Path) -> None:
    clients = [client() for _ in range(3)]
    assert [one.said() for one in clients] == ["ready"] * 3
    _supervisor(var_dir)  # exactly one
    clients[0].kill()
    assert clients[1].finish() == 0
    assert _execute(embedded.urls(var_dir).database_url, "SELECT 1") == [(1,)]
    assert clients[2].finish() == 0
    wait_until(lambda: not processes_of(layout_of(var_dir)))


def test_a_killed_server_comes_back(client: Start, var_dir: Path) -> None:
    assert client().said() == "ready"
    layout = layout_of(var_dir)
    (line,) = (line for line in processes_of(layout) if f"-D {layout.postgres_data}" in line)
    os.kill(int(line.split()[0]), signal.SIGKILL)
    url = embedded.urls(var_dir).database_url

    def serves() -> bool:
        try:
            return _execute(url, "SELECT 1") == [(1,)]
        except psycopg2.OperationalError:
            return False

    wait_until(lambda: not os.path.exists(f"/proc/{line.split()[0]}/exe") and serves())


def test_a_fork_and_a_started_program_hold_nothing(client: Start, var_dir: Path) -> None:
    parent = client(code=FORKING)
    assert sorted((parent.said(), parent.said())) == ["child holds False", "parent holds True"]
    wait_until(lambda: not processes_of(layout_of(var_dir)))  # while the fork and the program still run


def test_only_the_programs_user_enters_and_never_as_superuser_by_default(
    client: Start, var_dir: Path
) -> None:
    assert client().said() == "ready"
    addresses = embedded.urls(var_dir)
    roles = "SELECT session_user, (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)"
    assert _execute(addresses.database_url, roles) == [("crm_app", False)]
    assert _execute(addresses.database_owner_url, roles) == [("crm_owner", False)]
    assert layout_of(var_dir).sockets.stat().st_mode & 0o777 == 0o700
    with pytest.raises(psycopg2.OperationalError, match=r"no pg_hba\.conf entry"):
        _execute(addresses.database_url.replace("crm_app@", "someone@"), "SELECT 1")
    settings = "SELECT current_setting('listen_addresses'), inet_server_addr()"
    assert _execute(addresses.database_url, settings) == [("", None)]


def test_the_application_inherits_nothing_and_may_take_its_three_roles(client: Start, var_dir: Path) -> None:
    assert client().said() == "ready"
    url = embedded.urls(var_dir).database_url
    for role in ("crm_national", "crm_scoped", "crm_system"):
        assert _execute(url, f"SET ROLE {role}; SELECT current_user") == [(role,)]
        held = f"SELECT pg_has_role('crm_app', '{role}', 'USAGE'), pg_has_role('crm_app', '{role}', 'MEMBER')"
        assert _execute(url, held) == [(False, True)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        _execute(url, "SET ROLE crm_owner")


def test_an_unclean_stop_is_recovered_from_and_loses_nothing(client: Start, var_dir: Path) -> None:
    assert client(durable=True).said() == "ready"
    layout, addresses = layout_of(var_dir), embedded.urls(var_dir)
    _execute(addresses.database_owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(addresses.ingest_redis_url) as ingest:
        ingest.xadd("clicks", {"id": "1"})
    # As in a power cut: all are frozen first, so that none hears of the others' end.
    send_to_all(layout, signal.SIGSTOP, signal.SIGKILL)
    assert client(durable=True).said() == "ready"
    assert _execute(addresses.database_owner_url, "SELECT answer FROM kept") == [(42,)]
    with redis.Redis.from_url(addresses.ingest_redis_url) as ingest:
        assert ingest.xlen("clicks") == 1
    assert "was not properly shut down" in layout.log("postgres").read_text()


def test_durability_settings_of_running_servers_cannot_be_mixed(client: Start) -> None:
    assert client(durable=True).said() == "ready"
    assert "other durability settings" in client().said()
