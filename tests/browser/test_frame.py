"""What the frame does in a real browser: palette, keys, menus, theme, language, phone menu, components."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, Watched, check_axe

PHONE = LOOKS[2]


def test_palette_opens_by_keys_and_leads_to_the_page_chosen(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/profile/")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search for a person, a mailing or a page")
    expect(field).to_be_focused()
    field.fill("team")
    expect(page.get_by_role("option", name="Team")).to_have_attribute("aria-selected", "true")
    check_axe(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/team/")


def test_arrows_move_through_the_palette_and_escape_closes_it(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/profile/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-1")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#palette-1")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#palette-results a").last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()


def test_slash_focuses_the_search_of_the_page_but_not_while_typing(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/catalogue/")
    page.keyboard.press("/")
    field = page.get_by_role("searchbox", name="Search people")
    expect(field).to_be_focused()
    page.keyboard.type("a/b")
    expect(field).to_have_value("a/b")


def test_slash_opens_the_palette_where_the_page_has_no_search(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/profile/")
    page.keyboard.press("/")
    expect(page.locator("#palette")).to_be_visible()


def test_theme_is_kept_from_page_to_page(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/profile/")
    assert not page.evaluate("document.documentElement.classList.contains('dark')")
    page.locator("summary", has_text="Your account").click()
    page.get_by_role("button", name="Dark").click()
    page.goto("/settings/team/")
    assert page.evaluate("document.documentElement.classList.contains('dark')")


def test_language_changes_at_once_on_the_same_page(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/settings/team/")
    page.locator("summary", has_text="Your account").click()
    page.get_by_role("button", name="Français").click()
    page.wait_for_url("**/settings/team/")
    assert page.locator("html").get_attribute("lang") == "fr"


def test_one_menu_is_open_at_a_time_and_escape_gives_the_focus_back(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/catalogue/")
    page.locator("summary", has_text="Sort").click()
    page.locator("summary", has_text="Your account").click()
    assert page.locator("details.menu[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("details.menu[open]").count() == 0
    expect(page.locator("summary", has_text="Your account")).to_be_focused()


def test_phone_menu_opens_leads_somewhere_and_closes(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/profile/", look=PHONE)
    menu = page.get_by_role("navigation", name="Main menu")
    expect(menu).not_to_be_visible()
    page.get_by_role("link", name="Menu").click()
    expect(menu).to_be_in_viewport()
    check_axe(page)
    page.keyboard.press("Escape")
    expect(menu).not_to_be_visible()
    page.get_by_role("link", name="Menu").click()
    menu.get_by_role("link", name="Team").click()
    page.wait_for_url("**/settings/team/")


def test_targets_are_large_enough_for_a_thumb(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/catalogue/", look=PHONE)
    heights = page.eval_on_selector_all(
        ".btn:not(.btn-sm), .topbar .top-btn, .form input:not([type=checkbox], [type=radio], [type=hidden])",
        "all => all.map(one => [one.className || one.name, one.getBoundingClientRect().height])",
    )
    assert [pair for pair in heights if 0 < pair[1] < 44] == []


def test_dialog_opens_and_closes(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/catalogue/")
    page.get_by_role("button", name="Erase…").click()
    dialog = page.get_by_role("dialog", name="Erase this person?")
    expect(dialog).to_be_visible()
    check_axe(page)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).not_to_be_visible()


def test_ticked_rows_are_counted(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/catalogue/")
    bar = page.locator("[data-bulk-bar]")
    expect(bar).to_be_hidden()
    page.get_by_label("Select Astrid Gros").check()
    expect(bar).to_contain_text("1 selected")
    page.get_by_label("Select all").check()
    expect(bar).to_contain_text("3 selected")
    page.get_by_label("Select all").uncheck()
    expect(bar).to_be_hidden()


def test_saving_says_so_in_a_toast(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/profile/")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved.")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".toast")).to_have_count(0)


def test_preview_narrows_to_a_phone(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/catalogue/")
    page.get_by_role("button", name="Phone").click()
    assert page.locator("#stage iframe").bounding_box()["width"] == pytest.approx(375, abs=2)  # type: ignore[index]


def test_keyboard_reaches_the_content_past_the_menu(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/profile/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Name")).to_be_focused()


def test_refusal_is_a_page_of_the_frame(page_of: Callable[..., Page], console: Watched) -> None:
    console.allowed.append("status of 403")
    page = page_of("read_only", "/settings/team/")
    expect(page.get_by_role("heading", name="Not for your role")).to_be_visible()
    check_axe(page)


def test_filter_sheet_of_an_admin_list_opens_and_filters(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/admin/platform/user/")
    page.get_by_role("button", name="Filters").click()
    sheet = page.locator("#changelist-filter")
    expect(sheet).to_be_visible()
    check_axe(page)
    sheet.get_by_role("link", name="Administrator").click()
    page.wait_for_url("**role__exact=administrator*")


def test_tabs_of_an_admin_form_switch(page_of: Callable[..., Page], member_of: Callable[..., object]) -> None:
    user = member_of("administrator")
    page = page_of("administrator", f"/admin/platform/user/{user.pk}/change/")
    page.get_by_text("Secret", exact=True).click()
    expect(page.locator(".fieldset-secret")).to_be_visible()
    page.locator("main").get_by_text("Notifications", exact=True).first.click()
    expect(page.locator("#notifications-group")).to_be_visible()
    check_axe(page)


def test_actions_of_an_admin_list_appear_with_the_first_tick(page_of: Callable[..., Page]) -> None:
    page = page_of("administrator", "/admin/platform/user/")
    page.locator("input.action-select").first.check()
    expect(page.locator("#changelist-actions")).to_be_visible()
