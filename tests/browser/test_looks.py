"""Every frame page and every component: silent console, axe, and no sideways scroll, on all looks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from campaign_crm.platform.models import Organisation
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll

STAFF_PAGES = [
    *("/", "/catalogue/", "/profile/", "/settings/team/", "/settings/team/invite/", "/accounts/2fa/"),
    *("/notifications/", "/settings/api-keys/new/", "/electors/letters/"),
]
ADMIN_PAGES = [
    "/admin/",
    "/admin/platform/user/",
    "/admin/platform/notification/add/",
]
STRANGERS_PAGES = ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_staff_pages_are_silent_accessible_and_fit(page_of: Callable[..., Page], look: Look) -> None:
    page = page_of("administrator", look=look)
    for path in STAFF_PAGES:
        page.goto(path)
        check_axe(page)
        assert has_no_sideways_scroll(page), path


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_pages_are_accessible_and_fit_while_sending_is_off(page_of: Callable[..., Page], look: Look) -> None:
    page = page_of("administrator", look=look)
    Organisation.objects.update(sending_enabled=False)
    for path in ["/settings/sending/", "/settings/team/", "/admin/"]:
        page.goto(path)
        expect(page.locator(".frame-notice")).to_be_visible()
        check_axe(page)
        assert has_no_sideways_scroll(page), path


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_admin_pages_are_silent_and_accessible(
    page_of: Callable[..., Page], member_of: Callable[..., object], look: Look
) -> None:
    page = page_of("administrator", look=look)
    user = member_of("administrator")
    for path in [*ADMIN_PAGES, f"/admin/platform/user/{user.pk}/change/"]:
        page.goto(path)
        page.wait_for_function("window.Alpine && document.readyState === 'complete'")
        check_axe(page)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_pages_before_sign_in_are_silent_accessible_and_fit(page_of: Callable[..., Page], look: Look) -> None:
    page = page_of(None, "/accounts/login/", look=look)
    for path in STRANGERS_PAGES:
        page.goto(path)
        check_axe(page)
        assert has_no_sideways_scroll(page), path
