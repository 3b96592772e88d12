"""`python manage.py reseal`: after a new key was put first in ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaign_crm.platform.resealing import reseal_everything


class Command(BaseCommand):
    help = "Seal every kept secret again under the first of ENCRYPTION_KEYS; then the older keys can go."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = []
        for done in reseal_everything():
            self.stdout.write(f"{done.place}: {done.anew} sealed anew, {done.already} already")
            broken += [f"{done.place} of row {pk}" for pk in done.broken]
        if broken:
            raise CommandError(
                "No key opens: " + ", ".join(broken) + ". Put the key they were sealed with back in "
                "ENCRYPTION_KEYS and run this again, or give these secrets anew."
            )
        self.stdout.write("Everything is under the newest key: the others can be taken out.")
