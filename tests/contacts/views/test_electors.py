"""The page of electors."""

from __future__ import annotations

import pytest

from contacts.models import ElectoralRegistration
from contacts.services.sources import create_source
from tests.contacts.views.conftest import queries_of

ADDRESS = "/electors/"


@pytest.fixture
def elector(places):
    roll = create_source(by=None, name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])

    def make(birth_name: str, commune: str = "60057", **fields: object) -> ElectoralRegistration:
        number = ElectoralRegistration.objects.count()
        return ElectoralRegistration.objects.create(
            identity=f"00000000-0000-0000-0000-{number:012d}",
            source=roll,
            commune=places[commune],
            birth_name=birth_name,
            **fields,
        )

    return make


def test_an_installation_without_a_roll_is_shown_how_to_get_one(client):
    assert "No electoral roll yet" in client.get(ADDRESS).content.decode()


def test_nobody_is_listed_before_a_name_is_typed(client, elector):
    elector("MARTIN", first_names="Léa")
    text = client.get(ADDRESS).content.decode()
    assert "Type a name" in text
    assert "MARTIN" not in text


def test_an_elector_is_shown_with_their_address_and_person(client, elector, person):
    known = person("Léa", "Martin")
    elector("MARTIN", first_names="Léa", street="1 RUE A", postcode="60000", city="BEAUVAIS", contact=known)
    text = client.get(ADDRESS, {"q": "martin"}).content.decode()
    assert "Léa MARTIN" in text
    assert "1 RUE A 60000 BEAUVAIS" in text
    assert f'href="/people/{known.pk}/"' in text


@pytest.mark.parametrize("where", ["Beauvais", "beauv", "60000", "60057"])
def test_electors_are_looked_for_in_a_commune(client, elector, where):
    elector("MARTIN", "60057")
    elector("MARTINEZ", "59350")
    answer = client.get(ADDRESS, {"q": "martin", "where": where})
    assert [one.birth_name for one in answer.context["electors"]] == ["MARTIN"]
    assert "On the roll of Beauvais (60057)" in answer.content.decode()


def test_a_commune_that_does_not_exist_finds_nobody(client, elector):
    elector("MARTIN")
    answer = client.get(ADDRESS, {"q": "martin", "where": "Nowhere"})
    assert answer.context["electors"] == []
    assert "No commune is called “Nowhere”." in answer.content.decode()


def test_a_page_asks_as_many_queries_for_three_rows_as_for_one(client, elector, person):
    elector("MARTIN", contact=person("Léa", "Martin"))
    one = queries_of(client, ADDRESS + "?q=mart")
    elector("MARTINEZ", contact=person("Zoé", "Martinez"))
    elector("MARTINET", "59350")
    assert queries_of(client, ADDRESS + "?q=mart") == one


def test_what_is_typed_is_shown_as_text(client, elector):
    elector("MARTIN")
    text = client.get(ADDRESS, {"q": "<script>alert(1)</script>", "where": "<b>"}).content.decode()
    assert "<script>alert" not in text
    assert "<b>" not in text
