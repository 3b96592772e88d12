"""Where somebody is signed in; cookies that open nothing any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.services.sessions import device_of, places_of
from campaign_crm.platform.services.team import password_link

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.0 Mobile/15E148 Safari/604.1"
)


def browser(agent: str, email: str = "camille@example.org") -> Client:
    client = Client(headers={"user-agent": agent})
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return client


@pytest.fixture
def user(member: Callable[..., User]) -> User:
    return member(Role.READ_ONLY, email="camille@example.org", password=PASSWORD)


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def test_places_show_with_this_one_first_and_another_can_be_ended(user: User) -> None:
    here, phone = browser(FIREFOX), browser(PHONE)
    page = here.get(reverse("shell:sessions"))
    assert [place.device for place in page.context["places"]] == ["Firefox, Windows", "Safari, iPhone"]
    assert page.context["places"][0].is_here
    here.post(reverse("shell:sessions"), {"end": page.context["places"][1].pk})
    assert (is_in(here), is_in(phone)) == (True, False)
    assert AuditEntry.objects.filter(action="team.sign_out", actor=user).count() == 1


def test_all_others_end_at_once_and_nobody_elses(user: User, member: Callable[..., User]) -> None:
    member(email="boss@example.org", password=PASSWORD)
    stranger = browser(FIREFOX, "boss@example.org")
    here, phone, third = browser(FIREFOX), browser(PHONE), browser(PHONE)
    theirs = places_of(User.objects.exclude(pk=user.pk).get())[0]
    here.post(reverse("shell:sessions"), {"end": theirs.pk})
    assert is_in(stranger)
    here.post(reverse("shell:sessions"), {"end": "others"})
    assert [is_in(one) for one in (here, phone, third, stranger)] == [True, False, False, True]


@pytest.mark.parametrize("junk", ["", "x", "-1", "9" * 40])
def test_junk_ends_nothing(user: User, junk: str) -> None:
    here, phone = browser(FIREFOX), browser(PHONE)
    here.post(reverse("shell:sessions"), {"end": junk})
    assert is_in(phone)


def test_an_administrator_signs_a_member_out_everywhere(user: User, signed_in: Callable[..., Client]) -> None:
    phone, boss = browser(PHONE), signed_in()
    boss.post(reverse("shell:member", args=[user.pk]), {"act": "sign_out"})
    assert (is_in(phone), is_in(boss)) == (False, True)


def test_old_cookies_open_nothing_after_a_new_password_by_link(user: User, client: Client) -> None:
    thief = browser(FIREFOX)
    user.refresh_from_db()
    page = client.get("/" + password_link(user).split("/", 3)[3], follow=True)
    client.post(
        page.context["action_url"], {"password1": "another long one", "password2": "another long one"}
    )
    assert not is_in(thief)
    assert thief.get(reverse("api:people")).status_code == 401
    assert places_of(user) == []


def test_a_changed_password_keeps_this_session_and_ends_the_others(user: User) -> None:
    here, thief = browser(FIREFOX), browser(PHONE)
    form = {"oldpassword": PASSWORD, "password1": "another long one", "password2": "another long one"}
    here.post(reverse("account_change_password"), form)
    assert (is_in(here), is_in(thief)) == (True, False)
    assert len(here.get(reverse("shell:sessions")).context["places"]) == 1


def test_a_closed_account_is_signed_out(user: User) -> None:
    phone = browser(PHONE)
    user.is_active = False
    user.save()
    assert not is_in(phone)


def test_a_browser_is_told_by_what_people_call_it() -> None:
    edge = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
    assert device_of(edge) == "Edge, Linux"
    assert device_of(PHONE) == "Safari, iPhone"
    assert device_of("") != ""
