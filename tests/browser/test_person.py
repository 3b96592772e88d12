"""A person's page in a real browser: what staff write down, on every look."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from contacts.models import Consent, Contact, CustomField, Newsletter, Suppression
from contacts.services.contact_points import add_email, add_postal_address
from contacts.services.people import create_contact
from contacts.services.sources import hand_source
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll

FIELDS = (("size", "Shirt size", "choice"), ("since", "Helps since", "date"), ("car", "Has a car", "boolean"))


@pytest.fixture
def lea(transactional_db: None) -> Contact:
    for key, label, kind in FIELDS:
        CustomField.objects.create(key=key, label=label, kind=kind, choices=["S", "M"])
    for name in ("Letter of the Oise", "National letter"):
        Newsletter.objects.create(name=name)
    person = create_contact(
        source=hand_source(),
        by=None,
        first_name="Léa",
        last_name="Martin",
        email="lea.martin@example.org",
        phone="06 39 98 00 01",
        custom={"size": "M", "car": True},
    )
    add_email(contact=person, address="a.much.longer.address@mail.example.org", source=None, by=None)
    add_postal_address(
        contact=person, source=None, by=None, line1="12 rue des Lilas", postcode="60000", city="Beauvais"
    )
    return person


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_the_page_its_dialogs_and_its_form_are_accessible_and_fit(
    page_of: Callable[..., Page], lea: Contact, look: Look
) -> None:
    page = page_of("administrator", f"/people/{lea.pk}/", look=look)
    for summary in page.locator("details.fold > summary").all():
        summary.click()
    check_axe(page)
    assert has_no_sideways_scroll(page)
    for button, title in (("Write down what they said", "What they said"), ("They object", "They object")):
        page.get_by_role("button", name=button).click()
        dialog = page.get_by_role("dialog", name=title)
        expect(dialog).to_be_visible()
        check_axe(page)
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_be_hidden()
    page.goto(f"/people/{lea.pk}/edit/")
    expect(page.get_by_label("Shirt size")).to_have_value("M")
    check_axe(page)
    assert has_no_sideways_scroll(page)


def test_what_a_person_said_is_written_down(page_of: Callable[..., Page], lea: Contact) -> None:
    page = page_of("administrator", f"/people/{lea.pk}/")
    page.get_by_role("button", name="Write down what they said").click()
    dialog = page.get_by_role("dialog", name="What they said")
    dialog.get_by_label("Proof").fill("form 112")
    dialog.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("Written down, with its proof.")).to_be_visible()
    assert Consent.objects.get().proof == {"how": "paper", "reference": "form 112"}

    page.get_by_label("Letter of the Oise").check()
    page.get_by_role("button", name="Save their newsletters").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Letter of the Oise")).to_be_checked()

    page.get_by_role("button", name="They object").click()
    dialog = page.get_by_role("dialog", name="They object")
    dialog.get_by_label("E-mail").check()
    dialog.get_by_role("button", name="Write the objection down").click()
    expect(page.get_by_text("They will receive no more political messages this way.")).to_be_visible()
    assert Suppression.objects.filter(channel="email", reason="objection").count() == 2
