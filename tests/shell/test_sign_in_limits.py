"""Guessing passwords: limits that hold behind a proxy, answers that tell nothing of who has an account."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.sign_in_mail import send_password_link

pytestmark = pytest.mark.django_db
PASSWORD, WRONG = "correct horse battery", "not it"


def attempt(client: Client, email: str, password: str = WRONG, **headers: str) -> str:
    answer = client.post("/accounts/login/", {"login": email, "password": password}, **headers)
    if answer.status_code == 429:
        return "locked"
    if answer.status_code == 302:
        return "in"
    words = str(answer.context["form"].non_field_errors())
    return "locked" if "Too many" in words or "Trop" in words else "wrong"


def test_an_account_is_locked_after_five_wrong_passwords_also_for_the_right_one(
    client: Client, member: Callable[..., User]
) -> None:
    member(email="camille@example.org", password=PASSWORD)
    places = [f"203.0.113.{n}" for n in range(6)]
    said = [attempt(client, "camille@example.org", REMOTE_ADDR=place) for place in places[:5]]
    assert said == ["wrong"] * 5
    assert attempt(client, "camille@example.org", PASSWORD, REMOTE_ADDR=places[5]) == "locked"


def test_an_address_without_an_account_is_locked_alike(client: Client) -> None:
    assert [attempt(client, "nobody@example.org") for _n in range(6)] == ["wrong"] * 5 + ["locked"]


def test_a_wrong_password_is_answered_as_an_address_without_an_account(
    client: Client, member: Callable[..., User]
) -> None:
    member(email="camille@example.org", password=PASSWORD)
    member(Role.READ_ONLY, email="closed@example.org", password=PASSWORD, is_active=False)
    bodies = set()
    for email in ("camille@example.org", "closed@example.org", "nobodys@example.org"):
        answer = client.post("/accounts/login/", {"login": email, "password": WRONG})
        body = re.sub(r'csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
        bodies.add((answer.status_code, body.replace(email, "")))
    assert len(bodies) == 1


def test_one_place_that_tries_many_accounts_is_locked(client: Client) -> None:
    said = [attempt(client, f"guess{n}@example.org") for n in range(12)]
    assert said[-1] == "locked"


def test_a_forged_header_escapes_no_limit_without_a_proxy(client: Client) -> None:
    said = [
        attempt(client, f"guess{n}@example.org", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}") for n in range(12)
    ]
    assert said[-1] == "locked"


def test_behind_a_proxy_what_the_client_wrote_counts_for_nothing(client: Client, settings) -> None:
    settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    said = [
        attempt(client, f"guess{n}@example.org", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}, 203.0.113.9")
        for n in range(12)
    ]
    assert said[-1] == "locked"
    other = attempt(client, "else@example.org", HTTP_X_FORWARDED_FOR="203.0.113.9, 203.0.113.77")
    assert other == "wrong", "another place behind the same proxy is not held up"


def test_a_proxy_that_says_nothing_is_no_error(client: Client, settings) -> None:
    settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert attempt(client, "nobody@example.org", HTTP_X_FORWARDED_FOR="203.0.113.9") == "wrong"
    assert attempt(client, "nobody@example.org", HTTP_X_FORWARDED_FOR="junk, junk, junk") == "wrong"


def test_a_forgotten_password_answers_the_same_for_everybody(
    client: Client, member: Callable[..., User], django_capture_on_commit_callbacks
) -> None:
    member(email="camille@example.org", password=PASSWORD)
    pages = []
    for email in ("camille@example.org", "nobody@example.org"):
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post("/accounts/password/reset/", {"email": email}, follow=True)
        body = answer.content.decode()
        pages.append((answer.redirect_chain, body.split("<main")[1].split("csrfmiddlewaretoken")[0]))
    assert pages[0] == pages[1]
    assert mail.outbox == [], "no page waits for a mail server"


def test_a_wrong_password_takes_as_long_as_an_unknown_account(
    client: Client, member: Callable[..., User], settings
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    settings.ACCOUNT_RATE_LIMITS = False
    member(email="camille@example.org", password=PASSWORD)
    taken: dict[str, list[float]] = {"camille@example.org": [], "nobody@example.org": []}
    for _time in range(9):
        for email, times in taken.items():
            begun = time.perf_counter()
            attempt(client, email)
            times.append(time.perf_counter() - begun)
    known, unknown = (statistics.median(times) for times in taken.values())
    assert abs(known - unknown) < 0.5 * max(known, unknown), "one hash each: without it, a tenth of the time"


def test_the_link_of_a_forgotten_password_is_under_the_public_address(
    client: Client, member: Callable[..., User], settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "https://crm.example.org"
    user = member(email="camille@example.org", password=PASSWORD)
    forged = {"HTTP_HOST": "evil.example", "HTTP_X_FORWARDED_HOST": "evil.example"}
    client.post("/accounts/password/reset/", {"email": "camille@example.org"}, **forged)
    send_password_link(user.pk)
    assert "https://crm.example.org/accounts/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body


def test_a_host_that_is_not_ours_is_refused(client: Client) -> None:
    assert client.get("/accounts/login/", HTTP_HOST="evil.example").status_code == 400


def test_a_closed_account_gets_no_link(member: Callable[..., User]) -> None:
    send_password_link(member(email="camille@example.org", is_active=False).pk)
    assert mail.outbox == []
