"""The doors of the product in a real browser: the first administrator, and the second step."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Page, expect

from campaign_crm.platform.services.first_admin import issue_first_admin_link
from tests.browser.conftest import check_axe

PASSWORD = "correct horse battery"


def code_of(secret: str) -> str:
    """The six figures that an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_first_administrator_sets_up_a_second_step_and_signs_in_with_it(
    page_of: Callable[..., Page], transactional_db: None
) -> None:
    link = issue_first_admin_link()
    assert link is not None
    page = page_of(None, "/start/" + link.rstrip("/").rpartition("/")[2] + "/")
    check_axe(page)
    page.get_by_label("Your name").fill("Camille Durand")
    page.get_by_label("Your e-mail").fill("camille@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account and sign in").click()
    expect(page.locator("summary", has_text="Your account")).to_be_visible()

    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Set it up").click()
    check_axe(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    check_axe(page)
    secret = page.locator("code.codebox").inner_text()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("code.codebox")).to_be_visible()
    codes = page.locator("code.codebox").inner_text().split()
    check_axe(page)

    page.locator("summary", has_text="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/profile/")
    page.get_by_label("E-mail").fill("camille@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    check_axe(page)
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/profile/")


def test_wrong_password_is_said_beside_the_form(page_of: Callable[..., Page]) -> None:
    page = page_of(None, "/accounts/login/")
    page.get_by_label("E-mail").fill("nobody@example.org")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check_axe(page)
