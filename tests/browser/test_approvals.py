"""A mailing that a second person approves, and the countdown with its button, in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from campaign_crm.platform.rights import Role
from messaging.dispatch import lifecycle
from messaging.enums import CampaignState
from messaging.models import SendingRule
from tests.browser.conftest import LOOKS, check_axe, has_no_sideways_scroll
from tests.messaging.people import make_campaign, make_people

pytestmark = pytest.mark.django_db(transaction=True)


def test_asked_for_approved_sent_and_cancelled_in_time(
    page_of: Callable[..., Page], member_of: Callable[..., object]
) -> None:
    make_people(3)
    SendingRule.objects.create(id=1, approval_above=2, window_seconds=120)
    campaign = make_campaign()
    member_of(Role.ADMINISTRATOR)
    review = reverse("messaging:campaign_review", args=[campaign.pk])

    officer = page_of(Role.DIRECTOR, review)
    officer.get_by_role("button", name="Ask for approval").click()
    expect(officer.get_by_text("Everybody who can approve it has been told.")).to_be_visible()
    expect(officer.get_by_role("button", name="Approve", exact=True)).to_have_count(0)

    administrator = page_of(Role.ADMINISTRATOR, review, look=LOOKS[-1])
    administrator.get_by_role("button", name="Approve", exact=True).click()
    expect(administrator.get_by_text("Approved: it can leave as it is now.")).to_be_visible()
    check_axe(administrator)
    assert has_no_sideways_scroll(administrator)

    officer.goto(review)
    officer.get_by_role("button", name="Send to 3 recipients").click()
    expect(officer.get_by_role("timer")).to_contain_text("The first message leaves in")
    lifecycle.freeze_waiting()
    officer.get_by_role("button", name="Cancel", exact=True).first.click()
    check_axe(officer)
    officer.locator("#cancel-dialog").get_by_role("button", name="Cancel the mailing").click()
    expect(officer.get_by_text("Cancelled").first).to_be_visible()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.CANCELLED
