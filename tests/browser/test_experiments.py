"""An A/B test in a real Chromium: set up, written, looked at before sending, and chosen by a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from messaging.models import Campaign, Experiment
from messaging.models.experiment import Outcome
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.messaging.people import make_campaign, make_people
from tests.messaging.views.test_experiments import kept, under_way, with_test

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign(live_server: Any) -> Campaign:
    make_people(20)
    return make_campaign(name="Programme", subject="Our programme")


def at(page: str, campaign: Campaign, *more: object) -> str:
    return reverse(f"messaging:{page}", args=[campaign.pk, *more])


def fits(page: Page) -> None:
    check_axe(page)
    assert has_no_sideways_scroll(page)


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[-1]], ids=lambda look: look.name)
def test_set_up_written_and_shown_before_sending(
    page_of: Callable[..., Page], campaign: Campaign, look: Look
) -> None:
    page = page_of("director", at("experiment", campaign), look=look)
    fits(page)
    page.get_by_label("Recipients in the test, in percent").fill("50")
    page.get_by_role("button", name="Test versions").click()
    expect(page.get_by_text("Nothing yet")).to_be_visible()
    expect(page.get_by_text("5 recipients a version.")).to_be_visible()
    fits(page)

    page.get_by_role("link", name="Write – Version B").click()
    expect(page.locator(".block")).to_have_count(2)
    page.get_by_label("Subject").fill("Your programme")
    expect(page.locator("[data-save-status]")).to_have_text("Saved")
    expect(page.locator("[data-inbox-subject]")).to_have_text("Your programme")
    page.locator(".block-toggle").first.click()
    expect(page.get_by_role("switch", name="Local block")).to_have_count(0)
    fits(page)
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#test-version")).to_have_value("1")
    page.get_by_role("button", name="Send the test").click()
    expect(page.get_by_text("The test is on its way to 1 address.")).to_be_visible()
    page.locator("#test-dialog").get_by_role("button", name="Close").last.click()
    page.get_by_role("link", name="All versions").click()
    expect(page.get_by_role("cell", name="Your programme")).to_be_visible()

    page.goto(at("campaign_review", campaign))
    expect(page.get_by_role("heading", name="A/B test")).to_be_visible()
    page.get_by_role("link", name="Version B", exact=True).click()
    expect(page.get_by_role("link", name="Version B", exact=True)).to_have_attribute("aria-current", "true")
    shown = page.frame(name="version-preview")
    assert shown is not None
    shown.wait_for_url(f"**{at('variant_preview', campaign, 1)}")
    fits(page)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_person_chooses_where_the_test_left_it_open(
    page_of: Callable[..., Page], live_server: Any, look: Look
) -> None:
    figures = [kept(0, 50), kept(1, 120, left=40)]
    campaign = under_way(looked_at=timezone.now(), outcome=Outcome.WITHHELD, figures=figures)
    page = page_of("director", at("campaign", campaign), look=look)
    expect(page.get_by_text("Too many readers of version B left.")).to_be_visible()
    fits(page)
    page.get_by_role("radio", name="Version A").check()
    page.locator("#choice-reason").fill("Fewer people leave")
    page.get_by_role("button", name="Send this version to the others").click()
    expect(page.get_by_text("Fewer people leave")).to_be_visible()
    assert Experiment.objects.get().chosen == 0
    page.goto(at("campaign_message", campaign))
    page.get_by_role("link", name="Version B", exact=True).click()
    fits(page)


def test_ending_a_test_asks_first(page_of: Callable[..., Page], campaign: Campaign) -> None:
    page = page_of("director", at("experiment", with_test(campaign, "Another")))
    page.get_by_role("button", name="Take the test away…").click()
    fits(page)
    page.locator("#stop-dialog").get_by_role("button", name="Take the test away").click()
    expect(page.get_by_text("Test versions of this mailing")).to_be_visible()
    assert not Experiment.objects.exists()
