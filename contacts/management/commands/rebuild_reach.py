"""`python manage.py rebuild_reach [--batch N]`: project every person again from what was written down."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from campaign_crm.platform.database import analyze
from contacts.services.projections import PEOPLE_AT_A_TIME, refresh_all


class Command(BaseCommand):
    help = "Recompute who can be reached how, and the text that searches read, for everybody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--batch", type=int, default=PEOPLE_AT_A_TIME, help="people a transaction (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()

        def say(done: int) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(f"{done:,} people…")

        people = refresh_all(batch=options["batch"], on_batch=say)
        analyze("contacts_reach", "contacts_contact")
        self.stdout.write(f"{people:,} people projected in {time.monotonic() - started:.1f} s.")
