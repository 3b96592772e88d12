"""Somebody who lost the phone gets in again: an administrator or the command line removes the second step."""

from __future__ import annotations

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from campaign_crm.platform.models import AuditEntry, User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
ACT = {"act": "second_step", "reason": "Phone lost, called back."}


@pytest.fixture
def boss(db: None) -> Client:
    client = Client()
    client.force_login(
        User.objects.create_user(email="boss@example.org", role="administrator", language="en")
    )
    return client


@pytest.fixture
def locked_out(db: None) -> User:
    user = User.objects.create_user(
        email="astrid@example.org", role="read_only", language="en", password=PASSWORD
    )
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    return user


def where_sign_in_leads(user: User) -> str:
    answer = Client().post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return str(answer["Location"])


def test_administrator_removes_it_with_a_reason_and_the_person_is_told(
    boss: Client, locked_out: User, django_capture_on_commit_callbacks: object
) -> None:
    assert where_sign_in_leads(locked_out) != "/"
    with django_capture_on_commit_callbacks(execute=True):
        boss.post(f"/settings/team/{locked_out.pk}/", ACT)
    assert where_sign_in_leads(locked_out) == "/"
    assert not Authenticator.objects.exists()
    entry = AuditEntry.objects.get(action="team.remove_second_step")
    assert (entry.object_id, entry.reason, entry.actor.role) == (
        str(locked_out.pk),
        ACT["reason"],
        "administrator",
    )
    assert [message.to for message in mail.outbox] == [["astrid@example.org"]]


def test_nothing_is_removed_without_a_reason(boss: Client, locked_out: User) -> None:
    boss.post(f"/settings/team/{locked_out.pk}/", {"act": "second_step", "reason": " "})
    assert where_sign_in_leads(locked_out) != "/"


def test_ones_own_is_removed_on_ones_own_page_only(boss: Client) -> None:
    user = User.objects.get()
    TOTP.activate(user, generate_totp_secret())
    assert "Remove the second step" not in boss.get(f"/settings/team/{user.pk}/").content.decode()
    boss.post(f"/settings/team/{user.pk}/", ACT)
    assert Authenticator.objects.exists()


def test_page_offers_it_only_where_there_is_one(boss: Client, locked_out: User) -> None:
    address = f"/settings/team/{locked_out.pk}/"
    assert "Remove the second step" in boss.get(address).content.decode()
    Authenticator.objects.all().delete()
    assert "Remove the second step" not in boss.get(address).content.decode()


def test_command_lets_the_last_administrator_in_again(locked_out: User) -> None:
    call_command("reset_second_step", "Astrid@Example.org", stdout=StringIO())
    assert where_sign_in_leads(locked_out) == "/"
    assert AuditEntry.objects.get(action="team.remove_second_step").actor is None


@pytest.mark.parametrize("email", ["nobody@example.org", "boss@example.org"])
def test_command_says_when_there_is_nothing_to_do(boss: Client, email: str) -> None:
    with pytest.raises(CommandError):
        call_command("reset_second_step", email, stdout=StringIO())
