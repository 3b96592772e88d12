"""The page of what comes back to a way out, on all looks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from messaging.models import Mailbox, ProviderAccount
from messaging.webhooks.address import new_secret
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.messaging.people import make_account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_what_comes_back_is_accessible_and_fits(page_of: Callable[..., Page], look: Look) -> None:
    page = page_of("administrator", look=look)
    account = make_account()
    ProviderAccount.objects.filter(pk=account.pk).update(
        hook_kind="ses", hook_secret=new_secret(), return_domain="returns.example.org"
    )
    Mailbox.objects.create(
        account=account,
        purpose="returns",
        host="imap.example.org",
        username="returns",
        sign_in="microsoft",
        error="The access was withdrawn or has ended: give it anew and type the refresh token",
    )
    page.goto(f"/ways-out/{account.pk}/returns/")
    expect(page.locator("code", has_text="/hooks/")).to_be_visible()
    expect(page.locator("#id_returns_refresh_token")).to_be_visible()
    check_axe(page)
    assert has_no_sideways_scroll(page)
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"returns-{look.name}.png", full_page=True)
    page.locator("[data-dialog-open=address-dialog]").click()
    expect(page.locator("#address-dialog")).to_be_visible()
    check_axe(page)
