"""Corners of imports in a real browser: households, a recurring import at work, a file that says nothing of
itself, a saved mapping, an import that stopped, and what is known of a person only in part."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaign_crm.platform.jobs import run_one_due_job
from contacts.households.finding import refresh_all_households
from contacts.imports.recurring import watching
from contacts.imports.recurring.service import create_recurring, look_now
from contacts.models import Contact, DuplicatePair, HouseholdMember, Import, RecurringImport, Source
from contacts.services.people import create_contact
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll

pytestmark = pytest.mark.django_db(transaction=True)

HOME = {"line1": "3 rue des Lilas", "postcode": "60000", "city": "Beauvais"}
HEADER = "Prénom;Nom;Email;Date de naissance\n"
CODED = "C1;C2;C3;C4;C5\nA-17;Martin;x;lea@example.org;3\nB-22;Petit;y;;4\nC-03;Roy;;zoe@example.org;\n"
Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.IMPORT_FOLDER = str(tmp_path / "incoming")
    Path(settings.IMPORT_FOLDER).mkdir()


@pytest.fixture
def book(db: None) -> Source:
    return Source.objects.create(name="Book", kind="address_book", lawful_basis="consent", channels=["email"])


def look_at(page: Page, look: Look, name: str, language: str = "en") -> None:
    """Have a page read by axe, and kept as a picture where LOOKS_FOLDER says so."""
    check_axe(page)
    assert has_no_sideways_scroll(page), page.url
    if folder := os.environ.get("LOOKS_FOLDER"):
        page.screenshot(path=Path(folder) / f"{name}-{look.name}-{language}.png", full_page=True)


def work() -> None:
    for _round in range(4):
        while run_one_due_job():
            pass
        watching.tick()


IN_BOTH = [(look, language) for look in LOOKS for language in ("en", "fr")]
looked_at = pytest.mark.parametrize(
    ("look", "language"), IN_BOTH, ids=lambda value: getattr(value, "name", value)
)


@looked_at
def test_households_are_read_and_put_right(page_of: Open, look: Look, language: str, book: Source) -> None:
    family = [
        create_contact(source=book, by=None, first_name=name, last_name="Martin-Delacroix", address=HOME)
        for name in ("Ana", "Bertrand", "Chloé")
    ]
    create_contact(
        source=book, by=None, first_name="Cléo", last_name="Far", email="cleo.far.elsewhere@example.org"
    )
    refresh_all_households()
    page = page_of("director", "/households/", look=look, language=language)
    look_at(page, look, "households", language)
    number = HouseholdMember.objects.get(contact=family[0]).household_id
    root = page.url.split("/households/")[0]
    page.goto(f"{root}/households/{number}/?q=cleo")
    expect(page.get_by_text("Cléo Far")).to_be_visible()
    look_at(page, look, "household", language)
    page.locator('form[action$="/household/join/"] button').click()
    page.goto(f"{root}/households/{number}/")
    name = page.get_by_role("link", name="Cléo Far")
    expect(name).to_be_visible()
    box = name.bounding_box()
    assert box is not None
    assert box["height"] < 40, "its buttons press the name into a column"
    look_at(page, look, "household-by-hand", language)


def put(folder: str, name: str, text: str) -> None:
    path = Path(folder) / name
    path.write_text(text, encoding="utf-8")
    long_ago = time.time() - 3_600
    os.utime(path, (long_ago, long_ago))


@looked_at
def test_a_recurring_import_with_what_it_took(
    page_of: Open, look: Look, language: str, book: Source, settings: Any, member_of: Callable[..., Any]
) -> None:
    officer = member_of("director", language=language)
    made = create_recurring(
        place="folder", kind="address-book", credentials={}, by=officer, source=book,
        name="Feuilles d’inscription des permanences", location={"path": ""},
    )  # fmt: skip
    put(settings.IMPORT_FOLDER, "semaine-11.csv", HEADER + "Léa;Martin;lea@example.org;1961\n")
    look_now(recurring=made, by=None)
    work()
    root = page_of("director", "/imports/recurring/", look=look, language=language)
    look_at(root, look, "recurring-list", language)
    run = Import.objects.get()
    base = root.url.split("/imports/")[0]
    root.goto(f"{base}/imports/{run.pk}/columns/")
    look_at(root, look, "recurring-columns", language)
    root.locator("button.btn-primary").click()
    work()
    root.goto(f"{base}/imports/{run.pk}/")
    look_at(root, look, "recurring-preview", language)
    root.locator("button.btn-primary").first.click()
    work()
    short = "".join(f"P{number};Petit\n" for number in range(30))
    put(settings.IMPORT_FOLDER, "semaine-12.csv", HEADER + short)
    look_now(recurring=RecurringImport.objects.get(), by=None)
    work()
    root.goto(f"{base}/imports/recurring/{made.pk}/")
    expect(root.get_by_text("semaine-12.csv").first).to_be_visible()
    look_at(root, look, "recurring-page", language)
    root.goto(f"{base}/imports/{Import.objects.latest('pk').pk}/")
    look_at(root, look, "recurring-short", language)
    root.locator('button[value="fill_short_rows"]').click()
    work()
    root.goto(f"{base}/imports/{Import.objects.latest('pk').pk}/")
    look_at(root, look, "recurring-mended", language)


@looked_at
def test_a_file_whose_columns_say_nothing(
    page_of: Open, look: Look, language: str, book: Source, tmp_path: Path, console: Any
) -> None:
    console.allowed.append("422")
    path = tmp_path / "codes.csv"
    path.write_text(CODED, encoding="utf-8")
    page = page_of("director", "/imports/new/", look=look, language=language)
    page.set_input_files('input[type="file"]', path)
    page.locator("form button.btn-primary").first.click()
    page.wait_for_url("**/file/")
    look_at(page, look, "codes-file", language)
    base, run = page.url.split("/imports/")[0], Import.objects.get()
    Import.objects.filter(pk=run.pk).update(source=book, kind="address-book", mapping={})
    page.goto(f"{base}/imports/{run.pk}/columns/")
    look_at(page, look, "codes-columns", language)
    page.locator(".form-actions button.btn-primary").click()
    expect(page.locator(".alert-bad")).to_be_visible()
    look_at(page, look, "codes-refused", language)
    page.locator('select[name="column_1"]').select_option("last_name")
    page.locator('select[name="column_3"]').select_option("email")
    page.locator('input[name="save_as"]').fill("Fichier codé")
    page.locator(".form-actions button.btn-primary").click()
    page.wait_for_url(f"**/imports/{run.pk}/")
    work()
    page.goto(f"{base}/imports/{run.pk}/")
    look_at(page, look, "codes-preview", language)
    page.goto(f"{base}/imports/mappings/")
    page.get_by_role("link", name="Fichier codé").click()
    look_at(page, look, "codes-mapping", language)


@looked_at
def test_a_stopped_import_and_a_person_known_in_part(
    page_of: Open, look: Look, language: str, book: Source
) -> None:
    run = Import.objects.create(
        kind="address-book", state="cancelled", file_name="gros-carnet.csv", source=book,
        writing_began_at="2026-11-01T10:00:00Z", counts={"written": 15_000, "unwritten": 85_000},
        preview={"rows": 100_000, "new": 90_000, "updated": 4},
    )  # fmt: skip
    page = page_of("director", f"/imports/{run.pk}/", look=look, language=language)
    look_at(page, look, "stopped", language)
    lea, *others = (
        create_contact(source=book, by=None, first_name="Léa", last_name="Martin", birth_year=1961)
        for _number in range(6)
    )
    for other in others:
        DuplicatePair.objects.create(first=lea, second=other, score=0.5)
    lea.consents.create(channel="email", purpose="messages", given=True, source=book, proof={"undated": True})
    assert Contact.objects.count() == 6
    base = page.url.split("/imports/")[0]
    page.goto(f"{base}/people/{lea.pk}/")
    expect(page.locator(".alert")).to_have_count(1)
    look_at(page, look, "person", language)
    page.goto(f"{base}/people/{lea.pk}/edit/")
    look_at(page, look, "person-edit", language)
