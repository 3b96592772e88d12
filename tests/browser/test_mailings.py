"""The pages about mailings in a real Chromium: accessible, silent, fitting; and a send watched live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from contacts.models import Contact, List, ListMembership
from messaging.dispatch import lifecycle
from messaging.dispatch.pump import Pump
from messaging.dispatch.rates import Rates
from messaging.enums import DeliveryState
from messaging.models import Campaign, Delivery, Link, Template
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.messaging.people import make_campaign, make_people
from tests.messaging.views.conftest import make_sent
from tests.support.smtp_sink import SmtpSink
from tracking.models import CampaignCounter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def addresses(live_server: Any) -> list[str]:
    """Every page about mailings, with something on it."""
    make_people(3)
    draft = make_campaign(name="Invitation to the rally")
    paused = make_sent(
        DeliveryState.values, state="paused", name="A long name " * 8, pause_reason="Wrong date"
    )
    sent = make_sent(["accepted"] * 12, name="Sent", excluded={"no_address": 3})
    make_campaign(state="scheduled", scheduled_at=timezone.now(), name="Planned")
    Link.objects.create(campaign=sent, number=1, url="https://example.org/" + "long/" * 20, label="I come")
    CampaignCounter.objects.create(campaign=sent, metric="clicks", link_number=1, delta=4)
    template = Template.objects.create(name="Weekly letter", blocks=draft.blocks)
    standing = make_sent(["accepted", "unknown", "retry_wait"], state="sending")
    Campaign.objects.filter(pk=standing.pk).update(standing_for="confirmation:fr:2b", kind="service")
    Delivery.objects.filter(campaign=standing, state="retry_wait").update(answer="550 5.7.1 " + "long " * 30)
    return [
        "/mailings/",
        "/mailings/new/",
        "/mailings/calendar/",
        f"/mailings/{draft.pk}/audience/",
        f"/mailings/{draft.pk}/review/",
        *[f"/mailings/{campaign.pk}/" for campaign in (paused, sent)],
        *[f"/mailings/{paused.pk}/{page}/" for page in ("recipients", "message")],
        "/templates/",
        f"/templates/{template.pk}/",
        *["/senders/", "/senders/new/", "/ways-out/", "/ways-out/new/", "/service-messages/"],
    ]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_pages_are_silent_accessible_and_fit(
    page_of: Callable[..., Page], addresses: list[str], look: Look
) -> None:
    page = page_of("administrator", "/", look=look, language="fr" if look.width < 1000 else "en")
    wide = []
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        check_axe(page)
        if not has_no_sideways_scroll(page):
            wide.append(address)
    assert wide == []


def test_audience_is_counted_as_it_is_chosen(page_of: Callable[..., Page], live_server: Any) -> None:
    people = make_people(3)
    chosen = List.objects.create(name="Volunteers")
    ListMembership.objects.bulk_create(ListMembership(list=chosen, contact=person) for person in people[:2])
    campaign = make_campaign()
    page = page_of("director", f"/mailings/{campaign.pk}/audience/")
    figures = page.locator("#audience-picture")
    expect(figures).to_contain_text("3 messages would leave, out of 3 people")
    page.get_by_text("A fixed list", exact=True).click()
    expect(figures).to_contain_text("Choose who receives it")
    page.get_by_label("Fixed list", exact=True).select_option("Volunteers")
    expect(figures).to_contain_text("0 messages would leave, out of 2 people")
    expect(figures).to_contain_text("Targeted.")
    check_axe(page)
    page.get_by_text("Everyone", exact=True).click()
    expect(figures).to_contain_text("Not targeted.")


def test_send_is_watched_live_paused_and_finished(page_of: Callable[..., Page], live_server: Any) -> None:
    make_people(4)
    assert Contact.objects.count() == 4
    with SmtpSink() as sink:
        campaign = make_campaign(sink)
        page = page_of("director", f"/mailings/{campaign.pk}/review/")
        page.get_by_role("button", name="Send to 4 recipients").click()
        expect(page.get_by_text("Preparing the recipients").first).to_be_visible()
        assert lifecycle.freeze_waiting() == 1
        expect(page.get_by_text("0 of 4 recipients settled")).to_be_visible(timeout=10_000)
        page.get_by_role("button", name="Pause…").click()
        page.locator("#pause-reason").fill("Wrong date")
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_text("Wrong date")).to_be_visible()
        page.get_by_text("Every state of the ledger").click()
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_role("button", name="Pause…")).to_be_visible()
        page.get_by_text("Every state of the ledger").click()
        pump = Pump(rates=Rates(settings.REDIS_URL, workers=1))
        pump.run()
        pump.close()
        expect(page.get_by_text("4 of 4 recipients settled")).to_be_visible(timeout=10_000)
        expect(page.locator("#ledger-states")).to_have_attribute("open", "")
        lifecycle.finish()
        expect(page.get_by_text("Sent", exact=True)).to_be_visible(timeout=10_000)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.state_counts) == ("sent", {"accepted": 4})
    expect(page.get_by_text("What came back")).to_be_visible()
    assert not Campaign.objects.filter(state="sending").exists()
