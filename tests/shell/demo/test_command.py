"""`manage.py seed_demo`: what it prints, what it refuses."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from campaign_crm.platform.models import AuditEntry, Organisation, User
from campaign_crm.platform.rights import Role
from contacts.models import Contact, Source
from messaging.dispatch.verify import verify_ledger
from tests.shell.demo.conftest import TODAY

pytestmark = pytest.mark.usefixtures("with_territories", "db")


def run(**options: Any) -> str:
    printed = StringIO()
    call_command("seed_demo", **{"contacts": 60, "today": TODAY, "stdout": printed, **options})
    return printed.getvalue()


def test_an_empty_base_is_filled_and_the_password_printed():
    printed = run()
    account = User.objects.get(email="demo@example.org")
    assert account.role == Role.ADMINISTRATOR
    password = printed.rstrip().rpartition("with the password ")[2]
    assert account.check_password(password)
    assert Contact.objects.count() == 60
    assert Organisation.current().name == "Campagne 2027"
    entry = AuditEntry.objects.get(action="demo.seed")
    assert entry.detail["people"] == 60
    assert entry.actor == account


def test_a_chosen_password_opens_the_account():
    run(password="a long enough password")
    assert User.objects.get(email="demo@example.org").check_password("a long enough password")


def test_a_base_with_people_is_left_alone():
    run()
    with pytest.raises(CommandError, match="--force-add"):
        run(seed=2)
    assert Contact.objects.count() == 60
    assert "another password" in run(if_empty=True)
    assert Contact.objects.count() == 60


def test_people_are_added_to_a_base_when_asked():
    Source.objects.create(name="Fichier des adhérents", kind="address_book", lawful_basis="member")
    Contact.objects.create(last_name="Real")
    run(force_add=True)
    run(force_add=True, contacts=70)
    assert Contact.objects.count() == 131
    assert Source.objects.filter(name="Fichier des adhérents").count() == 1
    assert [account.problems for account in verify_ledger() if account.problems] == []


def test_an_organisation_that_said_who_it_is_keeps_its_name():
    organisation = Organisation.current()
    organisation.name, organisation.postal_address = "Mouvement", "1 rue Vraie"
    organisation.save()
    run()
    assert Organisation.current().name == "Mouvement"


@pytest.mark.parametrize("options", [["--contacts", "3"], ["--today", "tomorrow"], ["--contacts", "9000000"]])
def test_nonsense_is_refused(options):
    with pytest.raises(CommandError, match=r"choose a number|YYYY-MM-DD"):
        call_command("seed_demo", *options)
    assert not Contact.objects.exists()
