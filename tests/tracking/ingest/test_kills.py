"""Whoever is killed under load, what was answered is stored: each answer is one row, and no row is invented.

The short version kills web and consumer, the long one (`make faults`) the ingest server too, five times each.
Each prints its count.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from messaging.content.tokens import AnonymousMark, sign_message
from messaging.models import Campaign, Link
from tests.environment import AS_SYSTEM, with_options
from tests.platform.processes import processes_of, send_to_all
from tests.support.private_servers import BASE, PrivateServers, wait_until
from tests.support.web_server import PROJECT, WebServer
from tests.tracking.ingest.conftest import FIREFOX, MONTH, READ_LATER, click_of
from tracking.models import Interaction

CLIENTS = 6
PAUSE = 0.004  # seconds between two requests of a client: loads the servers, not this machine
DATABASE = "killed"
SETTINGS = {"DJANGO_SETTINGS_MODULE": "campaign_crm.settings"}


class Readers:
    """Open and click without end, each message once; remember what was answered."""

    def __init__(self, port: int, campaign: int) -> None:
        self._port, self._campaign = port, campaign
        self._going = True
        self._numbers = iter(range(1, 10**9))
        self._turn = threading.Lock()
        self.answered: Counter[int] = Counter()
        self.statuses: Counter[int] = Counter()
        self.asked = 0
        self._threads = [threading.Thread(target=self._read) for _client in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._going = False
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        link = self._connected()
        while self._going:
            with self._turn:
                self.asked = number = next(self._numbers)
            try:
                link.request("GET", self._path(number), headers={"User-Agent": FIREFOX})
                answer = link.getresponse()
                answer.read()
            except (OSError, HTTPException):  # asked and not answered: stored or not
                link.close()
                link = self._connected()
                time.sleep(0.05)
                continue
            with self._turn:
                self.statuses[answer.status] += 1
                if answer.status in (200, 302):
                    self.answered[number] += 1
            time.sleep(PAUSE)
        link.close()

    def _connected(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self._port, timeout=10)

    def _path(self, number: int) -> str:
        """An open of an even number, a click of an odd one: one hit of one message."""
        mark = AnonymousMark(MONTH, self._campaign, "60", datetime.now(UTC) - READ_LATER, number=number)
        return f"/c/{click_of(mark, link=1)}" if number % 2 else f"/o/{sign_message(mark)}.gif"


class Consumer:
    """The process that stores, killed and begun again."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.support.ingest_worker"]
        self._process = subprocess.Popen(
            command, cwd=PROJECT, env=self._environment | SETTINGS, stdout=subprocess.DEVNULL
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running(environment: dict[str, str]) -> Iterator[tuple[WebServer, Consumer]]:
    consumer = Consumer(environment)
    with WebServer(environment=environment) as web:
        consumer.start()
        try:
            yield web, consumer
        finally:
            consumer.kill()


def check_under_load(environment: dict[str, str], kills: int, more: Callable[[], None] | None = None) -> None:
    """Kill in turn while people read; then everything answered is there, once."""
    campaign = Campaign.objects.create(name="Letter", ledger_month=MONTH)
    Link.objects.create(campaign=campaign, number=1, url="https://example.org/")
    chance = random.Random(7)
    with running(environment) as (web, consumer):
        readers = Readers(web.port, campaign.pk)
        try:
            for _kill in range(kills):
                for kill, start in ((consumer.kill, consumer.start), (web.kill, web.start), (more, None)):
                    time.sleep(chance.uniform(0.3, 0.9))
                    if kill is not None:
                        kill()
                    if start is not None:
                        start()
            time.sleep(1)
        finally:
            readers.end()
        stored = Interaction.objects.filter(campaign_id=campaign.pk)
        wait_until(lambda: stored.count() >= len(readers.answered), seconds=90)
        time.sleep(1.5)  # what was asked and not answered may come still
    rows = Counter(stored.values_list("visitor", flat=True))
    lost = set(readers.answered) - set(rows)
    twice = {number for number, times in rows.items() if times > 1}
    unanswered = set(rows) - set(readers.answered)
    print(
        f"\n{len(readers.answered)} answered of {readers.asked} asked ({dict(readers.statuses)}),"
        f" {kills} kills of each: lost {len(lost)}, twice {len(twice)},"
        f" stored without an answer {len(unanswered)}"
    )
    assert len(readers.answered) > kills * 50, "there was load"
    assert (lost, twice) == (set(), set())
    # Cut off between the append and the answer: at most what was in flight when something was killed.
    assert len(unanswered) <= kills * 2 * CLIENTS
    assert set(rows) <= set(range(1, readers.asked + 1))


@pytest.mark.django_db(transaction=True)
def test_killed_web_and_consumer_lose_and_repeat_nothing_that_was_answered(tmp_path: Path) -> None:
    check_under_load(os.environ | {"VAR_DIR": str(tmp_path)}, kills=1)


@pytest.fixture
def private() -> Iterator[PrivateServers]:
    folder = Path(tempfile.mkdtemp(prefix="crm-ingest-", dir="/tmp"))
    folder.chmod(0o755)  # pytest's own are private, and the servers may run as another user
    made = PrivateServers(folder / "var")
    made.copy(BASE, DATABASE)
    yield made
    made.close()
    try:
        wait_until(lambda: not processes_of(made.layout))
    finally:
        send_to_all(made.layout, signal.SIGKILL)
    shutil.rmtree(made.layout.home, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_web_consumer_and_ingest_server_lose_and_repeat_nothing(
    private: PrivateServers, tmp_path: Path
) -> None:
    environment = private.environment(DATABASE) | {"VAR_DIR": str(tmp_path)}
    environment["DATABASE_URL"] = with_options(environment["DATABASE_URL"], options=AS_SYSTEM)
    with private.django_on(DATABASE):
        check_under_load(environment, 5, private.kill_valkey)
