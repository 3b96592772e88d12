"""A real Chromium on the real product: pages opened as a role, watched for console messages, read by axe.

Chromium is the one of CHROMIUM_PATH, or /usr/bin/chromium. A test fails on any message that a page wrote to
the console and on any JavaScript error; a content-security-policy violation is such a message.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role

# Playwright keeps an event loop in this thread; the tests themselves are not asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

HINTS = {"verbose", "debug"}  # advice of the browser to developers, hidden by default
SERIOUS = {"serious", "critical"}
AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    name: str
    width: int
    height: int
    scheme: str


LOOKS = (
    Look("desktop-light", 1440, 900, "light"),
    Look("desktop-dark", 1440, 900, "dark"),
    Look("phone-light", 390, 844, "light"),
    Look("phone-dark", 390, 844, "dark"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as a browser test."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    path = os.environ.get("CHROMIUM_PATH", "/usr/bin/chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": path, "args": arguments}


@pytest.fixture(autouse=True)
def pages_with_catalogue(settings: Any) -> None:
    """The product's URLs, the page of components and two admin tables."""
    settings.ROOT_URLCONF = "tests.browser.urls"
    templates = [dict(engine) for engine in settings.TEMPLATES]
    templates[0]["DIRS"] = [*templates[0]["DIRS"], Path(__file__).parent / "templates"]
    settings.TEMPLATES = templates


@dataclass
class Watched:
    """What the pages of one test wrote to their consoles, and what may be among it."""

    messages: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        page.on("console", self.note)
        page.on("pageerror", lambda error: self.messages.append(f"JavaScript error: {error}"))
        return page

    def note(self, message: ConsoleMessage) -> None:
        if message.type not in HINTS:
            self.messages.append(f"{message.type}: {message.text}")

    def unexpected(self) -> list[str]:
        return [text for text in self.messages if not any(part in text for part in self.allowed)]


@pytest.fixture
def console() -> Iterator[Watched]:
    """The consoles of this test's pages: `console.allowed.append(text)` where a message is expected."""
    watched = Watched()
    yield watched
    assert watched.unexpected() == []


@pytest.fixture
def member_of() -> Callable[..., User]:
    """Make (or find) a member of the team with a role."""

    def make(role: str = Role.ADMINISTRATOR, language: str = "en") -> User:
        email = f"{role}@example.org"
        found = User.objects.filter(email=email).first()
        return found or User.objects.create_user(
            email=email, full_name="Camille Durand", role=role, language=language, password="correct horse 42"
        )

    return make


@pytest.fixture
def page_of(
    live_server: Any, browser: Browser, console: Watched, member_of: Callable[..., User]
) -> Iterator[Callable[..., Page]]:
    """Open a page as a role: `page_of("read_only", "/people/", look=LOOKS[2])`; role None is a stranger."""
    contexts: list[BrowserContext] = []

    def open_page(
        role: str | None = Role.ADMINISTRATOR, path: str = "/", look: Look = LOOKS[0], language: str = "en"
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": look.width, "height": look.height},
            color_scheme=look.scheme,
            locale=language,
        )
        contexts.append(context)
        if role is not None:
            client = Client()
            member = member_of(role)
            if member.language != language:
                member.language = language
                member.save(update_fields=["language"])
            client.force_login(member)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
            )
        page = console.watch(context.new_page())
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def check_axe(page: Page) -> None:
    """Fail when axe finds anything serious or critical on the page as it is now, naming rule and element."""
    found = Axe().run(page, options=AXE_RULES).response["violations"]
    problems = [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {node.get('failureSummary', '')[-160:]}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]
    assert problems == []


def has_no_sideways_scroll(page: Page) -> bool:
    """Tell whether the page fits the width of the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
