"""`python manage.py after_restore`: what `restore` runs once the database is back; again changes nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from campaign_crm.platform.backup import around


class Command(BaseCommand):
    help = "Make good again what a restored backup undid, such as erasures."

    def handle(self, *args: Any, **options: Any) -> None:
        for act in around.after.values():
            if said := act():
                self.stdout.write(said)
