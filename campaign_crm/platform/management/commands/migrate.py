"""`migrate`, run as the owner of the tables.

The application's role owns nothing, so it cannot change the schema. This command, and what Django does after
it (permissions, content types), logs in as DATABASE_OWNER_URL says.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as Migrate

from campaign_crm.platform.owner import log_in_as_owner


class Command(Migrate):
    help = "Update the database's schema, as the owner of its tables."

    def handle(self, *args: Any, **options: Any) -> None:
        with log_in_as_owner(options["database"]):
            super().handle(*args, **options)
