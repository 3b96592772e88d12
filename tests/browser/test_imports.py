"""The way of a file in a real browser: drop zone, source, columns, preview, report, and the review queue."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaign_crm.platform.jobs import run_one_due_job
from contacts.models import Contact, ElectoralRegistration, Import, RegistrationMatch, Source, Territory
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = """Prénom;Nom;Email;Mobile;Surnom
Léa;Martin;lea@example.org;06 39 98 12 34;Lilou
Karim;Petit;karim@example.com;06 39 98 12 35;
;;not an address;;
"""


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def people_file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


def work() -> None:
    while run_one_due_job():
        pass


def check(page: Page) -> None:
    check_axe(page)
    assert has_no_sideways_scroll(page), page.url


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_file_goes_all_the_way(page_of: Callable[..., Page], people_file: Path, look: Look) -> None:
    page = page_of("director", "/imports/new/", look=look)
    check(page)
    page.set_input_files('input[type="file"]', people_file)
    page.get_by_role("button", name="Read the file").click()
    page.wait_for_url("**/file/")
    check(page)
    page.get_by_role("button", name="Next: source").click()
    page.wait_for_url("**/source/")
    page.get_by_label("Name", exact=True).fill("Sign-ups")
    page.get_by_role("radio", name="Form").check()
    page.get_by_role("radio", name="Membership").check()
    assert page.locator('input[name="channels"]:checked').count() == 4
    page.get_by_role("radio", name="Consent").check()
    assert page.locator('input[name="channels"]:checked').count() == 0
    page.get_by_role("checkbox", name="E-mail").check()
    page.get_by_label("Wording people agreed to").fill("I agree to e-mails.")
    check(page)
    page.get_by_role("button", name="Next: columns").click()
    page.wait_for_url("**/columns/")
    check(page)
    page.get_by_role("button", name="Next: preview").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    check(page)
    work()
    expect(page.get_by_role("button", name="Import 2 rows")).to_be_visible(timeout=10_000)
    check(page)
    page.get_by_role("button", name="Import 2 rows").click()
    work()
    expect(page.get_by_text("The import is done.")).to_be_visible(timeout=10_000)
    check(page)
    page.get_by_role("button", name="Undo this import…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check_axe(page)
    assert Import.objects.get().counts["new"] == 2


def test_refused_file_is_said_beside_the_drop_zone(
    page_of: Callable[..., Page], tmp_path: Path, console: Any
) -> None:
    console.allowed.append("422")
    path = tmp_path / "photo.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n0000")
    page = page_of("director", "/imports/new/")
    page.set_input_files('input[type="file"]', path)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("alert")).to_contain_text("another format (PNG)")
    expect(page.locator(".dropzone")).to_be_visible()
    check(page)


def test_file_above_the_limit_is_refused_before_it_is_sent(
    page_of: Callable[..., Page], people_file: Path, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 20
    page = page_of("director", "/imports/new/")
    page.set_input_files('input[type="file"]', people_file)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("alert")).to_contain_text("larger than 20")
    assert Import.objects.count() == 0


@pytest.fixture
def pairs() -> list[RegistrationMatch]:
    """Two pairs that wait."""
    place = Territory.objects.create(kind="commune", code="60057", name="Beauvais")
    roll = Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])
    made = []
    for name in ("Martin", "Petit"):
        person = Contact.objects.create(first_name="Léa", last_name=name, commune=place)
        elector = ElectoralRegistration.objects.create(
            identity=uuid.uuid4(),
            source=roll,
            commune=place,
            birth_name=name.upper(),
            first_names="Léa Marie",
            birth_date=date(1980, 5, 17),
        )
        made.append(RegistrationMatch.objects.create(contact=person, registration=elector, state="pending"))
    return made


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_pair_and_page_about_electors_are_accessible(
    page_of: Callable[..., Page], pairs: list[RegistrationMatch], look: Look
) -> None:
    page = page_of("director", "/links/", look=look)
    check(page)
    page.goto("/electors/next/")
    check(page)


def test_queue_is_answered_from_the_keyboard(
    page_of: Callable[..., Page], pairs: list[RegistrationMatch]
) -> None:
    page = page_of("director", "/links/")
    expect(page.get_by_text("2 pairs left")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Is Léa Petit the elector")).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="Is Léa Martin the elector")).to_be_visible()
    expect(page.locator("[data-link-review][data-seen]")).to_be_visible()
    page.keyboard.press("y")
    expect(page.get_by_text("1 pair left")).to_be_visible()
    expect(page.locator("[data-link-review][data-seen]")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Nothing to check")).to_be_visible()
    states = RegistrationMatch.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["linked", "refused"]
