"""The doors of the product in a real browser: the first administrator, and the second step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Page, expect

from campaign_crm.platform.models import User
from campaign_crm.platform.services.first_admin import issue_first_admin_link
from tests.browser.conftest import check_axe

PASSWORD = "correct horse battery"
NO_KEY = (
    "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
)


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
    expect(page.get_by_role("heading", name="Remember this device?")).to_be_visible()
    check_axe(page)
    page.get_by_role("button", name="Remember it for 30 days").click()
    page.wait_for_url("**/profile/")
    page.locator("summary", has_text="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/profile/")
    page.get_by_label("E-mail").fill("camille@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/profile/")


def device_with_a_finger(page: Page) -> None:
    """A device that checks its owner and keeps passkeys, as Chromium plays one."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "isUserVerified": True}
    options |= {"hasResidentKey": True, "hasUserVerification": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_signs_in_alone_and_answers_when_asked_again(
    page_of: Callable[..., Page], transactional_db: None, live_server: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = live_server.url
    settings.SECOND_STEP_REQUIRED = True
    member = User.objects.create_user(
        email="camille@example.org", password=PASSWORD, role="administrator", language="en"
    )
    page = page_of(None, "/accounts/login/")
    device_with_a_finger(page)
    check_axe(page)
    page.get_by_label("E-mail").fill("camille@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Your rights ask for a second step")).to_be_visible()
    check_axe(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    check_axe(page)
    page.get_by_label("Name").fill("This computer")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("code.codebox")).to_be_visible()  # the recovery codes that come with it
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("This computer").first).to_be_visible()
    check_axe(page)

    page.locator("summary", has_text="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/profile/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/profile/")
    page.get_by_role("link", name="Where you are signed in").click()
    expect(page.get_by_text("This one")).to_be_visible()
    check_axe(page)

    page.goto("/accounts/2fa/webauthn/reauthenticate/?next=/profile/")
    check_axe(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/profile/")
    assert Authenticator.objects.filter(user=member, type="webauthn").count() == 1


def test_a_device_without_a_passkey_is_said_beside_the_button(
    page_of: Callable[..., Page], live_server: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = live_server.url
    page = page_of(None, "/accounts/login/")
    page.evaluate(NO_KEY)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The device gave no passkey")
    check_axe(page)


def test_wrong_password_is_said_beside_the_form(page_of: Callable[..., Page]) -> None:
    page = page_of(None, "/accounts/login/")
    page.get_by_label("E-mail").fill("nobody@example.org")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check_axe(page)
