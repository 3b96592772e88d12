"""A second step in proportion: at once for some, at the act for others, after seven days for senders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign_crm.platform import proportion
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.services.team import password_link
from messaging.errors import NotAllowed
from messaging.services.rights import ask_second_step
from tests.shell.access_rows import OPERATIONS, PUBLIC, ROWS
from tests.shell.api.test_access import asked
from tests.shell.test_access import PAGES, TABLES, address

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
SET_UP = "/accounts/2fa/"


@pytest.fixture(autouse=True)
def required(settings) -> None:
    settings.SECOND_STEP_REQUIRED = True


def set_up(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def sign_in(client: Client, email: str = "camille@example.org") -> str:
    return client.post("/accounts/login/", {"login": email, "password": PASSWORD})["Location"]


def test_an_administrator_without_it_opens_nothing_but_its_page(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    staff = [name for name, row in ROWS.items() if row is not PUBLIC and name in PAGES]
    open_pages = {}
    for name in staff:
        for answer in (client.get(address(name)), client.post(address(name))):
            if answer.status_code != 405 and answer.get("Location") != SET_UP:
                open_pages[name] = answer.status_code
    assert open_pages == {}
    assert {name: asked(client, name) for name in OPERATIONS} == dict.fromkeys(OPERATIONS, 403)
    ends = {name: client.get(address(name), follow=True).redirect_chain for name in TABLES}
    assert {name for name, chain in ends.items() if not chain or chain[-1][0] != SET_UP} == set()
    assert "Your rights ask for a second step" in client.get(SET_UP).content.decode()


def test_the_admin_form_of_django_is_no_way_around_it(client: Client, member: Callable[..., User]) -> None:
    set_up(member(email="camille@example.org", password=PASSWORD))
    form = {"username": "camille@example.org", "password": PASSWORD, "next": "/admin/"}
    assert client.post("/admin/login/", form)["Location"].startswith("/accounts/login/")
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_with_it_the_product_opens(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    set_up(User.objects.get())
    assert client.get("/").status_code == 200
    assert "Your rights ask" not in client.get(SET_UP).content.decode()


def test_recovery_codes_alone_are_none(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    RecoveryCodes.activate(User.objects.get())
    assert client.get("/")["Location"] == SET_UP


def test_whoever_only_reads_is_asked_nothing(signed_in: Callable[..., Client]) -> None:
    client = signed_in(Role.READ_ONLY)
    page = client.get("/")
    assert page.status_code == 200
    assert "second step" not in page.content.decode()


def test_taking_addresses_out_asks_for_it_at_the_act(signed_in: Callable[..., Client]) -> None:
    client = signed_in(Role.DIRECTOR)
    letters = reverse("contacts:electors_letters")
    assert client.get(letters).status_code == 200
    assert client.post(letters)["Location"] == SET_UP
    set_up(User.objects.get())
    assert client.post(letters).get("Location") != SET_UP


def test_a_sender_has_seven_days_then_sends_to_five_hundred(
    client: Client, member: Callable[..., User]
) -> None:
    sender = member(Role.DIRECTOR, email="camille@example.org", password=PASSWORD)
    sign_in(client)
    sender.refresh_from_db()
    assert sender.second_step_asked_at is not None
    assert "From" in client.get("/").content.decode()
    ask_second_step(sender, 50_000)
    sender.second_step_asked_at = timezone.now() - timedelta(days=7, seconds=1)
    sender.save()
    ask_second_step(sender, 500)
    with pytest.raises(NotAllowed, match="500"):
        ask_second_step(sender, 501)
    set_up(sender)
    ask_second_step(sender, 50_000)


def test_the_seven_days_run_from_the_first_sign_in_and_not_from_each(
    client: Client, member: Callable[..., User]
) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    sender = member(
        Role.DIRECTOR, email="camille@example.org", password=PASSWORD, second_step_asked_at=long_ago
    )
    sign_in(client)
    sender.refresh_from_db()
    assert sender.second_step_asked_at == long_ago
    assert not proportion.may_send_to(sender, 501)


def test_a_device_is_remembered_for_thirty_days_and_forgotten_with_a_new_password(
    client: Client, member: Callable[..., User], settings
) -> None:
    user = member(email="camille@example.org", password=PASSWORD)
    secret = set_up(user)
    assert sign_in(client) == reverse("mfa_authenticate")
    answer = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert answer["Location"] == reverse("mfa_trust")
    assert client.get("/profile/").status_code == 302, "not signed in before the question is answered"
    client.post(reverse("mfa_trust"), {"action": "trust"})
    kept = client.cookies["mfa_trusted"]
    assert (int(kept["max-age"]), bool(kept["httponly"])) == (30 * 24 * 3600, True)
    client.post("/accounts/logout/")
    assert sign_in(client) == "/"
    user.set_password("another long phrase")
    user.save()
    client.post("/accounts/logout/")
    answer = client.post(
        "/accounts/login/", {"login": "camille@example.org", "password": "another long phrase"}
    )
    assert answer["Location"] == reverse("mfa_authenticate")


def test_a_new_password_by_link_leaves_the_second_step_in_place(
    client: Client, member: Callable[..., User]
) -> None:
    user = member(email="camille@example.org", password="some other phrase")
    set_up(user)
    page = client.get("/" + password_link(user).split("/", 3)[3], follow=True)
    client.post(page.context["action_url"], {"password1": PASSWORD, "password2": PASSWORD})
    assert client.get("/profile/").status_code == 302, "a reset signs nobody in"
    assert sign_in(client) == reverse("mfa_authenticate")
    assert not mail.outbox


def test_wrong_codes_are_counted_and_the_right_one_comes_too_late(
    client: Client, member: Callable[..., User]
) -> None:
    secret = set_up(member(email="camille@example.org", password=PASSWORD))
    sign_in(client)
    for _time in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert client.get("/profile/").status_code == 302
