"""Territories of a mailing in a real Chromium: opening a block, writing a region's words, seeing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from contacts.enums import TerritoryKind
from contacts.models import Territory
from messaging.models import Campaign, CampaignVariant, Template
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.messaging.dispatch.test_variants import place
from tests.messaging.people import make_campaign

pytestmark = pytest.mark.django_db(transaction=True)

LOCKED = {"id": "h1", "type": "heading", "text": "Rally", "level": "1", "align": "left"}
OPEN = {"id": "t1", "type": "text", "html": "<p>Near you.</p>", "align": "left", "open": True}


@pytest.fixture
def region(live_server: Any) -> Territory:
    return place("32", TerritoryKind.REGION)


@pytest.fixture
def campaign(live_server: Any) -> Campaign:
    return make_campaign(name="Invitation", subject="Rally on Saturday", blocks=[LOCKED, OPEN])


def shown(page: Page) -> Any:
    return page.frame_locator("#preview-stage iframe:not(.preview-loading)").last


def previewed(page: Page) -> None:
    """The first preview is there: in view on a large screen, behind its button on a phone."""
    expect(shown(page).get_by_text("Rally")).to_have_count(1)
    expect(page.locator("#preview-stage iframe.preview-loading")).to_have_count(0)


def saved(page: Page) -> None:
    expect(page.locator("[data-save-status]")).to_have_text("Saved")


def test_a_national_author_opens_a_block(page_of: Callable[..., Page], campaign: Campaign) -> None:
    page = page_of("director", f"/mailings/{campaign.pk}/compose/")
    page.locator('.block[data-id="h1"] .block-toggle').click()
    page.locator('.block[data-id="h1"]').get_by_role("switch", name="Local block").check()
    expect(page.locator('.block[data-id="h1"] .block-head .badge-accent')).to_have_text("Local block")
    expect(page.get_by_text("Only for some readers")).to_have_count(0)
    saved(page)
    campaign.refresh_from_db()
    assert [block.get("open") for block in campaign.blocks] == [True, True]


def test_a_region_writes_its_words_and_takes_the_national_ones_back(
    page_of: Callable[..., Page], campaign: Campaign, region: Territory
) -> None:
    page = page_of("director", f"/mailings/{campaign.pk}/territories/")
    page.get_by_role("link", name=f"Write – {region.name}").click()
    expect(page.locator(".block")).to_have_count(1)
    expect(page.get_by_role("button", name="Add a block")).to_have_count(0)
    page.locator(".block .rich-box").fill("In Lille on Sunday")
    page.get_by_label("Subject").fill("Lille")
    saved(page)
    expect(shown(page).get_by_text("In Lille on Sunday")).to_be_visible()
    expect(shown(page).get_by_text("Rally")).to_be_visible()
    expect(page.locator("[data-inbox-subject]")).to_have_text("Lille")
    assert campaign.variants.get().replaced["t1"]["html"] == "<p>In Lille on Sunday</p>"
    page.locator(".block-toggle").click()
    page.locator(".block-toggle").click()  # drawn anew: the button is there once the words differ
    page.get_by_role("button", name="Take back the national text").click()
    saved(page)
    expect(shown(page).get_by_text("Near you.")).to_be_visible()
    assert campaign.variants.get().replaced == {}


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_pages_of_territories_are_accessible_and_fit(
    page_of: Callable[..., Page], campaign: Campaign, region: Territory, look: Look
) -> None:
    place("93", TerritoryKind.REGION)
    words = {"t1": {**OPEN, "html": "<p>In Lille.</p>"}}
    CampaignVariant.objects.create(
        campaign=campaign, number=1, label=region.name, territory=region, subject="Lille", replaced=words
    )
    page = page_of("director", look=look)
    for path in (
        f"/mailings/{campaign.pk}/territories/",
        f"/mailings/{campaign.pk}/territories/{region.pk}/",
    ):
        page.goto(path)
        if path.endswith(f"{region.pk}/"):
            expect(page.locator(".block-toggle").first).to_be_visible()
            previewed(page)
        check_axe(page)
        assert has_no_sideways_scroll(page), path


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_local_kit_is_filled_in_where_it_is_open(
    page_of: Callable[..., Page], region: Territory, look: Look
) -> None:
    make_campaign()  # the organisation
    kit = Template.objects.create(name="Meeting", subject="Meeting", blocks=[LOCKED, OPEN], is_kit=True)
    page = page_of("director", "/templates/", look=look)
    check_axe(page)
    assert has_no_sideways_scroll(page)
    page.get_by_role("link", name="Local mailing – Meeting").click()
    expect(page.get_by_label("Territory")).to_be_visible()
    check_axe(page)
    assert has_no_sideways_scroll(page)
    page.get_by_label("Territory").select_option(label=str(region))
    page.get_by_role("button", name="Fill it in").click()
    expect(page.locator(".block")).to_have_count(2)
    previewed(page)
    check_axe(page)
    assert has_no_sideways_scroll(page)
    expect(page.locator(".block-locked")).to_have_attribute("data-id", "h1")
    expect(page.locator(".block-actions")).to_have_count(0)
    page.locator(".block .rich-box").fill("Town hall, Friday")
    saved(page)
    campaign = Campaign.objects.exclude(territory=None).get()
    assert [campaign.blocks[0], campaign.blocks[1]["html"]] == [LOCKED, "<p>Town hall, Friday</p>"]
    assert kit.blocks == [LOCKED, OPEN]
