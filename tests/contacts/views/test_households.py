"""Pages of households, and putting them right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from contacts.households.finding import refresh_all_households
from contacts.models import Contact, HouseholdMember
from tests.contacts.views.conftest import queries_of

MakePerson = Callable[..., Contact]
HOME = {"line1": "3 rue Haute", "postcode": "60000", "city": "Beauvais"}


@pytest.fixture
def family(person: MakePerson) -> list[Contact]:
    people = [person(name, "Martin", address=HOME) for name in ("Ana", "Bob")]
    person("Alone", "Petit", address=HOME)
    refresh_all_households()
    return people


def test_the_list_shows_names_address_and_people(client: Client, family: list[Contact]) -> None:
    rows = client.get("/households/").context["rows"]
    assert [(row.names, row.address, row.people) for row in rows] == [
        ("MARTIN", "3 rue Haute, 60000 Beauvais", 2)
    ]


def test_a_page_shows_who_lives_there_and_takes_corrections(
    client: Client, family: list[Contact], person: MakePerson
) -> None:
    ana, bob = family
    cleo = person("Cleo", "Far", email="cleo@example.org")
    number = HouseholdMember.objects.get(contact=ana).household_id
    page = client.get(f"/households/{number}/?q=cleo")
    assert [row.name for row in page.context["rows"]] == ["Ana Martin", "Bob Martin"]
    assert [row.pk for row in page.context["found"]] == [cleo.pk]
    client.post(f"/people/{cleo.pk}/household/join/", {"other": ana.pk})
    client.post(f"/people/{bob.pk}/household/leave/")
    page = client.get(f"/households/{number}/")
    assert [row.name for row in page.context["rows"]] == ["Ana Martin", "Cleo Far"]
    assert page.context["by_hand"] == {cleo.pk}
    client.post(f"/people/{bob.pk}/household/compute/")
    client.post(f"/people/{bob.pk}/household/compute/")  # computed already: told, not an error page
    assert HouseholdMember.objects.filter(household=number).count() == 3
    assert client.post(f"/people/{bob.pk}/household/paint/").status_code == 404


def test_the_page_of_a_person_names_the_others(client: Client, family: list[Contact]) -> None:
    shown = client.get(f"/people/{family[0].pk}/").content.decode()
    assert f'href="/people/{family[1].pk}/"' in shown
    assert f"/people/{family[0].pk}/household/leave/" in shown


def test_more_households_cost_no_more_queries(
    client: Client, family: list[Contact], person: MakePerson
) -> None:
    one = queries_of(client, "/households/")
    for street in ("1 rue Basse", "2 rue Basse"):
        for name in ("Dan", "Eve"):
            person(name, "Roux", address=HOME | {"line1": street})
    refresh_all_households()
    assert queries_of(client, "/households/") == one


def test_whoever_only_reads_corrects_nothing(reader: Client, family: list[Contact]) -> None:
    assert reader.get("/households/").status_code == 200
    assert reader.post(f"/people/{family[0].pk}/household/leave/").status_code == 403
