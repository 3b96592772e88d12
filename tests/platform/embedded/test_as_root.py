"""Started by root, the servers run as somebody without rights, and no folder is opened for them."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import redis

from campaign_crm.platform import embedded
from campaign_crm.platform.embedded import binaries, layout
from campaign_crm.platform.embedded.layout import SYSTEM_FOLDER, Account, account_of, can_reach, layout_of
from tests.environment import PROJECT
from tests.platform.embedded.conftest import CLIENT, ClientProcess
from tests.platform.processes import processes_of, wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="about running as root")
Start = Callable[..., ClientProcess]
NOBODY = account_of(pwd.getpwnam("nobody").pw_uid)


@pytest.fixture
def private_dir(var_dir: Path) -> Iterator[Path]:
    """A VAR_DIR that only root can enter; what stands in for it is removed."""
    parent = var_dir.parent / "private"
    parent.mkdir(mode=0o700)
    yield parent / "var"
    found = layout_of(parent / "var")
    wait_until(lambda: not processes_of(found))
    assert found.home.parent == SYSTEM_FOLDER
    shutil.rmtree(found.home, ignore_errors=True)
    with contextlib.suppress(OSError):
        SYSTEM_FOLDER.rmdir()  # unless an installation uses it


def _execute(var_dir: Path, statement: str) -> None:
    url = embedded.urls(var_dir).database_owner_url
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


def test_servers_run_as_an_unprivileged_user_who_owns_their_data(client: Start, var_dir: Path) -> None:
    assert client().said() == "ready"
    found = layout_of(var_dir)
    servers = (Path(f"/proc/{line.split()[0]}") for line in processes_of(found) if "supervisor" not in line)
    # PostgreSQL's short-lived children may end between the listing and the look.
    owners = {pwd.getpwuid(server.stat().st_uid).pw_name for server in servers if server.exists()}
    assert owners == {"nobody"}
    for folder in (found.postgres_data, found.valkey_data("ingest"), found.sockets):
        assert (folder.owner(), stat.S_IMODE(folder.stat().st_mode)) == ("nobody", 0o700)
    assert (found.control.owner(), stat.S_IMODE(found.control.stat().st_mode)) == ("root", 0o700)


def test_an_unreachable_folder_is_replaced_by_a_system_one_which_is_said_once(
    private_dir: Path, client: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    first = client(private_dir)
    assert first.said() == "ready"
    found = layout_of(private_dir)
    assert f"who cannot enter {private_dir}: their data is kept in {found.home}" in capfd.readouterr().err
    _execute(private_dir, "CREATE TABLE kept ()")
    assert stat.S_IMODE(private_dir.parent.stat().st_mode) == 0o700
    assert first.finish() == 0
    wait_until(lambda: not processes_of(found))

    private_dir.parent.chmod(0o755)  # reachable now; the data that exists decides
    assert layout_of(private_dir) == found
    assert client(private_dir).said() == "ready"
    _execute(private_dir, "DROP TABLE kept")
    assert "who cannot enter" not in capfd.readouterr().err


def test_unreachable_programs_are_copied_once_and_run(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = var_dir.parent / "system"
    monkeypatch.setattr(binaries, "SYSTEM_FOLDER", system)
    monkeypatch.setattr(binaries, "can_reach", lambda path, account: False)
    for _turn in range(2):
        programs = [binaries.postgres_programs(NOBODY).program("initdb"), binaries.valkey_server(NOBODY)]
        for program in programs:
            assert program.is_relative_to(system)
            done = subprocess.run(
                [program, "--version"], user=NOBODY.uid, group=NOBODY.gid, extra_groups=[], check=False
            )
            assert done.returncode == 0
    assert not list(system.rglob("*.unfinished"))


@pytest.mark.parametrize(("mode", "expected"), [(0o700, False), (0o711, True), (0o750, False), (0o755, True)])
def test_a_folder_is_reachable_when_all_above_it_may_be_entered(
    var_dir: Path, mode: int, expected: bool
) -> None:
    folder = var_dir.parent / "some"
    folder.mkdir()
    folder.chmod(mode)
    assert can_reach(folder / "not" / "made" / "yet", NOBODY) is expected
    assert can_reach(folder, Account("owner", 0, 0)) is True


def test_data_of_another_user_is_served_by_that_user(var_dir: Path) -> None:
    (var_dir / "postgres").mkdir(parents=True)
    os.chown(var_dir / "postgres", 1, 1)
    assert layout_of(var_dir).server == account_of(1)


def test_a_machine_without_the_unprivileged_user_is_told_so(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "UNPRIVILEGED_USER", "no-such-user")
    assert embedded.urls(var_dir).redis_url  # settings can be read all the same
    with pytest.raises(embedded.EmbeddedServiceError, match="has no name on this machine"):
        embedded.ensure_running(var_dir, need_database=True, need_redis=False)


@pytest.fixture
def as_nobody(var_dir: Path) -> Callable[[], subprocess.CompletedProcess[str]]:
    """Run a client as the user nobody, with a Python that nobody may run."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [sys.executable, *(f"{folder}/{version}" for folder in ("/usr/bin", "/usr/local/bin"))]
    packages = Path(redis.__file__).parents[1]
    program = next((one for one in candidates if can_reach(Path(os.path.realpath(one)), NOBODY)), None)
    if program is None or not os.path.exists(program) or not can_reach(packages, NOBODY):
        pytest.skip("no Python here that an ordinary user may run")

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, "-c", CLIENT, str(var_dir)],
            cwd=PROJECT,
            env={"PYTHONPATH": f"{PROJECT}:{packages}", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=NOBODY.uid,
            group=NOBODY.gid,
            extra_groups=[],
        )

    return run


def test_an_ordinary_user_runs_servers_of_their_own(
    var_dir: Path, as_nobody: Callable[[], subprocess.CompletedProcess[str]]
) -> None:
    os.chown(var_dir.parent, NOBODY.uid, NOBODY.gid)
    assert as_nobody().stdout == "ready\n"
    assert (var_dir.owner(), (var_dir / "postgres").owner()) == ("nobody", "nobody")
    assert (var_dir / "supervisor").owner() == "nobody"


def test_servers_made_by_root_are_refused_to_another_user_who_is_told_why(
    var_dir: Path, client: Start, as_nobody: Callable[[], subprocess.CompletedProcess[str]]
) -> None:
    assert client().said() == "ready"
    said = as_nobody().stdout
    assert "not accessible to this user" in said
    assert "choose another folder with VAR_DIR" in said
