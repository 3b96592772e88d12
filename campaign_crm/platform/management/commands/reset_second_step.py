"""`python manage.py reset_second_step EMAIL`: for the administrator who lost the phone."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaign_crm.platform.models import User
from campaign_crm.platform.services.second_step import SecondStepError, remove_second_step


class Command(BaseCommand):
    help = "Remove the second step of an account: its password is enough until it is set up again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", default="Command line", help="kept in the journal")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError("Nobody signs in with this address.")
        try:
            remove_second_step(user=user, reason=options["reason"], by=None)
        except SecondStepError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Removed. This person signs in with the password alone, and was told by e-mail.")
