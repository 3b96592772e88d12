"""Pages of several ways out, limits of mailboxes and a mailing that waits, in a real Chromium."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from messaging.models import (
    CampaignPace,
    CampaignWatch,
    Delivery,
    FamilyLimit,
    FamilyPause,
    SenderRoute,
    WarmUp,
)
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.messaging.people import make_account, make_campaign, make_sender
from tests.messaging.views.conftest import make_sent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def addresses(live_server: Any) -> dict[str, str]:
    """Each page with something on it."""
    sender = make_sender(make_account())
    SenderRoute.objects.create(sender=sender, provider_account=make_account(), weight=2)
    sender.warm_up_from = timezone.localdate() - timedelta(days=60)
    sender.save()
    for family, days in (("gmail", 3), ("orange", 16)):
        WarmUp.objects.create(sender=sender, family=family, days=days, last_on=timezone.localdate())
    account = sender.provider_account
    account.warm_up_from = timezone.localdate()
    account.save()
    planned = make_sent(["accepted"] * 3 + ["queued"] * 5, state="sending", moment="local", name="Overseas")
    FamilyLimit.objects.create(family="orange", per_minute=600)
    campaign = make_sent(["accepted"] * 3 + ["queued"] * 5, state="sending", name="The letter")
    then = timezone.now() - timedelta(minutes=4)
    CampaignWatch.objects.create(campaign=campaign, left=5, progressed_at=then)
    campaign.started_at = planned.started_at = then
    campaign.save()
    planned.save()
    CampaignWatch.objects.create(campaign=planned, left=5, progressed_at=then)
    later = timezone.now() + timedelta(hours=9)
    Delivery.objects.filter(campaign=planned, state="queued").update(due_at=later)
    draft = make_campaign(sender=sender, name="The next letter")
    CampaignPace.objects.create(campaign=campaign, per_hour=3_600)
    FamilyPause.objects.create(
        campaign=campaign, family="gmail", domains=["gmail.com"], kind="bounced", share=0.06, limit=0.05
    )
    return {
        "sender": f"/senders/{sender.pk}/",
        "mailboxes": "/ways-out/mailboxes/",
        "account": f"/ways-out/{account.pk}/",
        "mailing": f"/mailings/{campaign.pk}/",
        "planned": f"/mailings/{planned.pk}/",
        "review": reverse("messaging:campaign_review", args=[draft.pk]),
    }


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_pages_are_silent_accessible_and_fit(
    page_of: Callable[..., Page], addresses: dict[str, str], look: Look
) -> None:
    page = page_of("administrator", "/", look=look, language="fr" if look.width < 1000 else "en")
    for name, address in addresses.items():
        page.goto(address)
        expect(page.locator("main h1")).to_be_visible()
        check_axe(page)
        assert has_no_sideways_scroll(page), address
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{name}-{look.name}.png", full_page=True)


def test_a_paused_family_goes_on_from_the_page(
    page_of: Callable[..., Page], addresses: dict[str, str]
) -> None:
    page = page_of()
    page.goto(addresses["mailing"])
    expect(page.get_by_text("It stands still.")).to_be_visible()
    page.get_by_role("button", name="Go on with Gmail").click()
    expect(page.get_by_text("Gmail waits.")).to_have_count(0)
    page.get_by_role("button", name="Change…").click()
    page.get_by_label("Messages an hour, at most").fill("7200")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("7,200 an hour at most")).to_be_visible()
