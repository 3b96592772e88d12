"""A worker of the dispatch benchmarks and fault tests: a process that does nothing but send.

`python -m tests.support.pump_worker`: prints "ready" when it is connected, then for each line on
its standard input sends until nothing is due, and prints what it did as JSON. With `--forever` it sends
without being asked, as Celery's ticks would have it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign_crm.settings")

import django

django.setup()

from django.db import connection  # noqa: E402

from messaging.dispatch import leases  # noqa: E402
from messaging.dispatch.pump import Pump  # noqa: E402


def main(*, forever: bool) -> None:
    connection.ensure_connection()
    pump = Pump()
    print("ready", flush=True)
    if forever:
        while True:
            leases.reap()
            if not pump.run(seconds=5).handed:
                time.sleep(0.05)
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


if __name__ == "__main__":
    main(forever="--forever" in sys.argv)
