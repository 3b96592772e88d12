"""`python manage.py backup [FILE]`: database, uploads and keys in one archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaign_crm.platform.backup import service
from campaign_crm.platform.backup.errors import BackupError
from campaign_crm.platform.backup.passphrase import passphrase_in


class Command(BaseCommand):
    help = "Save the database, the uploads and the keys into one archive, while the product goes on working."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="archive to write (default: VAR_DIR/backups/…)"
        )
        keys = parser.add_mutually_exclusive_group()
        keys.add_argument(
            "--without-keys",
            action="store_true",
            help="leave the keys out: keep them elsewhere",
        )
        keys.add_argument(
            "--passphrase-file",
            type=Path,
            help="seal the keys by the passphrase on its first line",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"] or service.default_path()
        try:
            passphrase = passphrase_in(options["passphrase_file"])
            service.make_backup(path=path, with_keys=not options["without_keys"], passphrase=passphrase)
        except BackupError as error:
            raise CommandError(str(error)) from error
        size = path.stat().st_size / 1_000_000
        said = "It holds the keys: keep it like a password."
        if options["without_keys"]:
            said = "It holds no keys: without yours, kept elsewhere, what stands sealed is lost."
        elif passphrase:
            said = "Its keys are sealed: keep the passphrase elsewhere, without it they are lost."
        self.stdout.write(f"Saved to {path} ({size:,.1f} MB). {said}")
