"""The pages of retention, mailings by brokers and campaign accounts: readable whatever the look."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from contacts.models import Source
from contacts.retention.rehearsal import look as look_at_what_ends
from messaging.enums import Heading
from messaging.models import BrokerMailing, CampaignCost, Invoice, UnitCost
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.contacts.retention.conftest import brought_by
from tests.messaging.people import make_account, make_campaign

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_what_goes_and_what_it_cost_can_be_read(page_of: Callable[..., Page], look: Look) -> None:
    rental = Source.objects.create(
        name="Rented",
        kind="broker_rental",
        lawful_basis="consent",
        channels=["email"],
        supplier="Exempla",
        licence_ends_on=timezone.localdate() - timedelta(days=1),
    )
    Source.objects.create(name="Roll of Beauvais", kind="roll", lawful_basis="public_roll")
    brought_by(rental, "camille@example.org", first_name="Camille")
    look_at_what_ends()
    page = page_of("administrator", "/data-protection/retention/", look=look)
    expect(page.get_by_role("link", name="Rented")).to_be_visible()
    _looked_at(page, f"retention-{look.name}")
    page.get_by_role("link", name="Rented").click()
    expect(page.get_by_role("link", name="Camille Martin")).to_be_visible()
    _looked_at(page, f"purge-{look.name}")

    campaign = make_campaign(name="Programme")
    CampaignCost.objects.create(campaign=campaign, accepted=1200, computed=Decimal("1.08"))
    UnitCost.objects.create(account=make_account(), since=date(2027, 1, 1), amount=Decimal("0.0009"))
    for number, is_gift in (("F-12", False), ("F-13", True)):
        Invoice.objects.create(
            number=number,
            issued_on=date(2027, 3, 2),
            supplier="Exempla",
            amount=Decimal("1234.50"),
            heading=Heading.ONLINE,
            is_free_service=is_gift,
            is_from_company=is_gift,
        )
    root = page.url.partition("/data-protection/")[0]
    page.goto(f"{root}/campaign-accounts/")
    expect(page.get_by_role("link", name="Programme")).to_be_visible()
    _looked_at(page, f"accounts-{look.name}")
    page.goto(f"{root}/campaign-accounts/invoices/new/")
    _looked_at(page, f"invoice-{look.name}")

    mailing = BrokerMailing.objects.create(
        campaign=campaign,
        broker="Exempla",
        proof="Contract of January",
        origin_text="you agreed to it",
        leaves_at=timezone.now() + timedelta(days=3),
        expected=2000,
    )
    page.goto(f"{root}/mailings/brokers/{mailing.pk}/")
    page.get_by_role("button").last.wait_for()
    _looked_at(page, f"broker-planned-{look.name}")
    BrokerMailing.objects.update(state="handed", compiled={})
    page.reload()
    _looked_at(page, f"broker-handed-{look.name}")


def _looked_at(page: Page, name: str) -> None:
    """Check it, and keep a picture where somebody asks for pictures (SCREENSHOTS=folder)."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    check_axe(page)
    assert has_no_sideways_scroll(page)
