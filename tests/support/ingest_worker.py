"""A process that stores opens and clicks until it is ended: `python -m tests.support.ingest_worker`.

Prints "ready", then after each turn that stored something its number of hits and the seconds it took.
"""

from __future__ import annotations

import os
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign_crm.settings")

import django

django.setup()

import redis  # noqa: E402 - once Django is set up

from tracking.ingest import consumer, stream  # noqa: E402

REST = 0.2  # seconds


def main() -> None:
    stream.RECLAIM_AFTER_MS = 1_000  # what a killed one had taken is taken over soon
    print("ready", flush=True)
    while True:
        began = time.perf_counter()
        try:
            stored = consumer.drain()
        except redis.RedisError:
            stored = 0
        if stored:
            print(stored, round(time.perf_counter() - began, 4), flush=True)
        else:
            time.sleep(REST)


if __name__ == "__main__":
    main()
