"""Exports, the journal and a person’s history: silent, accessible, no sideways scroll, on all looks."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from campaign_crm.platform import audit
from campaign_crm.platform.api.keys import create_api_key
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.models import Contact, Export
from contacts.services.exports import ask_people
from contacts.services.openings import note_person_opened
from tests.browser.conftest import LOOKS, Look, check_axe, has_no_sideways_scroll
from tests.support.places import make_places

PICTURES = os.environ.get("PICTURES", "")  # a folder, to look at what was made


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_exports_and_journal_fit_every_look(
    page_of: Callable[..., Page], look: Look, settings: object
) -> None:
    page = page_of("administrator", look=look)
    User.objects.update(language="fr")
    settings.EXPORT_APPROVAL_ABOVE = 1  # type: ignore[attr-defined]
    asker = User.objects.create_user(email="ask@example.org", full_name="Camille Roy", role=Role.DATA_OFFICER)
    people = [Contact.objects.create(first_name="Zoé", last_name=f"Roux-Delacourt{n}") for n in range(3)]
    Contact.objects.filter(pk=people[0].pk).update(last_name="Petit", first_name="Zoë")
    oise = make_places().oise
    create_api_key(name="Site de l’Oise", scopes=["people:read"], territory=oise.pk, by=asker)
    note_person_opened(people[0].pk, by=asker)
    audit.record(
        action="contact.update", on=people[0], by=asker, fields=["last_name"], reason="Nom de mariage"
    )
    export = ask_people(
        scope={}, columns=["first_name", "email"], purpose="calls", words="Tournée de rappel", by=asker
    )
    for name, path in {
        "journal": "/journal/",
        "history": f"/people/{people[0].pk}/history/",
        "exports": "/exports/",
        "new": "/exports/new/",
        "export": f"/exports/{export.pk}/",
        "person": f"/people/{people[0].pk}/",
        "openings": f"/journal/?act=record.read&thing=contacts.contact&number={people[0].pk}",
        "keys": "/settings/api-keys/",
        "key": "/settings/api-keys/new/",
        "member": f"/settings/team/{asker.pk}/",
    }.items():
        page.goto(path)
        check_axe(page)
        assert has_no_sideways_scroll(page), path
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{look.name}.png", full_page=True)


def test_an_approver_lets_a_file_leave(page_of: Callable[..., Page], settings: object) -> None:
    page = page_of("administrator", look=LOOKS[0])
    settings.EXPORT_APPROVAL_ABOVE = 0  # type: ignore[attr-defined]
    asker = User.objects.create_user(email="ask@example.org", full_name="Camille Roy", role=Role.DATA_OFFICER)
    Contact.objects.create(first_name="Zoé", last_name="Roux")
    export = ask_people(scope={}, columns=["first_name"], purpose="calls", by=asker)
    page.goto("/exports/")
    page.locator(f"a[href='/exports/{export.pk}/']").first.click()
    page.locator("form[action$='/approve/'] button").click()
    page.wait_for_url(f"**/exports/{export.pk}/")
    assert Export.objects.get(pk=export.pk).state == Export.State.MAKING
