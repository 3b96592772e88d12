"""Pages of opt-out files, saved mappings and policies in a real browser: read by axe, no sideways scroll."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from contacts.models import Import, MappingProfile, Source
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def check(page: Page) -> None:
    check_axe(page)
    assert has_no_sideways_scroll(page), page.url


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_mapping_is_saved_with_its_policies(page_of: Callable[..., Page], tmp_path: Path, look: Look) -> None:
    Source.objects.create(name="Book", kind="address_book", lawful_basis="consent", channels=["email"])
    file = tmp_path / "delivery.csv"
    file.write_text("REF;LIBELLE;ADR\n1;Martin;lea@example.org\n", encoding="utf-8")
    page = page_of("director", "/imports/new/", look=look)
    page.set_input_files('input[type="file"]', file)
    page.get_by_role("button", name="Read the file").click()
    page.wait_for_url("**/file/")
    page.get_by_role("button", name="Next: source").click()
    page.wait_for_url("**/source/")
    page.get_by_role("radio", name="Book").check()
    page.get_by_role("button", name="Next: columns").click()
    page.wait_for_url("**/columns/")
    page.get_by_text("When the base already knows something else").click()
    page.locator("select[name=policy_names]").select_option("newer")
    page.get_by_label("Save this mapping for the next delivery").fill("Exempla")
    check(page)
    page.get_by_role("button", name="Next: preview").click()
    page.wait_for_url("**/imports/*/")
    assert MappingProfile.objects.get().options["policies"] == {"names": "newer"}
    page.goto(page.url.split("/imports/")[0] + "/imports/mappings/")
    expect(page.get_by_role("link", name="Exempla")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Exempla").click()
    expect(page.get_by_label("libelle")).to_be_visible()
    check(page)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_opt_out_question_is_answered(page_of: Callable[..., Page], look: Look) -> None:
    for name in ("Members of the former mailing tool", "Contacts of the Oise team"):
        source = Source.objects.create(name=name, kind="address_book", lawful_basis="none")
        Import.objects.create(kind="address-book", state="done", file_name="members.csv", source=source)
    Import.objects.create(kind="suppression", state="done", file_name="unsubscribed.csv")
    page = page_of("director", "/do-not-contact/files/", look=look)
    expect(page.get_by_text("There is one")).to_be_visible()
    check(page)
    page.get_by_label("Contacts of the Oise team").check()
    page.get_by_label("The opt-out file of these people").select_option(index=1)
    page.get_by_role("button", name="This file is theirs").click()
    expect(page.get_by_text("Answers so far")).to_be_visible()
    check(page)
    page.get_by_label("Members of the former mailing tool").check()
    page.get_by_label("I looked for one").check()
    page.get_by_role("button", name="There is no opt-out file").click()
    expect(page.get_by_text("every source from elsewhere has its answer")).to_be_visible()
    check(page)
