"""`python manage.py preflight`: are the servers what the product needs? Before the first migration."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from campaign_crm.platform.servers import refuse_unfit_servers


class Command(BaseCommand):
    help = "Look at PostgreSQL, its roles and the two Valkeys; say what is wrong and what to do."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unfit_servers()
        self.stdout.write("PostgreSQL, its roles and both Valkeys are as they should be.")
