"""`python manage.py seed_demo --contacts N --seed S`: fill the database with an invented campaign."""

from __future__ import annotations

import argparse
import secrets
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from campaign_crm.platform.models import User
from campaign_crm.shell.demo import words
from campaign_crm.shell.demo.cast import set_password
from campaign_crm.shell.demo.plan import PEOPLE_AT_LEAST, Plan
from campaign_crm.shell.demo.seeding import is_empty, people_known, seed_demo
from contacts.errors import ContactsError

ACCOUNT = words.TEAM[0][1]
MOST = 5_000_000


class Command(BaseCommand):
    help = "Fill the database with invented people, mailings and what came back. Nobody in it is real."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--contacts", type=_number, default=10_000, help="how many people (10000)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed and day, the same people (1)")
        parser.add_argument("--today", type=_day, help="the demonstration's present, YYYY-MM-DD (today)")
        parser.add_argument("--password", help="password of the demonstration's administrator (random)")
        parser.add_argument("--force-add", action="store_true", help="add to a base that has people already")
        parser.add_argument("--if-empty", action="store_true", help="do nothing if the base has people")

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_empty() and not options["force_add"]:
            self._refuse(quietly=options["if_empty"])
            return
        plan = Plan(
            contacts=options["contacts"],
            seed=options["seed"],
            today=options["today"] or timezone.localdate(),
            salt="" if is_empty() else str(people_known()),
        )
        self.stdout.write(f"An invented campaign of {plan.contacts:,} people (seed {plan.seed}):")
        try:
            seeded = seed_demo(plan, tell=self.stdout.write)
        except ContactsError as error:
            raise CommandError(str(error)) from error
        counts = ", ".join(f"{number:,} {what}" for what, number in seeded.counts.items())
        self.stdout.write(f"Ready in {seeded.seconds:.0f} s: {counts}.")
        self._open_account(seeded.cast.administrator, options["password"])

    def _refuse(self, *, quietly: bool) -> None:
        if not quietly:
            raise CommandError(
                "The base has people already: nothing was changed. Use an empty database (another VAR_DIR or"
                " DATABASE_URL), or add the invented people to those there are with --force-add."
            )
        self.stdout.write(self.style.NOTICE(f"The base has people already. {self._hint()}"))

    def _open_account(self, administrator: User, password: str | None) -> None:
        """Give the demonstration's administrator a password, unless they have one and none was asked for."""
        if password is None and administrator.has_usable_password():
            self.stdout.write(self._hint())
            return
        password = password or secrets.token_urlsafe(12)
        set_password(administrator, password)
        self.stdout.write(self.style.SUCCESS(f"Sign in as {ACCOUNT} with the password {password}"))

    def _hint(self) -> str:
        known = User.objects.filter(email=ACCOUNT).exists()
        return (
            f"Sign in as {ACCOUNT}; for another password: python manage.py changepassword {ACCOUNT}"
            if known
            else ""
        )


def _number(text: str) -> int:
    number = int(text.replace("_", "").replace(",", ""))
    if not PEOPLE_AT_LEAST <= number <= MOST:
        raise argparse.ArgumentTypeError(f"choose a number from {PEOPLE_AT_LEAST} to {MOST:,}")
    return number


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("write the day as YYYY-MM-DD") from error
