"""`manage.py verify_ledger [--campaign N] [--json]`: does every campaign add up?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from messaging.dispatch.verify import total_by_state, verify_ledger


class Command(BaseCommand):
    help = (
        "Prove that the rows of every campaign add up to its frozen audience; exits with 1 if one does not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--campaign", type=int, help="one campaign only, by its number")
        parser.add_argument("--json", action="store_true", help="print the books as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = verify_ledger(options["campaign"])
        faulty = [account for account in accounts if account.problems]
        if options["json"]:
            books = [asdict(account) | {"total": account.total} for account in accounts]
            self.stdout.write(json.dumps({"ok": not faulty, "campaigns": books}, ensure_ascii=False))
        else:
            self._print(accounts, one=options["campaign"] is not None)
        if faulty:
            raise CommandError(f"{len(faulty)} of {len(accounts)} campaigns do not add up.")

    def _print(self, accounts: list[Any], *, one: bool) -> None:
        for account in accounts:
            if one or account.problems:
                expected = (
                    "no frozen audience" if account.expected is None else f"audience {account.expected}"
                )
                self.stdout.write(f"Campaign {account.campaign} ({account.state}): {expected}")
                for state, rows in sorted(account.states.items()):
                    self.stdout.write(f"  {state:<12} {rows:>12}")
            for problem in account.problems:
                self.stdout.write(self.style.ERROR(f"  {problem}"))
        rows = sum(total_by_state(accounts).values())
        self.stdout.write(f"{len(accounts)} campaigns, {rows} recipients checked.")
