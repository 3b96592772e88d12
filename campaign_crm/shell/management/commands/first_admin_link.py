"""Print the one-time link that makes the first administrator."""

from typing import Any

from django.core.management.base import BaseCommand

from campaign_crm.platform.services.first_admin import issue_first_admin_link


class Command(BaseCommand):
    help = "Print a one-time link to make the first administrator; nothing once somebody has an account."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--quiet", action="store_true", help="print the address alone")

    def handle(self, *, quiet: bool, **options: Any) -> None:
        link = issue_first_admin_link()
        if link is None:
            if not quiet:
                self.stdout.write("Somebody has an account already: invite others from Settings, Team.")
            return
        self.stdout.write(link if quiet else f"Make the first administrator here, once: {link}")
