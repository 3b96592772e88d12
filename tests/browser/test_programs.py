"""Keys, tokens, webhooks and the documentation of the API: made, shown once, accessible on every look."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from campaign_crm.platform.models import User, WebhookDelivery
from campaign_crm.platform.webhooks import service
from campaign_crm.platform.webhooks.events import WebhookEvent
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll

pytestmark = pytest.mark.django_db(transaction=True)
PageOf = Callable[..., Page]


def fits(page: Page, address: str) -> None:
    page.goto(address)
    check_axe(page)
    assert has_no_sideways_scroll(page), address


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[3]], ids=lambda look: look.name)
def test_pages_of_programs(page_of: PageOf, member_of: Callable[..., User], look: Look) -> None:
    boss = member_of()
    hook = service.create_webhook(
        name="Website", url="https://www.example.org/hook", events=[WebhookEvent.CAMPAIGN_SENT], by=boss
    )
    service.send_test(webhook=hook, by=boss)
    WebhookDelivery.objects.update(state="failed", status=500, attempts=9, error="it answered 500")
    page = page_of(path="/settings/api-keys/new/", look=look, language="fr")
    page.get_by_role("textbox", name="Nom").fill("Site")
    page.get_by_label("De pages web").check()
    page.get_by_label("Transmettre des inscriptions").check()
    page.get_by_role("textbox", name="Sites web").fill("www.example.org")
    page.get_by_role("button", name="Créer la clé").click()
    expect(page.locator(".codebox").first).to_contain_text("crm_")
    fits(page, "/settings/api-keys/")
    expect(page.get_by_text("https://www.example.org")).to_be_visible()
    page.get_by_role("button", name="Nouveau secret").click()
    expect(page.get_by_role("dialog", name="Un nouveau secret")).to_be_visible()
    for address in ("/settings/api-keys/new/", "/profile/tokens/", "/settings/webhooks/new/"):
        fits(page, address)
    fits(page, "/settings/webhooks/")
    fits(page, f"/settings/webhooks/{hook.pk}/")
    page.get_by_role("button", name="Renvoyer").click()
    expect(page.get_by_text("En attente")).to_be_visible()
    fits(page, "/api/v1/docs/")
    page.get_by_text("/api/v1/people/{id}/preferences/").first.click()
    expect(page.get_by_role("rowheader", name="days")).to_be_visible()
    check_axe(page)
    assert has_no_sideways_scroll(page)
