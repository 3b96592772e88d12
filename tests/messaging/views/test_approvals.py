"""The approval on the page before sending, the rules page, and the countdown with its button."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from messaging.enums import CampaignState
from messaging.models import Campaign, SendingRule
from tests.messaging.people import make_people

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(campaign: Campaign) -> Campaign:
    make_people(3)
    SendingRule.objects.create(id=1, approval_above=2, window_seconds=120)
    return campaign


def act(client: Client, campaign: Campaign, name: str, **data: str) -> str:
    url = reverse("messaging:campaign_approval", args=[campaign.pk, name])
    return client.post(url, data, follow=True).content.decode()


def page(client: Client, campaign: Campaign) -> str:
    return client.get(reverse("messaging:campaign_review", args=[campaign.pk])).content.decode()


def test_one_asks_another_approves_and_it_can_be_sent(
    officer: Client, signed_in: Callable[..., Client], ready: Campaign
) -> None:
    administrator = signed_in(Role.ADMINISTRATOR)
    assert "Ask for approval" in page(officer, ready)
    assert "Everybody who can approve it has been told." in act(officer, ready, "ask")
    own = officer.get(reverse("messaging:campaign_review", args=[ready.pk])).context["approval"]
    assert own["is_open"]
    assert not own["may_answer"]
    shown = administrator.get(reverse("messaging:campaign_review", args=[ready.pk]))
    approval = shown.context["approval"]
    assert approval["may_answer"]
    assert "can leave as it is now" in act(administrator, ready, "approve", content=approval["content"])
    assert officer.get(reverse("messaging:campaign_review", args=[ready.pk])).context["found"].may_leave


def test_sent_back_with_a_reason(officer: Client, signed_in: Callable[..., Client], ready: Campaign) -> None:
    administrator = signed_in(Role.ADMINISTRATOR)
    act(officer, ready, "ask")
    content = administrator.get(reverse("messaging:campaign_review", args=[ready.pk])).context["approval"][
        "content"
    ]
    act(administrator, ready, "decline", content=content, reason="The date is missing")
    assert "The date is missing" in page(officer, ready)


def test_alone_with_a_reason(officer: Client, ready: Campaign) -> None:
    Campaign.objects.update(created_by=None)
    User.objects.exclude(email="director@example.org").update(is_active=False)
    assert "Approve with this reason" in page(officer, ready)
    act(officer, ready, "alone", reason="Flood tonight")
    shown = page(officer, ready)
    assert "Flood tonight" in shown
    assert "10 minutes" in shown


def test_an_unknown_act_is_not_found(officer: Client, ready: Campaign) -> None:
    url = reverse("messaging:campaign_approval", args=[ready.pk, "bless"])
    assert officer.post(url).status_code == 404


def test_the_countdown_has_a_button_to_cancel(officer: Client, ready: Campaign) -> None:
    until = timezone.now() + timedelta(seconds=90)
    Campaign.objects.update(state=CampaignState.FREEZING, window_until=until)
    url = reverse("messaging:campaign_progress", args=[ready.pk])
    shown = officer.get(url, {"state": "freezing"})
    assert shown.context["leaves_in"] in ("1:30", "1:29")
    assert "btn-danger" in shown.content.decode()


def test_rules_are_changed_by_whoever_changes_settings(
    officer: Client, signed_in: Callable[..., Client]
) -> None:
    url = reverse("messaging:sending_rules")
    data = {"approval_above": "1000", "window_seconds": "300", "typed_above": "50"}
    assert officer.post(url, data).status_code == 403
    administrator = signed_in(Role.ADMINISTRATOR)
    assert administrator.post(url, data).status_code == 302
    rule = SendingRule.current()
    assert (rule.approval_above, rule.window_seconds, rule.typed_above) == (1000, 300, 50)
    assert administrator.post(url, data | {"window_seconds": "9999"}).status_code == 422


def test_the_number_is_typed_from_where_the_rule_says(officer: Client, ready: Campaign) -> None:
    SendingRule.objects.update(approval_above=None, typed_above=3)
    url = reverse("messaging:campaign_review", args=[ready.pk])
    sent = {"when": "now", "revision": "1"}
    assert officer.post(url, sent).status_code == 422
    assert officer.post(url, sent | {"typed": "3"}).status_code == 302
