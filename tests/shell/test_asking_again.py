"""Exports and sends on a sign-in that is no longer fresh: asked again, and brought back to what was done."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.asking_again import SIGNED_IN_AT
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from messaging.enums import CampaignState
from tests.messaging.people import make_campaign, make_people

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def stale(member: Callable[..., User]) -> Client:
    """An officer who signed in twenty minutes ago."""
    client = Client()
    client.force_login(member(Role.DIRECTOR, password=PASSWORD))
    session = client.session
    session[SIGNED_IN_AT] = time.time() - 20 * 60
    session.save()
    return client


def test_a_fresh_sign_in_is_not_asked_again(signed_in: Callable[..., Client]) -> None:
    answer = signed_in(Role.DIRECTOR).post(reverse("contacts:electors_letters"))
    assert "reauthenticate" not in answer.get("Location", "")


def test_an_export_is_asked_again_and_then_done(stale: Client) -> None:
    letters = reverse("contacts:electors_letters")
    asked = stale.post(letters, {"reason": "Poster round"})
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    wrong = stale.post(asked["Location"], {"password": "not it"})
    assert wrong.status_code == 200
    stale.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": letters})
    assert "reauthenticate" not in stale.post(letters).get("Location", "")


def test_a_send_is_asked_again_and_then_leaves_as_it_was_pressed(stale: Client) -> None:
    make_people(3)
    campaign = make_campaign()
    review = reverse("messaging:campaign_review", args=[campaign.pk])
    revision = stale.get(review).context["revision"]
    asked = stale.post(review, {"when": "now", "revision": revision})
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
    wrong = stale.post(asked["Location"], {"password": "not it", "next": review})
    assert wrong.status_code == 200
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
    done = stale.post(asked["Location"], {"password": PASSWORD, "next": review})
    assert done["Location"] == reverse("messaging:campaign", args=[campaign.pk])
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.FREEZING


def test_who_lost_the_right_meanwhile_sends_nothing(stale: Client) -> None:
    make_people(3)
    campaign = make_campaign()
    review = reverse("messaging:campaign_review", args=[campaign.pk])
    asked = stale.post(review, {"when": "now", "revision": stale.get(review).context["revision"]})
    User.objects.filter(email__startswith="director").update(role=Role.READ_ONLY)
    assert stale.post(asked["Location"], {"password": PASSWORD, "next": review}).status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT


def test_a_send_is_asked_again_and_reading_is_not(stale: Client) -> None:
    review = reverse("messaging:campaign_review", args=[999_999])
    assert stale.get(review).status_code == 404
    assert stale.post(review)["Location"].startswith(reverse("account_reauthenticate"))


def test_a_fragment_sends_the_whole_page_to_be_asked(stale: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/mailings/"}
    answer = stale.post(reverse("contacts:electors_letters"), headers=headers)
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith(reverse("account_reauthenticate") + "?next=http")


def test_stopping_a_mailing_is_never_held_up(stale: Client) -> None:
    answer = stale.post(reverse("messaging:campaign_act", args=[999_999, "pause"]))
    assert "reauthenticate" not in answer.get("Location", "")


def test_somebody_of_single_sign_on_alone_goes_there_again(stale: Client) -> None:
    user = User.objects.get()
    user.set_unusable_password()
    user.save()
    stale.force_login(user)
    session = stale.session
    session[SIGNED_IN_AT] = 0
    session.save()
    answer = stale.post(reverse("contacts:electors_letters"), headers={"Referer": "https://evil.example/"})
    there = "/accounts/oidc/sso/login/?next=%2F&auth_params=prompt%3Dlogin%26max_age%3D0"
    assert answer["Location"] == there
