"""The pages of the team, as an administrator and as a coordinator of one department see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right, Role
from contacts.models import Grant, Territory
from contacts.services.grants import give_grant
from tests.support.places import Places, make_places

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


@pytest.fixture
def coordinator(member: Callable[..., User], places: Places) -> User:
    user = member("", email="coordinator@example.org", full_name="Cora Local")
    boss = member(Role.ADMINISTRATOR, email="boss@example.org", full_name="Bo Boss")
    give_grant(user=user, role="local_coordinator", territory=places.oise, ends_on=None, by=boss)
    return user


@pytest.fixture
def local(coordinator: User) -> Client:
    client = Client()
    client.force_login(coordinator)
    return client


def given(role: str, where: Territory | str, days: int | None = 30) -> dict[str, str]:
    last = "" if days is None else (timezone.localdate() + timedelta(days=days)).isoformat()
    return {"act": "give", "role": role, "territory": str(where), "ends_on": last}


def test_administrator_gives_and_takes_a_role_in_a_place(
    signed_in: Callable[..., Client], member: Callable[..., User], places: Places
) -> None:
    client, user = signed_in(), member(Role.READ_ONLY)
    page = reverse("shell:member", args=[user.pk])
    assert client.post(page, given("local_coordinator", places.oise, None))["Location"] == page
    grant = Grant.objects.get(user=user)
    assert (grant.role, grant.territory, grant.ends_on) == ("local_coordinator", places.oise, None)
    body = client.get(page).content.decode()
    assert ("Oise (X60)" in body, "Take away" in body) == (True, True)
    assert "Local coordinator, Oise (X60)" in client.get(reverse("shell:team")).content.decode()
    client.post(page, {"act": "end", "grant": grant.pk})
    assert not Grant.objects.filter(user=user).exists()


def test_role_of_the_country_is_given_until_a_day_or_as_the_accounts(
    signed_in: Callable[..., Client], member: Callable[..., User]
) -> None:
    client, user = signed_in(), member(Role.READ_ONLY)
    page = reverse("shell:member", args=[user.pk])
    refused = client.post(page, given("approver", "", None))
    assert (refused.status_code, "change the role of the account" in refused.content.decode()) == (422, True)
    client.post(page, given("approver", "", 7))
    assert User.objects.get(pk=user.pk).scope_of(Right.APPROVE_CAMPAIGN) is None


def test_coordinator_invites_into_their_territory(local: Client, places: Places) -> None:
    form = {"full_name": "Vol", "email": "vol@example.org", "language": "fr"} | given("volunteer", "X6057")
    answer = local.post(reverse("shell:invite"), form)
    user = User.objects.get(email="vol@example.org")
    assert answer["Location"] == reverse("shell:member", args=[user.pk])
    assert (user.role, user.scope_of(Right.VIEW_PEOPLE)) == ("", {places.beauvais.pk})
    elsewhere = local.post(reverse("shell:invite"), form | {"email": "x@example.org", "territory": "X8021"})
    assert "outside your territory" in elsewhere.content.decode()
    assert not User.objects.filter(email="x@example.org").exists()


def test_coordinator_is_asked_for_place_and_last_day(local: Client) -> None:
    form = {"full_name": "Vol", "email": "vol@example.org", "language": "fr", "role": "volunteer"}
    assert set(local.post(reverse("shell:invite"), form).context["form"].errors) == {"territory", "ends_on"}


def test_coordinator_is_offered_no_role_above_their_own(local: Client) -> None:
    offered = {
        value for value, _label in local.get(reverse("shell:invite")).context["form"].fields["role"].choices
    }
    assert offered == {"local_coordinator", "event_host", "volunteer", "read_only"}


def test_coordinator_touches_no_account(local: Client, coordinator: User, places: Places) -> None:
    boss = User.objects.get(email="boss@example.org")
    volunteer = User.objects.create_user(email="v@example.org", role="", language="en")
    give_grant(user=volunteer, role="volunteer", territory=places.beauvais, ends_on=None, by=boss)
    page = reverse("shell:member", args=[volunteer.pk])
    assert "Close the account" not in local.get(page).content.decode()
    for act in ("link", "deactivate", "sign_out", "second_step", ""):
        assert local.post(page, {"act": act, "role": "administrator", "reason": "because"}).status_code == 403
    volunteer.refresh_from_db()
    assert (volunteer.role, volunteer.is_active) == ("", True)
    assert local.get(reverse("shell:member", args=[boss.pk])).status_code == 404


def test_coordinator_takes_nothing_away_from_themselves_or_above(local: Client, coordinator: User) -> None:
    grant = Grant.objects.get(user=coordinator)
    page = reverse("shell:member", args=[coordinator.pk])
    assert local.post(page, {"act": "end", "grant": grant.pk}).status_code == 403
    assert Grant.objects.filter(pk=grant.pk).exists()


def test_menu_shows_a_coordinator_what_opens_in_a_territory(local: Client) -> None:
    menu = local.get(reverse("shell:home")).content.decode()
    assert (reverse("shell:team") in menu, reverse("shell:organisation") in menu) == (True, False)
    answer = local.get(reverse("contacts:sources"))
    assert (answer.status_code, "in your territory only" in answer.content.decode()) == (403, True)


def test_ended_role_closes_the_pages_at_once(local: Client) -> None:
    assert local.get(reverse("shell:team")).status_code == 200
    Grant.objects.update(ends_on=timezone.localdate() - timedelta(days=1))
    assert local.get(reverse("shell:team")).status_code == 403
