"""Ways out: an account at a provider is made, and the page says in plain words what a check found."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from messaging.models import ProviderAccount
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.support.http_fakes import FakeServer
from tests.support.http_fakes.brevo import BrevoFake

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_an_account_at_a_provider_is_made_and_checked(page_of: Callable[..., Page], look: Look) -> None:
    with FakeServer(BrevoFake()) as server:
        page = page_of("administrator", "/ways-out/new/", look=look)
        page.get_by_role("link", name="Brevo").click()
        page.get_by_label("Name", exact=True).fill("Our Brevo")
        page.get_by_label("API key").fill(BrevoFake.key)
        check_axe(page)
        assert has_no_sideways_scroll(page)
        _look_at(page, f"ways-out-new-{look.name}")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("link", name="Our Brevo", exact=True)).to_be_visible()
        ProviderAccount.objects.update(settings={"api_url": server.url})
        page.get_by_role("button", name="Check this account").click()
        expect(page.get_by_text("Domains that may send: example.org.")).to_be_visible()
        check_axe(page)
        assert has_no_sideways_scroll(page)
        _look_at(page, f"ways-out-{look.name}")


def _look_at(page: Page, name: str) -> None:
    """Keep a picture where somebody asks for pictures (SCREENSHOTS=folder)."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
