"""The commune of a person: recognised from their addresses, filled for those who were there before."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import Job
from contacts.models import Contact, PostalAddress, Source, Territory
from contacts.services import communes
from contacts.services.contact_points import add_postal_address, set_primary
from contacts.services.people import create_contact, update_contact
from tests.support.small_reference import load_small_reference

HOME = {"line1": "3 rue Haute", "postcode": "60000", "city": "Beauvais"}
CREIL = {"line1": "4 rue Basse", "postcode": "60100", "city": "CREIL CEDEX"}


@pytest.fixture(autouse=True)
def _places(db: None, tmp_path: Any) -> None:
    load_small_reference(tmp_path)


def commune(contact: Contact) -> str:
    contact.refresh_from_db()
    return contact.commune.name if contact.commune else ""


def test_a_typed_address_gives_its_commune_and_the_persons(lea: Contact, form: Source) -> None:
    home = add_postal_address(contact=lea, source=form, by=None, **HOME)
    assert home.commune == Territory.objects.get(kind="commune", code="60057")
    assert lea.commune_id == home.commune_id
    assert commune(lea) == "Beauvais"
    assert "beauvais" in lea.search_text


def test_a_created_person_lives_where_their_address_is(form: Source) -> None:
    assert commune(create_contact(source=form, by=None, last_name="Petit", address=HOME)) == "Beauvais"


def test_a_second_address_moves_nobody_until_it_is_the_main_one(lea: Contact, form: Source) -> None:
    add_postal_address(contact=lea, source=form, by=None, **HOME)
    second = add_postal_address(contact=lea, source=form, by=None, **CREIL)
    assert second.commune is not None
    assert commune(lea) == "Beauvais"
    set_primary(point=second, by=None)
    assert commune(lea) == "Creil"
    assert "creil" in lea.search_text
    assert "beauvais" not in lea.search_text


def test_what_staff_wrote_stays(lea: Contact, form: Source) -> None:
    update_contact(contact=lea, by=None, commune=Territory.objects.get(kind="commune", code="60175"))
    add_postal_address(contact=lea, source=form, by=None, **HOME)
    assert commune(lea) == "Creil"


@pytest.mark.parametrize(
    "lines",
    [HOME | {"country": "Belgique"}, {"postcode": "1000", "city": "Bruxelles"}, {"line1": "3 rue Haute"}],
    ids=["abroad", "nowhere", "no place"],
)
def test_a_place_that_is_not_certain_is_no_commune(lea: Contact, form: Source, lines: dict[str, str]) -> None:
    assert add_postal_address(contact=lea, source=form, by=None, **lines).commune is None
    assert commune(lea) == ""


def old_address(contact: Contact, **lines: Any) -> PostalAddress:
    """As they were written before communes were looked for."""
    return PostalAddress.objects.create(contact=contact, **lines)


def test_earlier_addresses_are_filled_in_batches(lea: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(communes, "ADDRESSES_AT_A_TIME", 2)
    people = [lea, *(Contact.objects.create(last_name=name) for name in ("Petit", "Roux", "Blanc"))]
    for person in people[:3]:
        old_address(person, **HOME)
    main = old_address(lea, is_primary=False, **CREIL)
    old_address(people[3], **HOME | {"country": "Suisse"})
    job = run_job(communes.enqueue_fill().pk)
    assert (job.state, job.progress_done) == (Job.State.SUCCEEDED, job.progress_total)
    assert [commune(person) for person in people] == ["Beauvais"] * 3 + [""]
    main.refresh_from_db()
    assert main.commune is not None
    assert main.commune.name == "Creil"
    assert "beauvais" in lea.search_text


def test_filling_leaves_communes_that_are_known(lea: Contact) -> None:
    update_contact(contact=lea, by=None, commune=Territory.objects.get(kind="commune", code="60175"))
    old_address(lea, **HOME)
    run_job(communes.enqueue_fill().pk)
    assert commune(lea) == "Creil"


def test_an_installation_that_has_addresses_fills_them_after_migrating(lea: Contact) -> None:
    migration = import_module("contacts.migrations.0015_fill_communes")
    migration.enqueue(apps, None)
    assert not Job.objects.filter(kind=communes.FILL_JOB).exists()
    old_address(lea, **HOME)
    migration.enqueue(apps, None)
    run_job(Job.objects.get(kind=communes.FILL_JOB).pk)
    assert commune(lea) == "Beauvais"


def test_new_territories_fill_what_the_earlier_ones_could_not(lea: Contact) -> None:
    call_command("load_territories", force=True)
    assert Job.objects.filter(kind=communes.FILL_JOB).count() == 1
