"""Requests, their public page, “why did you write to me?” and registers in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from contacts.models import ElectoralRegistration, PersonRequest, Territory
from contacts.requests.identity import note_identity
from contacts.requests.service import name_elector, open_request
from contacts.services.people import create_contact
from contacts.services.sources import create_source, hand_source
from messaging.services.senders import ensure_local_sender
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll

ADDRESS = "lea.martin@example.org"
WIDE_AND_NARROW = (LOOKS[0], LOOKS[3])


@pytest.fixture
def asked(transactional_db: None, member_of: Callable[..., object]) -> PersonRequest:
    ensure_local_sender()
    lea = create_contact(
        source=hand_source(), by=None, first_name="Léa", last_name="Martin", email=ADDRESS, language="fr"
    )
    open_request(
        kind="erasure",
        came_by="hand",
        name="Tom Roy",
        by=None,
        received_at=timezone.now() - timedelta(days=40),
    )
    request = open_request(
        kind="access",
        came_by="page",
        contact=lea,
        address=ADDRESS,
        words="D’où tenez-vous mon adresse ?",
        by=None,
    )
    note_identity(request=request, how="Rappelée", by=member_of())
    return request


@pytest.mark.parametrize("look", WIDE_AND_NARROW, ids=lambda look: look.name)
@pytest.mark.parametrize(
    "path",
    [
        "/requests/",
        "/requests/{pk}/",
        "/requests/new/",
        "/why/?person={person}",
        "/data-protection/registers/?show=assessment",
        "/data-protection/incidents/new/",
    ],
)
def test_pages_of_data_protection_are_accessible_and_fit(
    page_of: Callable[..., Page], asked: PersonRequest, look: Look, path: str
) -> None:
    page = page_of("administrator", path.format(pk=asked.pk, person=asked.contact_id), look=look)
    check_axe(page)
    assert has_no_sideways_scroll(page)


@pytest.mark.parametrize("look", WIDE_AND_NARROW, ids=lambda look: look.name)
def test_the_public_page_is_accessible_and_works(page_of: Callable[..., Page], asked, look: Look) -> None:
    page = page_of(None, "/your-data/", look=look)
    check_axe(page)
    assert has_no_sideways_scroll(page)
    page.get_by_label("Erase my data").check()
    page.get_by_label("First and last name").fill("Ana Roy")
    page.get_by_label("E-mail", exact=True).last.fill("ana@example.org")
    page.get_by_role("button", name="Send my request").click()
    expect(page.get_by_role("heading", name="Look at your mail")).to_be_visible()


def test_an_answer_is_written_in_its_dialog(page_of: Callable[..., Page], asked: PersonRequest) -> None:
    page = page_of("administrator", f"/requests/{asked.pk}/")
    page.get_by_role("button", name="Answer and close…").click()
    dialog = page.get_by_role("dialog", name="Answer and close")
    expect(dialog.get_by_label("Your answer")).to_have_value(re.compile("^Voici tout ce que nous gardons"))
    check_axe(page)
    dialog.get_by_role("button", name="Answer and close").click()
    expect(page.get_by_role("heading", name="Answered")).to_be_visible()


@pytest.mark.parametrize("look", WIDE_AND_NARROW, ids=lambda look: look.name)
def test_the_request_of_an_elector_reads_well_and_passes_axe(
    asked: PersonRequest, page_of: Callable[..., Page], look: Look, member_of: Callable[..., object]
) -> None:
    commune = Territory.objects.create(kind="commune", code="60057", name="Beauvais")
    roll = create_source(
        by=None, name="Liste 2026", kind="roll", lawful_basis="public_roll", channels=["post"]
    )
    told = {
        "source": roll,
        "commune": commune,
        "street": "5 RUE BASSE",
        "postcode": "60000",
        "city": "BEAUVAIS",
        "birth_date": "1980-05-04",
    }
    first, _second = (
        ElectoralRegistration.objects.create(
            identity=uuid4(), birth_name="ROY", used_name=used, first_names="Tom Paul", **told
        )
        for used in ("", "MARTIN")
    )
    request = PersonRequest.objects.get(name="Tom Roy")
    name_elector(request=request, elector=first, by=member_of())
    page = page_of("administrator", f"/requests/{request.pk}/?elector=roy", look=look)
    expect(page.locator("#who-title")).to_be_visible()
    assert has_no_sideways_scroll(page)
    check_axe(page)
