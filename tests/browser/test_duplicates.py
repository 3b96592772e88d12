"""The queue of possible duplicates in a real browser: keys, what a held key does, and every look."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from campaign_crm.platform.rights import Role
from contacts.merging.pairs import keep_apart
from contacts.models import Contact, DuplicatePair, Merge
from contacts.services.people import create_contact
from contacts.services.sources import hand_source
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll

LEFT = ("3 pairs left", "2 pairs left", "1 pair left")


@pytest.fixture
def pairs(transactional_db: None) -> list[DuplicatePair]:
    """Three pairs, the surest first; the first names of each differ."""
    made = []
    for number, score in enumerate((0.9, 0.8, 0.7)):
        first, second = (
            create_contact(
                source=hand_source(),
                by=None,
                first_name=name,
                last_name="Martin",
                email=f"{name}@example.org",
            )
            for name in (f"Lea{number}", f"Leo{number}")
        )
        made.append(DuplicatePair.objects.create(first=first, second=second, score=score))
    return made


def look_at(page: Page, left: str) -> None:
    """Wait until a pair is there and long enough before the eyes to be answered."""
    expect(page.get_by_text(left)).to_be_visible()
    expect(page.locator("[data-link-review][data-seen]")).to_be_visible()


def test_keys_answer_after_a_value_was_chosen_too(
    page_of: Callable[..., Page], pairs: list[DuplicatePair]
) -> None:
    page = page_of(Role.DIRECTOR, "/duplicates/")
    look_at(page, LEFT[0])
    page.get_by_label("Leo0", exact=True).check()
    page.keyboard.press("y")
    look_at(page, LEFT[1])
    assert Contact.objects.get(pk=pairs[0].first_id).first_name == "Leo0"
    page.get_by_label("Leo1", exact=True).focus()
    page.keyboard.press("ArrowLeft")  # chooses the other value, and skips nothing
    expect(page.get_by_label("Lea1", exact=True)).to_be_checked()
    page.keyboard.press("n")
    look_at(page, LEFT[2])
    assert DuplicatePair.objects.get(pk=pairs[1].pk).state == DuplicatePair.State.DIFFERENT


def test_a_key_held_down_answers_one_pair(page_of: Callable[..., Page], pairs: list[DuplicatePair]) -> None:
    page = page_of(Role.DIRECTOR, "/duplicates/")
    look_at(page, LEFT[0])
    page.keyboard.down("y")
    look_at(page, LEFT[1])
    page.keyboard.down("y")  # repeated, as a key that is held is
    page.keyboard.up("y")
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile("after="))
    assert Merge.objects.count() == 1


def test_two_taps_answer_one_pair(page_of: Callable[..., Page], pairs: list[DuplicatePair]) -> None:
    page = page_of(Role.DIRECTOR, "/duplicates/")
    look_at(page, LEFT[0])
    page.evaluate(
        """() => {
          sessionStorage.sent = 0;
          window.addEventListener("submit", (event) => {
            if (!event.defaultPrevented) sessionStorage.sent = Number(sessionStorage.sent) + 1;
          });
          for (let tap = 0; tap < 2; tap++)
            document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "y", bubbles: true}));
        }"""
    )
    look_at(page, LEFT[1])
    assert (page.evaluate("sessionStorage.sent"), Merge.objects.count()) == ("1", 1)


def test_each_answer_is_taken_back_by_one_key(
    page_of: Callable[..., Page], pairs: list[DuplicatePair]
) -> None:
    page = page_of(Role.DIRECTOR, "/duplicates/")
    for key in "yn":
        look_at(page, LEFT[0])
        page.keyboard.press(key)
        look_at(page, LEFT[1])
        page.keyboard.press("u")
        if key == "y":  # two records again, which nobody proposes: they are asked about by the same key
            expect(page.get_by_text("stay two people")).to_be_visible()
            look_at(page, LEFT[1])
            page.keyboard.press("u")
    look_at(page, LEFT[0])
    expect(page.get_by_label("Leo0", exact=True)).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_the_pages_are_accessible_and_fit(
    page_of: Callable[..., Page], pairs: list[DuplicatePair], look: Look
) -> None:
    page = page_of(Role.DIRECTOR, "/duplicates/", look=look)
    check_axe(page)
    assert has_no_sideways_scroll(page)
    one, other = pairs[2].first, pairs[2].second
    keep_apart(one=one, other=other, by=None)
    page.goto(f"/duplicates/?apart={pairs[2].pk}")
    expect(page.get_by_text("stay two people")).to_be_visible()
    check_axe(page)
    page.goto(f"/people/{one.pk}/merge/?with={other.pk}")
    expect(page.get_by_label("They are one person all the same")).to_be_visible()
    check_axe(page)
    assert has_no_sideways_scroll(page)
