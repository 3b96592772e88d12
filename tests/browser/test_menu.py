"""Every page of the menu and of “+ New”, as an administrator of a new installation sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll


@pytest.mark.parametrize(("look", "language"), [(LOOKS[0], "en"), (LOOKS[3], "fr")], ids=["desktop", "phone"])
def test_pages_of_the_menu_are_silent_accessible_and_fit(
    page_of: Callable[..., Page], look: Look, language: str
) -> None:
    page = page_of("administrator", "/profile/", look=look, language=language)
    found = page.eval_on_selector_all(
        ".nav a, .topbar .menu-list a", "links => links.map(link => link.getAttribute('href'))"
    )
    addresses = sorted(set(found))
    assert len(addresses) > 10
    assert "/admin/" in addresses
    wide = []
    for address in addresses:
        page.goto(address)
        check_axe(page)
        if not has_no_sideways_scroll(page):
            wide.append(address)
    assert wide == []
