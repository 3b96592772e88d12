"""`python manage.py load_territories [--force]`: load the French territories that the product ships."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaign_crm.platform.database import acting_as
from contacts.services.communes import enqueue_fill
from contacts.territories.loading import TerritoriesNotLoaded, load_territories


class Command(BaseCommand):
    help = "Load regions, departments, communes and arrondissements. Does nothing if they are up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="load again even if this edition is loaded")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            result = load_territories(force=options["force"])
        except TerritoriesNotLoaded as error:
            raise CommandError(str(error)) from error
        if not result.loaded:
            self.stdout.write(f"Territories are up to date ({result.version}).")
            return
        with acting_as("crm_system"):
            enqueue_fill()  # addresses that meant no commune of the earlier edition may mean one of this
        self.stdout.write(
            f"Territories loaded ({result.version}): {result.created:,} new, {result.updated:,} changed, "
            f"{result.retired:,} absorbed since the last edition, {result.aliases:,} ways to name them, "
            f"in {time.monotonic() - started:.1f} s."
        )
