"""Building a segment in a real browser, from the keyboard, and reading its page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from contacts.models import Segment
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.contacts.segments.world import World

SLOW = 15_000  # milliseconds: the figures follow by themselves


@pytest.fixture
def world(transactional_db: None) -> World:
    return World()


def field(page: Page, place: str, part: str) -> str:
    return f'[id="{place}-{part}"]'


def wait_until_it_listens(page: Page) -> None:
    """What was swapped in is seen some 20 ms before it reacts: no hand is that quick, a test is."""
    expect(page.locator(".htmx-added, .htmx-settling")).to_have_count(0)


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[3]], ids=["desktop", "phone"])
def test_a_segment_is_built_from_the_keyboard(page_of: Callable[..., Page], world: World, look: Look) -> None:
    page = page_of("director", "/segments/new/", look=look)
    expect(page.locator("#preview .headline")).to_contain_text("4 people", timeout=SLOW)
    page.locator("#id_name").fill("Readers of the Oise")
    page.locator(field(page, "r.0", "condition")).select_option("newsletter")
    page.get_by_label("Letter of the Oise").focus()
    page.keyboard.press("Space")
    expect(page.locator("#preview .headline")).to_contain_text("1 person", timeout=SLOW)
    expect(page.locator("#preview .channels")).to_be_visible(timeout=SLOW)

    page.get_by_role("button", name="Add a group").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(field(page, "r.1.0", "condition"))).to_be_focused(timeout=SLOW)
    wait_until_it_listens(page)
    page.keyboard.type("Terr")
    page.keyboard.press("Tab")
    expect(page.locator(field(page, "r.1.0", "search"))).to_be_visible(timeout=SLOW)
    wait_until_it_listens(page)
    page.locator(field(page, "r.1.0", "search")).press_sequentially("oise")
    page.get_by_label("Oise (60)").check(timeout=SLOW)
    expect(page.locator("#preview")).to_contain_text("Territory is in Oise (60)", timeout=SLOW)
    page.locator(field(page, "r.1.0", "search")).fill("")
    expect(page.get_by_label("Oise (60)")).to_be_checked()
    check_axe(page)
    assert has_no_sideways_scroll(page)

    page.get_by_role("button", name="Add a condition").first.click()
    expect(page.locator(field(page, "r.1.1", "condition"))).to_be_focused(timeout=SLOW)
    page.get_by_role("button", name="Remove this condition").last.focus()
    page.keyboard.press("Enter")
    expect(page.locator(field(page, "r.1.1", "condition"))).to_have_count(0, timeout=SLOW)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/segments/\d+/$"), timeout=SLOW)
    assert Segment.objects.get().tree == {
        "all": [
            world.rule("newsletter", "any", [world.letter.pk]),
            {"any": [world.rule("territory", "inside", [world.oise.pk])]},
        ]
    }


@pytest.mark.parametrize(("look", "language"), [(LOOKS[1], "en"), (LOOKS[2], "fr")], ids=["desktop", "phone"])
def test_the_page_of_a_segment_explains_itself(
    page_of: Callable[..., Page], world: World, look: Look, language: str
) -> None:
    tree = {"all": [world.rule("gender", "is", ["F"]), {"none": [world.rule("age", "to", 20)]}]}
    segment = Segment.objects.create(name="Women", tree=tree)
    page = page_of("read_only", f"/segments/{segment.pk}/", look=look, language=language)
    expect(page.locator(".channels")).to_be_visible(timeout=SLOW)
    page.locator("details.channel").first.locator("summary").press("Enter")
    page.locator(".card form[role=search] input").press_sequentially("martin")
    page.locator("#why a").first.click(timeout=SLOW)
    expect(page.locator("#why .answer-no").first).to_be_visible(timeout=SLOW)
    check_axe(page)
    assert has_no_sideways_scroll(page)
    page.goto("/segments/")
    expect(page.locator("td.num", has_text="1")).to_be_visible(timeout=SLOW)
    check_axe(page)
    assert has_no_sideways_scroll(page)
