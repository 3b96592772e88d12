"""Single sign-on against a server on loopback: by `sub`, and by an address only when it is verified."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.asking_again import SERVER_DID_NOT_ASK, TOLD_SECONDS
from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.oidc_settings import single_sign_on
from campaign_crm.platform.rights import Role
from tests.support.oidc_server import CLIENT_ID, CLIENT_SECRET, OidcServer

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/oidc/sso/login/"


@pytest.fixture
def server(settings) -> Iterator[OidcServer]:
    running = OidcServer()
    settings.SOCIALACCOUNT_PROVIDERS = single_sign_on(
        server_url=running.url, name="Party account", client_id=CLIENT_ID, secret=CLIENT_SECRET
    )
    yield running
    running.close()


@pytest.fixture
def camille(member: Callable[..., User]) -> User:
    return member(Role.READ_ONLY, email="camille@example.org")


def come(client: Client, server: OidcServer, path: str = LOGIN, **claims: Any) -> HttpResponse:
    """Go through the server as a browser does, and give the product's answer to the way back."""
    server.claims = {"sub": "42", "name": "Camille", **claims}
    there = client.post(path)["Location"]
    assert there.startswith(f"{server.url}/authorize")
    back = requests.get(there, allow_redirects=False, timeout=5).headers["Location"]
    return client.get("/" + back.split("/", 3)[3])


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


VERIFIED = {"email": "Camille@example.org", "email_verified": True}


def test_a_verified_address_links_once_then_the_sub_alone_counts(
    client: Client, server: OidcServer, camille: User
) -> None:
    assert come(client, server, **VERIFIED)["Location"] == "/"
    assert is_in(client)
    linked = SocialAccount.objects.get()
    assert (linked.user, linked.uid, linked.extra_data) == (camille, "42", {})
    assert AuditEntry.objects.filter(action="team.single_sign_on", object_id=camille.pk).exists()
    other = Client()
    come(other, server, email="somebody-else@example.org", email_verified=True)
    assert is_in(other), "known by its sub, whatever the address is by now"
    assert SocialAccount.objects.get().extra_data == {}


@pytest.mark.parametrize(
    "verified", [{}, {"email_verified": False}, {"email_verified": "true"}, {"email_verified": 1}]
)
def test_an_address_that_is_not_verified_outright_opens_nothing(
    client: Client, server: OidcServer, camille: User, verified: dict[str, Any]
) -> None:
    answer = come(client, server, email="camille@example.org", **verified)
    assert (answer.status_code, is_in(client), SocialAccount.objects.exists()) == (403, False, False)


def test_an_address_given_to_somebody_else_does_not_open_the_account(
    client: Client, server: OidcServer, camille: User
) -> None:
    come(Client(), server, **VERIFIED)
    answer = come(client, server, **VERIFIED, sub="43")
    assert (answer.status_code, is_in(client)) == (403, False)


def test_user_information_about_somebody_else_is_refused(
    client: Client, server: OidcServer, camille: User
) -> None:
    come(Client(), server, **VERIFIED)
    server.userinfo = {"sub": "42", **VERIFIED}
    assert come(client, server, sub="99").status_code == 403
    assert not is_in(client)


def test_a_stranger_gets_no_account(client: Client, server: OidcServer) -> None:
    assert come(client, server, email="stranger@example.org", email_verified=True).status_code == 403
    assert not User.objects.exists()


def test_a_closed_account_stays_closed(client: Client, server: OidcServer, camille: User) -> None:
    come(Client(), server, **VERIFIED)
    camille.is_active = False
    camille.save()
    come(client, server, **VERIFIED)
    assert not is_in(client)


def test_the_second_step_is_asked_all_the_same(client: Client, server: OidcServer, camille: User) -> None:
    TOTP.activate(camille, generate_totp_secret())
    assert come(client, server, **VERIFIED)["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)


def test_whoever_signed_in_by_password_links_their_own(
    server: OidcServer, signed_in: Callable[..., Client]
) -> None:
    client = signed_in(Role.READ_ONLY, password="correct horse battery")
    user = User.objects.get()
    client.post("/accounts/login/", {"login": user.email, "password": "correct horse battery"})
    asked = come(client, server, LOGIN + "?process=connect", email="private@example.com")
    assert asked["Location"] == reverse("account_reauthenticate"), (
        "linking another identity is asked for again"
    )
    client.post(asked["Location"], {"password": "correct horse battery"})
    assert SocialAccount.objects.get().user == user
    assert come(Client(), server)["Location"] == "/"


@pytest.mark.parametrize("forged", ["?code=x&state=nobody-made-this", "?error=access_denied", ""])
def test_a_forged_way_back_says_so_and_opens_nothing(client: Client, server: OidcServer, forged: str) -> None:
    answer = client.get(LOGIN + "callback/" + forged, follow=True)
    assert "Not signed in" in answer.content.decode() or "Pas connecté" in answer.content.decode()
    assert not is_in(client)


def test_a_server_that_refuses_or_is_away_is_said_without_an_error(
    client: Client, server: OidcServer, camille: User
) -> None:
    server.refuses = True
    assert come(client, server, **VERIFIED).status_code < 500
    server.close()
    assert client.post(LOGIN).status_code == 503
    assert not is_in(client)


def test_nothing_of_it_shows_or_answers_without_its_settings(client: Client) -> None:
    assert "oidc" not in client.get("/accounts/login/").content.decode()
    assert client.post(LOGIN).status_code == 404


def test_its_button_is_on_the_sign_in_page(client: Client, server: OidcServer) -> None:
    assert "Party account" in client.get("/accounts/login/").content.decode()
    assert client.get(LOGIN).status_code == 200, "a link from elsewhere signs nobody in: a button does"


def test_a_link_is_taken_away_by_its_owner_who_has_a_password(
    client: Client, server: OidcServer, camille: User
) -> None:
    come(client, server, **VERIFIED, auth_time=int(time.time()))
    client.post(reverse("shell:unlink"))
    assert SocialAccount.objects.exists(), "nothing else would open the account"
    camille.set_password("correct horse battery")
    camille.save()
    client = Client()
    come(client, server, **VERIFIED, auth_time=int(time.time()))
    client.post(reverse("shell:unlink"))
    assert not SocialAccount.objects.exists()
    assert AuditEntry.objects.filter(action="team.single_sign_on_unlinked", actor=camille).count() == 1


def asked_there(there: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(there).query))


def test_an_export_asks_the_server_for_a_proof_and_believes_its_auth_time_alone(
    client: Client, server: OidcServer, member: Callable[..., User]
) -> None:
    """A live session at the server answers without asking anybody: that is no fresh sign-in."""
    member(Role.DATA_OFFICER, email="camille@example.org")
    User.objects.update(password="!")
    an_hour_ago, export = int(time.time()) - 3600, reverse("contacts:export_new")
    come(client, server, **VERIFIED, auth_time=an_hour_ago)
    asked = client.get(export)["Location"]
    assert asked.startswith(LOGIN)
    assert asked_there(client.post(asked)["Location"]).items() >= {"prompt": "login", "max_age": "0"}.items()
    come(client, server, asked, **VERIFIED, auth_time=int(time.time()))
    assert client.get(export).status_code == 200


@pytest.mark.parametrize("auth_time", [None, "now", True, 1])
def test_a_server_that_asked_nothing_makes_nobody_fresh_and_is_told(
    client: Client, server: OidcServer, member: Callable[..., User], auth_time: object
) -> None:
    member(Role.DATA_OFFICER, email="camille@example.org")
    User.objects.update(password="!")
    said = {} if auth_time is None else {"auth_time": auth_time}
    export = reverse("contacts:export_new")
    come(client, server, **VERIFIED, **said)
    come(client, server, client.get(export)["Location"], **VERIFIED, **said)
    told = client.get(export)
    assert (told.status_code, "did not ask you to sign in anew" in told.content.decode()) == (403, True)
    session = client.session
    session[SERVER_DID_NOT_ASK] -= TOLD_SECONDS
    session.save()
    assert client.get(export)["Location"].startswith(LOGIN), "it may be tried again"
