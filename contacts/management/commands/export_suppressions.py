"""Write the do-not-contact list as keyed hashes: for another installation under the same HASH_KEY."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import hash_key_fingerprint
from campaign_crm.platform.models import Organisation
from contacts.models import Suppression

COLUMNS = ("channel", "scope", "reason", "since", "keyed_hash", "hash_key")
ROWS_AT_A_TIME = 10_000


class Command(BaseCommand):
    help = "Write the do-not-contact list to a CSV file of keyed hashes, which import_contacts reads back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        key, count = hash_key_fingerprint(), 0
        with path.open("x", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(COLUMNS)
            for entry in Suppression.objects.in_force().order_by("pk").iterator(chunk_size=ROWS_AT_A_TIME):
                since, digest = entry.at.isoformat(), bytes(entry.address_hash).hex()
                writer.writerow([entry.channel, entry.scope, entry.reason, since, digest, key])
                count += 1
        audit.record(
            action="suppression.export", on=Organisation.current(), by=None, detail={"entries": count}
        )
        self.stdout.write(f"{count:,}")
