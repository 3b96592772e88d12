"""A worker of the dispatch benchmarks and fault tests: a process that does nothing but send.

`python -m tests.support.pump_worker`: prints "ready" when it is connected, then for each line on
its standard input sends until nothing is due, and prints what it did as JSON. With `--forever` it sends
without being asked, as Celery's ticks would have it; with `--tend` it is the scheduler instead, which takes
back what dead workers held and ends mailings. `--clock-jumps`: what it takes for the time of day jumps about,
by up to two hours.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from datetime import datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign_crm.settings")

import django

django.setup()

from django.db import DatabaseError, InterfaceError, connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from messaging import tasks  # noqa: E402
from messaging.dispatch import leases  # noqa: E402
from messaging.dispatch.pump import Pump  # noqa: E402

JUMPS_EVERY = 1.0  # seconds
LONGEST_JUMP = 7200.0


def main(arguments: list[str]) -> None:
    connection.ensure_connection()
    if "--clock-jumps" in arguments:
        _let_clock_jump()
    pump = Pump()
    print("ready", flush=True)
    if "--tend" in arguments:
        _again_and_again(_tend)
    if "--forever" in arguments:
        _again_and_again(lambda: _send(pump))
    for _line in sys.stdin:
        cpu = time.process_time()
        pumped = pump.run(seconds=3600)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        told = {
            "handed": pumped.handed,
            "accepted": pumped.accepted,
            "cpu_seconds": time.process_time() - cpu,
            "memory_mb": usage.ru_maxrss / 1024,
        }
        print(json.dumps(told), flush=True)


def _again_and_again(work) -> None:  # type: ignore[no-untyped-def]
    """As Celery would: what a lost database breaks is tried again."""
    while True:
        try:
            work()
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.2)


def _send(pump: Pump) -> None:
    leases.reap()
    if not pump.run(seconds=5).handed:
        time.sleep(0.05)


def _tend() -> None:
    tasks.tend()
    tasks.watch_mailings()
    time.sleep(0.1)


def _let_clock_jump() -> None:
    """The time of day of this process alone; monotonic time goes on as it does."""
    chance, real_time, real_now = random.Random(os.getpid()), time.time, timezone.now
    jump = [0.0, 0.0]  # how far, and until when

    def shift() -> float:
        if time.monotonic() >= jump[1]:
            jump[:] = [chance.uniform(-LONGEST_JUMP, LONGEST_JUMP), time.monotonic() + JUMPS_EVERY]
        return jump[0]

    def now() -> datetime:
        return real_now() + timedelta(seconds=shift())

    time.time = lambda: real_time() + shift()
    timezone.now = now


if __name__ == "__main__":
    main(sys.argv[1:])
