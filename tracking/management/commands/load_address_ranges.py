"""`python manage.py load_address_ranges FILE --name NAME --kind scanner|proxy`: see docs/robots.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaign_crm.platform.database import acting_as
from tracking.enums import NetworkKind
from tracking.services.address_lists import ListRefused, load_address_list, remove_address_list


class Command(BaseCommand):
    help = "Load a published list of addresses of scanners or privacy proxies, in place of an earlier one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="one network a line, in its first column")
        parser.add_argument("--name", required=True, help="of the list, such as apple-relay")
        parser.add_argument("--kind", choices=NetworkKind.values, help="whose addresses these are")
        parser.add_argument("--remove", action="store_true", help="forget the list of this name instead")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with acting_as("crm_system"):
                if options["remove"]:
                    remove_address_list(name=options["name"], by=None)
                    self.stdout.write(f"The list {options['name']} is forgotten.")
                    return
                if options["file"] is None or options["kind"] is None:
                    raise CommandError("Give the file, and --kind: scanner or proxy.")
                kept = load_address_list(
                    path=options["file"],
                    name=options["name"],
                    kind=NetworkKind(options["kind"]),
                    by=None,
                )
        except (ListRefused, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{kept.networks:,} networks of {kept.name} are loaded. Web processes know them within a minute."
        )
