"""An invitation works once, for three days, for the address it was made for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.services.team import password_link

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
CHOICE = {"password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def invited(member: Callable[..., User]) -> User:
    user = member(Role.READ_ONLY, email="astrid@example.org")
    assert not user.has_usable_password()
    return user


def open_link(client: Client, link: str) -> str:
    """Where the password is chosen; empty when the link is good no more."""
    page = client.get("/" + link.split("/", 3)[3], follow=True)
    return "" if page.context.get("token_fail") else page.context["action_url"]


def sign_in(client: Client, password: str = PASSWORD) -> bool:
    client.post("/accounts/login/", {"login": "astrid@example.org", "password": password})
    return client.get("/profile/").status_code == 200


def test_it_is_used_once(client: Client, invited: User) -> None:
    link = password_link(invited)
    client.post(open_link(client, link), CHOICE)
    assert sign_in(Client())
    assert open_link(Client(), link) == ""


def test_it_expires_after_three_days(invited: User, monkeypatch: pytest.MonkeyPatch) -> None:
    link = password_link(invited)
    now = timezone.now().replace(tzinfo=None)
    later = "django.contrib.auth.tokens.PasswordResetTokenGenerator._now"
    monkeypatch.setattr(later, lambda _self: now + timedelta(days=2, hours=20))
    assert open_link(Client(), link) != ""
    monkeypatch.setattr(later, lambda _self: now + timedelta(days=3, hours=4))
    assert open_link(Client(), link) == ""


def test_an_account_closed_meanwhile_stays_closed(client: Client, invited: User) -> None:
    link = password_link(invited)
    invited.is_active = False
    invited.save()
    if action := open_link(client, link):
        client.post(action, CHOICE)
    assert not sign_in(Client())


def test_a_link_changed_by_one_character_opens_nothing(invited: User) -> None:
    link = password_link(invited).rstrip("/")
    for place in (-1, -10, -40):
        other = "b" if link[place] != "b" else "c"
        assert open_link(Client(), f"{link[:place]}{other}{link[place + 1 :] if place != -1 else ''}/") == ""


def test_a_link_is_for_one_person(invited: User, member: Callable[..., User]) -> None:
    other = member(Role.ADMINISTRATOR, email="boss@example.org", password="another long phrase")
    mine, theirs = password_link(invited), password_link(other)
    stolen = (
        theirs.rsplit("/", 2)[0]
        + "/"
        + theirs.split("/")[-2].split("-")[0]
        + "-"
        + mine.split("/")[-2].split("-", 1)[1]
    )
    assert open_link(Client(), stolen + "/") == ""
