"""The example website, on an origin of its own: people sign by it, see the count grow, and what comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from campaign_crm.platform.api.keys import create_api_key
from campaign_crm.platform.models import ApiKey, User
from campaign_crm.platform.scopes import OF_PUBLIC_KEYS
from messaging.services.senders import ensure_local_sender
from tests.browser.conftest import LOOKS, Watched, check_axe, has_no_sideways_scroll
from tests.shell.api.conftest import make_event
from tracking.models import Form, Submission
from tracking.services.forms import create_form

WEBSITE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "website"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_parts: Any) -> None:
        pass


@pytest.fixture
def petition(transactional_db: None) -> Form:
    ensure_local_sender()
    return create_form(
        by=None,
        newsletters=[],
        title="More trains",
        introduction="For a train every hour.",
        language="en",
        thank_you="",
        tag=None,
        is_open=True,
        fields=["first_name", "last_name", "email"],
        consents=[{"channel": "email", "purpose": "messages"}],
    )


@pytest.fixture
def website(live_server: Any, petition: Form, tmp_path: Path) -> Iterator[str]:
    """Its address; the page names the API and a public key that is for this address."""
    server = ThreadingHTTPServer(("localhost", 0), partial(Quiet, directory=str(tmp_path)))
    origin = f"http://localhost:{server.server_address[1]}"
    boss = User.objects.create_user(email="boss@example.org", role="administrator")
    key = create_api_key(
        name="Website", kind=ApiKey.Kind.PUBLIC, scopes=sorted(OF_PUBLIC_KEYS), origins=[origin], by=boss
    )[1]
    for file in WEBSITE.iterdir():
        text = file.read_text(encoding="utf-8").replace("https://crm.example.org", live_server.url)
        text = text.replace("crm_…", key).replace('data-form="petition"', f'data-form="{petition.slug}"')
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield origin
    server.shutdown()
    server.server_close()


def opened(browser: Browser, console: Watched, address: str) -> Page:
    look = LOOKS[2]
    context = browser.new_context(viewport={"width": look.width, "height": look.height}, locale="en")
    page = console.watch(context.new_page())
    page.goto(address)
    return page


def test_website_signs_people_up_counts_them_and_lists_what_comes(
    browser: Browser, console: Watched, website: str
) -> None:
    console.allowed.append("400 (Bad Request)")  # what is wrong is said beside its field
    console.allowed.append("favicon.ico")
    console.allowed.append("404 (File not found)")
    make_event(title="Rally in Beauvais")
    page = opened(browser, console, website)
    expect(page.locator("[data-count]")).to_have_text("0")
    expect(page.get_by_role("link", name="Rally in Beauvais")).to_be_visible()
    check_axe(page)
    assert has_no_sideways_scroll(page)
    page.get_by_label("First name").fill("Léa")
    page.get_by_label("Last name").fill("Martin")
    page.get_by_role("textbox", name="E-mail").fill("nobody")
    page.get_by_role("button", name="Sign").click()
    expect(page.locator(".wrong")).to_be_visible()
    page.get_by_role("textbox", name="E-mail").fill("lea@example.org")
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_role("status")).to_contain_text("Thank you")
    expect(page.locator("[data-count]")).to_have_text("1")
    assert Submission.objects.get().contact.last_name == "Martin"


def test_key_of_another_website_shows_nothing(browser: Browser, console: Watched, website: str) -> None:
    console.allowed += ["CORS policy", "Failed to load resource", "JavaScript error", "favicon.ico"]
    ApiKey.objects.update(origins=["https://www.example.org"])
    page = opened(browser, console, website)
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-count]")).to_have_text("–")
