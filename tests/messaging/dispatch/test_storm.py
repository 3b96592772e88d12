"""Everything at once: workers, PostgreSQL and Valkey killed, a server that refuses, hangs and breaks off, a
clock that jumps, pauses, an audience that is edited, two schedulers. Nobody twice, nobody lost.

Real processes on durable servers of the test's own. The short version runs with the tests, the long one with
`make faults`. Each prints its count.
"""

from __future__ import annotations

import contextlib
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import redis
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from campaign_crm.platform.embedded.processes import die_with_parent
from contacts.models import Segment
from messaging.dispatch import lifecycle
from messaging.dispatch.leases import reap
from messaging.dispatch.pump import Pump
from messaging.dispatch.reported import find_rows, move_rows
from messaging.enums import CampaignState, DeliveryState
from messaging.errors import MessagingError
from messaging.models import Campaign, Delivery, ProviderAccount
from messaging.providers.base import IN_FLIGHT_PER_CONNECTION, Event, EventKind
from messaging.services.campaigns import pause, resume
from messaging.services.uncertain import settle_uncertain
from tests.environment import AS_SYSTEM, PROJECT, with_options
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender
from tests.platform.processes import processes_of, send_to_all
from tests.support.private_servers import BASE, PrivateServers, wait_until
from tests.support.smtp_sink import Fault, SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)

SEED = 5
WORKERS = 3
SCHEDULERS = 2
CONNECTIONS = 1
ENDS_WITHIN = 1200.0  # seconds
REFUSED = "^person[0-9]*77@"


class Storm(NamedTuple):
    """Messages, how long the server takes for each (seconds: workers are in the middle of a call most of the
    time), and what happens while they leave. `ambiguous`: answers that it never gives, of each kind."""

    messages: int
    round_trip: float
    rate: int  # messages a second of all workers, in Valkey, until everything has happened
    kills: int
    valkey: int
    postgres: int
    pauses: int
    ambiguous: int


SHORT = Storm(messages=2_500, round_trip=0.03, rate=30, kills=5, valkey=1, postgres=1, pauses=3, ambiguous=1)
LONG = Storm(
    messages=100_000, round_trip=0.006, rate=250, kills=50, valkey=3, postgres=5, pauses=20, ambiguous=10
)


@pytest.fixture(scope="module")
def private() -> Iterator[PrivateServers]:
    folder = Path(tempfile.mkdtemp(prefix="crm-storm-", dir="/tmp"))
    folder.chmod(0o755)  # pytest's own are private, and the servers may run as another user
    made = PrivateServers(folder / "var")
    yield made
    made.close()
    try:
        wait_until(lambda: not processes_of(made.layout))
    finally:
        send_to_all(made.layout, signal.SIGKILL)
    shutil.rmtree(made.layout.home, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stormy(private: PrivateServers, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of its own, on which this process works too."""
    name = f"storm_{abs(hash(request.node.name)) % 10_000}"
    private.copy(BASE, name)
    with private.django_on(name):
        yield name


class Crew:
    """Workers, one of them with a clock that jumps, and two schedulers."""

    def __init__(self, servers: PrivateServers, database: str) -> None:
        environment = servers.environment(database)
        self._environment = environment | {
            "DATABASE_URL": with_options(environment["DATABASE_URL"], options=AS_SYSTEM)
        }
        self.chance = random.Random(SEED)
        self.workers = [self._start_worker(number) for number in range(WORKERS)]
        self.schedulers = [self._start("--tend") for _number in range(SCHEDULERS)]

    def kill_one(self) -> None:
        """Kill a worker that sends: one that is still starting would be no loss."""
        said = [process.stdout for process in self.workers]
        readable, _, _ = select.select(said, [], [], 60)  # those that said "ready", or ended by themselves
        number = said.index(self.chance.choice(readable))
        time.sleep(self.chance.uniform(0.0, 0.5))
        self._end(self.workers[number])
        self.workers[number] = self._start_worker(number)

    def keep_running(self) -> None:
        """A worker that ended by itself, because PostgreSQL was away when it started, begins again."""
        for number, process in enumerate(self.workers):
            if process.poll() is not None:
                self._end(process)
                self.workers[number] = self._start_worker(number)
        for number, process in enumerate(self.schedulers):
            if process.poll() is not None:
                self._end(process)
                self.schedulers[number] = self._start("--tend")

    def close(self) -> None:
        for process in (*self.workers, *self.schedulers):
            self._end(process)

    def _start_worker(self, number: int) -> subprocess.Popen[bytes]:
        return self._start("--forever", *(["--clock-jumps"] if number else []))

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.pump_worker", *arguments],
            cwd=PROJECT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        with process:
            process.kill()


class Course:
    """One send through one storm, and what happened in it."""

    def __init__(self, storm: Storm, servers: PrivateServers, crew: Crew, campaign: Campaign) -> None:
        self.storm, self.servers, self.crew, self.campaign = storm, servers, crew, campaign
        self.done: Counter[str] = Counter()
        self.resumed = 0
        self.left = 0  # messages that had still to leave when the last of it had happened
        self.next_person = storm.messages + 1

    def run(self) -> None:
        """Let everything happen, in an order of chance, then let the send end."""
        storm = self.storm
        acts: dict[str, tuple[int, Callable[[], None]]] = {
            "kill": (storm.kills, self.crew.kill_one),
            "valkey": (storm.valkey, self._lose_valkey),
            "postgres": (storm.postgres, self.servers.kill_postgres),
            "pause": (storm.pauses, self._pause),
        }
        order = [name for name, (times, _act) in acts.items() for _time in range(times)]
        self.crew.chance.shuffle(order)
        for name in order:
            time.sleep(self.crew.chance.uniform(0.2, 1.2))
            acts[name][1]()
            self.done[name] += 1
            self._go_on()
        self.left = Delivery.objects.filter(state__in=["queued", "claimed", "retry_wait"]).count()
        ProviderAccount.objects.update(messages_per_second=2_000)
        deadline = time.monotonic() + ENDS_WITHIN
        while not self._is_idle():
            assert time.monotonic() < deadline, f"the workers stand still: {books(self.campaign)}"
            self._go_on()
            time.sleep(0.5)
        time.sleep(1.0)  # the last batches of live workers

    def _pause(self) -> None:
        """Pause, edit the segment that the mailing goes to, let somebody come in, resume."""
        officer = make_officer()
        with contextlib.suppress(MessagingError):  # it had paused by itself
            pause(campaign=self.campaign, by=officer)
        Segment.objects.update(tree={"all": [{"condition": "has_email", "operator": "has_not"}]})
        make_people(1, start=self.next_person)
        self.next_person += 1
        resume(campaign=self.campaign, by=officer)

    def _lose_valkey(self) -> None:
        self.servers.kill_valkey()
        url = self.servers.environment(BASE)["REDIS_URL"]
        with redis.Redis.from_url(url) as client:
            client.flushall()

    def _go_on(self) -> None:
        """Waiting times pass at once, and a mailing that paused by itself is resumed by a person."""
        self.crew.keep_running()
        try:
            # Work given up with the last answers of a killed server is not waited for.
            Delivery.objects.filter(state="retry_wait").update(due_at=timezone.now() - timedelta(hours=1))
            if Campaign.objects.get(pk=self.campaign.pk).state == CampaignState.PAUSED:
                resume(campaign=self.campaign, by=make_officer())
                self.resumed += 1
        except (DatabaseError, InterfaceError):
            connection.close()

    def _is_idle(self) -> bool:
        try:
            return not Delivery.objects.filter(state__in=["queued", "retry_wait"]).exists()
        except (DatabaseError, InterfaceError):
            connection.close()
            return False


def faults(storm: Storm) -> list[Fault]:
    """A server in a bad way: refusals for good, refusals for now, and answers that never come."""
    times = storm.ambiguous
    return [
        Fault("rcpt", code=550, text="5.1.1 no such user", pattern=REFUSED),
        Fault("mail", code=421, text="4.3.2 shutting down", probability=0.001),
        Fault("rcpt", code=451, text="4.2.1 greylisted, try again", probability=0.01),
        Fault("dot", code=451, text="4.3.0 no space", probability=0.002),
        Fault("dot", "hang", probability=0.002, times=times, keeps=True),  # time-out after the payload
        Fault("dot", "close", probability=0.002, times=times, keeps=True),
        Fault("dot", "reset", probability=0.002, times=times, keeps=False),
        Fault("body", "reset", probability=0.002, times=times, after_bytes=100),  # inside DATA
    ]


@pytest.mark.parametrize(
    "storm",
    [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long", marks=pytest.mark.slow)],
)
def test_a_storm_loses_and_repeats_nobody(storm: Storm, private: PrivateServers, stormy: str) -> None:
    began = time.monotonic()
    make_people(storm.messages)
    segment = Segment.objects.create(
        name="Everybody", tree={"all": [{"condition": "has_email", "operator": "has"}]}
    )
    with SmtpSink(faults=faults(storm), round_trip=storm.round_trip) as sink:
        account = make_account(sink.port, connections=CONNECTIONS, timeout=3, final_timeout=3)
        ProviderAccount.objects.filter(pk=account.pk).update(messages_per_second=storm.rate)
        audience = {"type": "segment", "id": segment.pk}
        campaign = start(make_campaign(sender=make_sender(account), audience=audience))
        sending = time.monotonic()
        crew = Crew(private, stormy)
        course = Course(storm, private, crew, campaign)
        try:
            course.run()
        finally:
            crew.close()
        _let_leases_end()
        sent = time.monotonic()
        before = books(campaign)
        _tell(sink)
        told = books(campaign)
        _send_what_never_arrived(sink, campaign)
        _check(storm, course, sink, campaign, before, told)
    print(f"prepared in {sending - began:.0f} s, sent in {sent - sending:.0f} s")


def _let_leases_end() -> None:
    """As if the time of every lease had passed."""
    Delivery.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now())
    reap()
    with contextlib.closing(Pump()) as pump:
        Delivery.objects.filter(state__in=["queued", "retry_wait"]).update(due_at=timezone.now())
        pump.run(seconds=60)


def _tell(sink: SmtpSink) -> None:
    """Replay the server's log as events, in any order and some of it twice."""
    rows = sink.received()
    events = [
        Event(
            kind=EventKind.DELIVERED,
            event_id=f"{row.message_id}-{row.at}",
            at=timezone.now(),
            key=row.message_id.partition("@")[0],
        )
        for row in rows
    ]
    events += events[: len(events) // 10]
    random.Random(SEED).shuffle(events)
    for start_at in range(0, len(events), 1_000):
        with transaction.atomic():
            move_rows(find_rows([(0, event) for event in events[start_at : start_at + 1_000]]))


def _send_what_never_arrived(sink: SmtpSink, campaign: Campaign) -> None:
    """The log is whole: what is still uncertain did not arrive, and a person has it sent."""
    sink.change(faults=[Fault("rcpt", code=550, text="5.1.1 no such user", pattern=REFUSED)])
    settle_uncertain(
        campaign=campaign, decision=DeliveryState.QUEUED, by=make_officer(), reason="not in the server's log"
    )
    Delivery.objects.filter(state="retry_wait").update(due_at=timezone.now())  # of the last answers
    with contextlib.closing(Pump()) as pump:
        pump.run(seconds=120)
    lifecycle.finish()


def _check(
    storm: Storm,
    course: Course,
    sink: SmtpSink,
    campaign: Campaign,
    before: dict[str, int],
    told: dict[str, int],
) -> None:
    received = Counter(row.recipient for row in sink.received())
    after = books(campaign)
    reached = set(
        Delivery.objects.filter(state__in=["accepted", "delivered"]).values_list("address", flat=True)
    )
    refused = set(Delivery.objects.filter(state="failed").values_list("address", flat=True))
    twice = [address for address, times in received.items() if times > 1]
    lost = reached - set(received)
    uncertain, unresolved = before.get("unknown", 0), told.get("unknown", 0)
    stops = storm.kills + WORKERS * storm.postgres
    ambiguous = 4 * storm.ambiguous
    print(
        f"\n{storm.messages} messages; {dict(course.done)}, {course.left} left then; resumed"
        f" {course.resumed} times after a pause of its own: twice {len(twice)}, lost {len(lost)},"
        f" uncertain {uncertain}, of which"
        f" {uncertain - unresolved} had arrived by the server's log and {unresolved} had not;"
        f" refused {len(refused)}; before {before}, after {after}"
    )
    campaign.refresh_from_db()
    assert course.done == {
        "kill": storm.kills,
        "valkey": storm.valkey,
        "postgres": storm.postgres,
        "pause": storm.pauses,
    }
    assert course.left > 0, "the send ended before the storm did"
    assert twice == []
    assert lost == set()
    assert campaign.audience_count == storm.messages == sum(after.values()) == sum(before.values())
    assert set(after) <= {"accepted", "delivered", "failed"}
    assert len(reached) + len(refused) == storm.messages
    assert set(received) == reached
    assert uncertain <= (stops + ambiguous) * IN_FLIGHT_PER_CONNECTION * CONNECTIONS
    assert campaign.state == CampaignState.SENT
