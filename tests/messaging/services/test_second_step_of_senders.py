"""A large mailing of a sender who signs in with a password alone, once their days of grace are over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from messaging.enums import CampaignState
from messaging.errors import NotAllowed
from messaging.models import Campaign, SendingRule
from messaging.services.campaigns import schedule, send_now
from tests.messaging.people import make_campaign, make_people

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(settings) -> User:
    settings.SECOND_STEP_REQUIRED = True
    SendingRule.objects.update_or_create(
        id=1, defaults={"approval_above": None, "typed_above": 100_000, "window_seconds": 0}
    )
    return User.objects.create_user(
        email="sender@example.org",
        role=Role.DIRECTOR,
        language="en",
        second_step_asked_at=timezone.now() - timedelta(days=8),
    )


@pytest.fixture
def large(db: None) -> Campaign:
    make_people(501)
    return make_campaign()


def test_it_is_neither_sent_nor_scheduled_and_says_why(sender: User, large: Campaign) -> None:
    with pytest.raises(NotAllowed, match="500"):
        send_now(campaign=large, by=sender)
    with pytest.raises(NotAllowed):
        schedule(campaign=large, at=timezone.now() + timedelta(hours=1), by=sender)
    large.refresh_from_db()
    assert large.state == CampaignState.DRAFT


def test_the_page_says_so_and_nothing_leaves(sender: User, large: Campaign) -> None:
    client = Client()
    client.force_login(sender)
    review = reverse("messaging:campaign_review", args=[large.pk])
    page = client.get(review)
    form = {"when": "now", "revision": page.context["revision"], "typed": "501"}
    answer = client.post(review, form, follow=True)
    assert "asks for a second step of signing in" in answer.content.decode()
    large.refresh_from_db()
    assert large.state == CampaignState.DRAFT


def test_within_the_days_of_grace_it_leaves(sender: User, large: Campaign) -> None:
    sender.second_step_asked_at = timezone.now() - timedelta(days=6)
    sender.save()
    assert send_now(campaign=large, by=sender).state == CampaignState.FREEZING


def test_a_smaller_one_leaves(sender: User) -> None:
    make_people(500)
    assert send_now(campaign=make_campaign(), by=sender).state == CampaignState.FREEZING
