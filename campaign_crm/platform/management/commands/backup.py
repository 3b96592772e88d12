"""`python manage.py backup [FILE]`: database, uploads and keys in one archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaign_crm.platform.backup import service
from campaign_crm.platform.backup.errors import BackupError


class Command(BaseCommand):
    help = "Save the database, the uploads and the keys into one archive, while the product goes on working."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="archive to write (default: VAR_DIR/backups/…)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"] or service.default_path()
        try:
            service.make_backup(path=path)
        except BackupError as error:
            raise CommandError(str(error)) from error
        size = path.stat().st_size / 1_000_000
        self.stdout.write(f"Saved to {path} ({size:,.1f} MB). It holds the keys: keep it like a password.")
