"""`python manage.py find_duplicates`: look for people who may be one among everyone, for the review queue."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand

from contacts.duplicates.finding import find_all_pairs
from contacts.models import DuplicatePair


class Command(BaseCommand):
    help = "Compare everyone with those they may be, and queue the probable pairs; nothing is merged."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()

        def say(done: int) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(f"{done:,} people…")

        found = find_all_pairs(on_people=say)
        waiting = DuplicatePair.objects.filter(state=DuplicatePair.State.PENDING).count()
        self.stdout.write(
            f"{found:,} new pairs, {waiting:,} waiting for a review; {time.monotonic() - started:.1f} s."
        )
