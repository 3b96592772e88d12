"""Forms in a real Chromium: built, published, filled in page by page, shown inside another website."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from messaging.services.senders import ensure_local_sender
from tests.browser.conftest import LOOKS, Look, Watched, check_axe, has_no_sideways_scroll
from tracking.enums import FormKind
from tracking.models import Form, Submission
from tracking.services.forms import publish_form, start_form

pytestmark = pytest.mark.django_db(transaction=True)
STAFF = ("edit", "settings", "share", "")


@pytest.fixture
def survey(live_server: Any) -> Form:
    ensure_local_sender()
    form = start_form(kind=FormKind.SURVEY, title="", language="en", by=None)
    publish_form(form=form, by=None)
    return Form.objects.get()


def saved(page: Page, form: Form) -> Form:
    expect(page.locator("[data-save-status]")).to_have_text("Saved")
    form.refresh_from_db()
    return form


def kinds(form: Form) -> list[str]:
    return [block["type"] for block in form.draft["blocks"]]


def test_a_form_is_made_built_and_published(page_of: Callable[..., Page], live_server: Any) -> None:
    page = page_of("director", "/forms/new/")
    page.get_by_label("Petition").check()
    page.get_by_label("Title").fill("Save the library")
    page.get_by_role("button", name="Go on to the questions").click()
    expect(page.locator(".block-toggle").first).to_be_visible()
    form = Form.objects.get()
    assert (form.kind, form.title, form.published) == ("petition", "Save the library", None)
    page.locator(".block-list > .add-block > summary").click()
    page.locator(".block-list > .add-block").get_by_role("button", name="Free text").click()
    page.keyboard.type("Why do you sign?")
    frame = page.frame_locator("#preview-stage iframe:not(.preview-loading)").last
    expect(frame.get_by_text("Why do you sign?")).to_be_visible()
    assert kinds(saved(page, form))[-1] == "words"
    page.locator(".block-toggle").last.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-blocks-live]")).to_contain_text("Moved")
    assert kinds(saved(page, form))[-2] == "words"
    page.keyboard.press("Control+z")
    assert kinds(saved(page, form))[-1] == "words"
    page.locator(".block").last.get_by_role("button", name="Remove").click()
    assert "words" not in kinds(saved(page, form))
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published: the page shows this version")).to_be_visible()
    form.refresh_from_db()
    assert form.published is not None
    assert form.published.content == form.draft


def test_answers_and_conditions_are_written_in_the_builder(
    page_of: Callable[..., Page], survey: Form
) -> None:
    page = page_of("director", f"/forms/{survey.pk}/edit/")
    page.get_by_role("button", name="Choices").first.click()
    page.get_by_role("button", name="Add an answer").click()
    page.keyboard.type("Parks")
    expect(page.locator("[data-checks]")).to_contain_text("Ready")
    theme = saved(page, survey).draft["blocks"][0]
    assert theme["options"][-1]["label"] == {"en": "Parks"}
    page.get_by_role("button", name="Scale").first.click()
    scale = page.locator(".block[data-type=scale]")
    scale.get_by_text("Shown only if").click()
    scale.get_by_label("Show this block").select_option("theme")
    expect(page.locator("[data-checks]")).to_contain_text("Choose the answers that show this block")
    expect(page.locator("[data-publish]")).to_be_disabled()
    scale.locator(".chip", has_text="Schools").click()
    expect(page.locator("[data-publish]")).to_be_enabled()
    assert saved(page, survey).draft["blocks"][2]["only_if"] == {"block": "theme", "is": ["o1"]}


def test_a_form_is_filled_in_page_by_page_with_its_proof(
    page_of: Callable[..., Page], survey: Form, console: Watched
) -> None:
    console.allowed.append("422")  # what is wrong is answered so, and the browser says it
    page = page_of(None, f"/f/{survey.slug}?utm_source=leaflet", look=LOOKS[2])
    other = page.get_by_label("What is it?")
    expect(other).to_be_hidden()
    page.get_by_label("Something else").check()
    other.fill("Parks")
    page.locator(".scale label", has_text="4").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Step 2 of 2")).to_be_focused()
    assert has_no_sideways_scroll(page)
    check_axe(page)
    page.get_by_role("textbox", name="E-mail").fill("nobody")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    page.get_by_role("textbox", name="E-mail").fill("lea@example.org")
    page.wait_for_timeout(2100)  # sooner than two seconds only a robot has read the page
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    kept = Submission.objects.get()
    assert (kept.state, kept.reasons, kept.credit) == ("accepted", [], "leaflet")
    assert kept.data["answers"] == {
        "theme": ["o5"],
        "other": "Parks",
        "satisfaction": ["4"],
        "source": "leaflet",
    }


@pytest.fixture
def website() -> Iterator[Callable[[str], str]]:
    """A website elsewhere with a strict policy of its own: only what it names runs in it, no inline style."""
    pages: dict[str, tuple[str, str]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, origin = pages["page"]
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            policy = f"default-src 'none'; script-src {origin}; frame-src {origin}; img-src data:"
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_args: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def show(origin: str, slug: str) -> str:
        icon = '<link rel="icon" href="data:,">'
        script = f'<script src="{origin}/f/{slug}.js"></script>'
        pages["page"] = (f"<!DOCTYPE html><title>Site</title>{icon}<h1>Ours</h1>{script}", origin)
        return f"http://127.0.0.1:{server.server_port}/"

    yield show  # type: ignore[misc]
    server.shutdown()
    server.server_close()


def test_one_script_tag_shows_the_form_in_a_website_at_its_height(
    page_of: Callable[..., Page], survey: Form, website: Callable[..., str], live_server: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = live_server.url
    address = website(live_server.url, survey.slug)
    Form.objects.update(embed_hosts=[address.removeprefix("http://").rstrip("/")])
    page = page_of(None, address)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Your view")).to_be_visible()
    inside = "document.documentElement.scrollHeight"

    def fits() -> bool:
        height = page.locator("iframe").evaluate("(one) => one.getBoundingClientRect().height")
        return abs(height - page.frames[1].evaluate(inside)) < 2 and height != 640

    for _try in range(40):
        if fits():
            break
        page.wait_for_timeout(50)
    assert fits()
    frame.get_by_label("Something else").check()
    expect(frame.get_by_label("What is it?")).to_be_visible()


def test_another_website_cannot_show_it(
    page_of: Callable[..., Page],
    survey: Form,
    website: Callable[..., str],
    live_server: Any,
    settings: Any,
    console: Watched,
) -> None:
    settings.PUBLIC_URL = live_server.url
    console.allowed.append("frame-ancestors")
    page = page_of(None, website(live_server.url, survey.slug))
    expect(page.locator("iframe")).to_be_attached()
    page.wait_for_timeout(300)
    assert page.frames[1].url.startswith("chrome-error:")


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[3]], ids=lambda look: look.name)
def test_pages_of_a_form_are_easy_to_read(page_of: Callable[..., Page], survey: Form, look: Look) -> None:
    Submission.objects.create(form=survey, data={"values": {}, "answers": {"theme": ["o1"], "idea": "Parks"}})
    Submission.objects.create(
        form=survey, data={"values": {"email": "a@example.org"}}, state="waiting", reasons=["trap"]
    )
    page = page_of("director", "/forms/", look=look)
    for path in ("new/", "waiting/", *(f"{survey.pk}/{name}/".replace("//", "/") for name in STAFF)):
        page.goto(f"/forms/{path}")
        page.wait_for_load_state("networkidle")
        assert has_no_sideways_scroll(page), path
        check_axe(page)
    page.goto(f"/f/{survey.slug}")
    check_axe(page)
