"""Recurring imports, a paused import and growth by source: read by axe in every look, and used."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaign_crm.platform.models import Job
from contacts.models import Contact, ContactSource, Import, RecurringFile, RecurringImport, Source
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll

pytestmark = pytest.mark.django_db(transaction=True)


def check(page: Page) -> None:
    check_axe(page)
    assert has_no_sideways_scroll(page), page.url


@pytest.fixture
def book(db: None) -> Source:
    return Source.objects.create(name="Book", kind="address_book", lawful_basis="consent", channels=["email"])


@pytest.fixture
def waiting(book: Source) -> RecurringImport:
    """One that waits for a person, and has refused a file."""
    made = RecurringImport.objects.create(
        name="Sign-up sheets",
        place="sftp",
        location={"host": "drop.example.org", "port": 22, "user": "team", "path": "out", "pattern": "*.csv"},
        kind="address-book",
        source=book,
        questions=[{"code": "rejected", "found": 12.5, "limit": 5}],
        error="The server “drop.example.org” cannot be reached: it does not answer",
    )
    run = Import.objects.create(
        kind="address-book", state="previewed", file_name="week-12.csv", recurring=made, source=book
    )
    RecurringImport.objects.filter(pk=made.pk).update(open_import=run)
    RecurringFile.objects.create(recurring=made, name="notes.pdf", error="This is a PDF, no table.")
    return made


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_recurring_imports_are_read_and_set_up(
    page_of: Callable[..., Page], look: Look, waiting: RecurringImport, settings: Any, tmp_path: Path
) -> None:
    settings.IMPORT_FOLDER = str(tmp_path)
    page = page_of("director", "/imports/recurring/", look=look)
    expect(page.get_by_text("Waits for you", exact=True)).to_be_visible()
    check(page)
    shot(page, look, "list")
    page.get_by_role("link", name="Sign-up sheets").click()
    expect(page.get_by_text("12.5 % of the rows are rejected").first).to_be_visible()
    check(page)
    shot(page, look, "page")
    page.goto(page.url.split("/imports/")[0] + "/imports/recurring/new/?place=sftp")
    expect(page.get_by_label("Private key")).to_be_visible()
    check(page)
    shot(page, look, "form")
    page.goto(page.url.split("/imports/")[0] + "/imports/recurring/new/?place=folder")
    page.get_by_label("Name", exact=True).fill("Folder of rolls")
    page.get_by_label("What the files are").select_option("address-book")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Folder of rolls")).to_be_visible()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("It works: 0 files are there.")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_paused_import_is_read_and_goes_on(page_of: Callable[..., Page], look: Look, book: Source) -> None:
    job = Job.objects.create(
        kind="contacts.import_run",
        payload={"import": 0},
        state="paused",
        progress_note="writing",
        progress_done=150_000,
        progress_total=1_000_000,
    )
    run = Import.objects.create(
        kind="address-book", state="running", file_name="large.csv", job=job, source=book
    )
    page = page_of("director", f"/imports/{run.pk}/", look=look)
    expect(page.get_by_role("heading", name="The import is paused")).to_be_visible()
    check(page)
    shot(page, look, "paused")
    page.get_by_role("button", name="Go on").first.click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="The import is paused")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_growth_is_a_chart_with_its_table(page_of: Callable[..., Page], look: Look, book: Source) -> None:
    for _number in range(3):
        ContactSource.objects.create(contact=Contact.objects.create(last_name="Martin"), source=book)
    ContactSource.objects.all()[:1].get().contact.delete()
    page = page_of("director", "/sources/growth/", look=look)
    expect(page.get_by_text("+2", exact=True)).to_be_visible()
    page.get_by_text("Show the figures").click()
    check(page)
    shot(page, look, "growth")


def shot(page: Page, look: Look, name: str) -> None:
    if folder := os.environ.get("R_SHOTS"):
        page.screenshot(path=f"{folder}/{name}-{look.name}.png", full_page=True)
