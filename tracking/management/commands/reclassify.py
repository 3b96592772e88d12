"""`python manage.py reclassify [--days N] [--mailing ID]`: judge stored opens and clicks again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from tracking.ingest.classify import RULES
from tracking.ingest.reclassify import reclassify

DAYS = 90


class Command(BaseCommand):
    help = (
        "Judge stored opens and clicks by the rules of today: people, proxies, robots. Twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, help=f"how far back ({DAYS})")
        parser.add_argument("--mailing", type=int, help="of this mailing alone")

    def handle(self, *args: Any, **options: Any) -> None:
        until = timezone.now()
        looked_at = changed = 0
        for done in reclassify(
            since=until - timedelta(days=options["days"]), until=until, campaign=options["mailing"]
        ):
            looked_at, changed = looked_at + done.looked_at, changed + done.changed
            self.stdout.write(
                f"Up to {done.at:%Y-%m-%d %H:%M:%S} UTC: {looked_at:,} hits, {changed:,} changed."
            )
        self.stdout.write(f"Rules {RULES}: {looked_at:,} hits judged again, {changed:,} changed class.")
