"""`make run` on a machine where nothing was set up: it comes up, and nothing outlives it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from campaign_crm.platform.embedded.layout import layout_of
from tests.environment import PROJECT, SESSION, TEST_KEYS, URLS
from tests.platform.processes import processes_of, wait_until

FIRST_START = 120.0  # seconds, on a busy machine; the aim for people is in the benchmarks
ENDS_WITHIN = 10.0  # seconds after Ctrl-C
PROGRAMS = ("granian", "celery", "mail_catcher", "embedded.supervisor", "bin/postgres", "valkey-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Run:
    """A running `python -m campaign_crm.platform.run`, and what it printed."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.output = folder.parent / f"run-{self.port}.log"
        ours = {"VAR_DIR", "DJANGO_SETTINGS_MODULE", SESSION, *URLS, *TEST_KEYS}
        environment = {name: value for name, value in os.environ.items() if name not in ours}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "campaign_crm.platform.run"],
                cwd=PROJECT,
                env={
                    **environment,
                    "VAR_DIR": str(folder),
                    "PORT": str(self.port),
                    "MAIL_CATCHER_PORT": str(free_port()),
                    **variables,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def printed(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_until_ready(self) -> None:
        wait_until(
            lambda: "is ready" in self.printed() or self.process.poll() is not None, seconds=FIRST_START
        )
        assert self.process.poll() is None, self.printed()

    def left(self) -> list[str]:
        """Processes of this run: those that name its folder, and those it started."""
        found = set(processes_of(layout_of(self.folder)))
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if f"VAR_DIR={self.folder}".encode() in environment:
                found.add(f"{entry.name} {line}")
        return sorted(found)


@pytest.fixture
def start(var_dir: Path) -> Iterator[Callable[..., Run]]:
    """Start runs; one that a failed test left is killed."""
    started: list[Run] = []

    def one(**variables: str) -> Run:
        started.append(Run(var_dir, **variables))
        return started[-1]

    yield one
    for run in started:
        run.process.kill()
        run.process.wait()


def test_it_comes_up_offers_the_first_account_and_leaves_nothing(
    start: Callable[..., Run], var_dir: Path
) -> None:
    first = start()
    first.wait_until_ready()
    lines = "\n".join(first.left())
    for program in PROGRAMS:
        assert program in lines, lines
    with urllib.request.urlopen(f"http://127.0.0.1:{first.port}/live", timeout=5) as answer:
        assert answer.status == 200
    link = re.search(r"http://127\.0\.0\.1:\d+/start/\S+", first.printed())
    assert link is not None, first.printed()
    with urllib.request.urlopen(link[0], timeout=10) as page:  # noqa: S310 - our own address
        assert page.status == 200

    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(ENDS_WITHIN) == 0
    wait_until(lambda: first.left() == [])  # the supervisor ends its servers just after

    second = start()  # keeps its data and keys; then the worst end of all
    second.wait_until_ready()
    second.process.kill()
    second.process.wait()
    wait_until(lambda: not second.left())
    assert (var_dir / "keys.env").stat().st_mode & 0o777 == 0o600


def test_it_serves_an_address_of_the_world_behind_a_proxy(start: Callable[..., Run]) -> None:
    """Gathered files, health checks on loopback: what an installation for others needs, as this one does."""
    public = {"PUBLIC_URL": "https://crm.example.org", "TRUSTED_PROXIES": "1"}
    run = start(**public, **TEST_KEYS)
    run.wait_until_ready()
    as_seen_by_the_proxy = {
        "Host": "crm.example.org",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "192.0.2.1",
    }
    page = urllib.request.Request(
        f"http://127.0.0.1:{run.port}/accounts/login/", headers=as_seen_by_the_proxy
    )
    with urllib.request.urlopen(page, timeout=10) as answer:  # noqa: S310 - our own address
        assert answer.status == 200
        style = re.search(r'href="(/static/crm/[^"]+\.css)"', answer.read().decode())
    assert style is not None
    sheet = urllib.request.Request(f"http://127.0.0.1:{run.port}{style[1]}", headers=as_seen_by_the_proxy)
    with urllib.request.urlopen(sheet, timeout=10) as answer:  # noqa: S310 - our own address
        assert "immutable" in answer.headers["Cache-Control"]
    with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/live", timeout=5) as answer:
        assert answer.status == 200
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(ENDS_WITHIN) == 0
    wait_until(lambda: run.left() == [])


def test_a_port_in_use_is_said_before_anything_starts(var_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "campaign_crm.platform.run"],
            cwd=PROJECT,
            env={**os.environ, "VAR_DIR": str(var_dir), "PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} cannot be used" in done.stderr
    assert f"PORT={port + 1} make run" in done.stderr
    assert not var_dir.exists()
