"""`python manage.py restore FILE [--replace]`: put back what `backup` saved."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaign_crm.platform.backup import service
from campaign_crm.platform.backup.errors import BackupError
from campaign_crm.platform.backup.passphrase import passphrase_in


class Command(BaseCommand):
    help = "Replace the database, the uploads and the keys by those of a backup. Sending is off afterwards."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="archive that `backup` wrote")
        parser.add_argument("--replace", action="store_true", help="replace the data that is there")
        parser.add_argument(
            "--passphrase-file",
            type=Path,
            help="its first line is the passphrase of the keys",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        replace = options["replace"] or self._agreed(options["file"])
        try:
            done = service.restore_backup(
                path=options["file"],
                replace=replace,
                say=self.stdout.write,
                passphrase=passphrase_in(options["passphrase_file"]),
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored the backup of {done.manifest.made_at}, with {done.uploads} uploads.")
        if done.kept_uploads:
            self.stdout.write(
                f"The uploads that were here before are in {done.kept_uploads}. They are deleted once "
                "sending is allowed again."
            )
        if done.keys_written:
            self.stdout.write(
                f"The keys of the backup are in {done.keys_written}; the earlier ones beside it."
            )
        self.stdout.write(
            "Nothing is sent until an administrator allows it, in Settings > Sending "
            f"({settings.PUBLIC_URL}/settings/sending/): people may have been written to, or have "
            "unsubscribed, since the backup was made."
        )

    def _agreed(self, path: Path) -> bool:
        if not sys.stdin.isatty():
            return False
        answer = input(f"Replace the data of this installation by {path}? Type yes: ")
        return answer.strip().lower() == "yes"
