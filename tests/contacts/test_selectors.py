"""Finding people and electors as somebody types."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, ElectoralRegistration, Source, Territory
from contacts.selectors import search_contacts, search_electors
from contacts.services.people import create_contact
from contacts.typed_words import search_terms, search_words

pytestmark = pytest.mark.django_db


@pytest.fixture
def form() -> Source:
    return Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])


@pytest.fixture
def lyon() -> Territory:
    return Territory.objects.get_or_create(kind="commune", code="69123", defaults={"name": "Lyon"})[0]


@pytest.fixture
def people(form: Source, lyon: Territory) -> dict[str, Contact]:
    def person(**values: Any) -> Contact:
        return create_contact(source=form, by=None, **values)

    return {
        "jean": person(first_name="Jean-Éric", last_name="Dupont", commune=lyon, phone="06 39 98 00 01"),
        "marie": person(first_name="Marie", last_name="Dupontel", email="m.dupontel@example.org"),
        "zoe": person(
            first_name="Zoé", last_name="D'Almeida", birth_name="Martin", email="zoe_d@example.com"
        ),
        "other": person(first_name="Lyonel", last_name="Œuvrard"),
    }


def found(people: dict[str, Contact], text: str, **options: Any) -> list[str]:
    names = {person.pk: name for name, person in people.items()}
    return [names[person.pk] for person in search_contacts(text, **options)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dupont", ["jean", "marie"]),
        ("DUPÔNT", ["jean", "marie"]),
        ("d", ["zoe", "jean", "marie"]),  # by last name
        ("dupont j", ["jean"]),
        ("jean dupont", ["jean"]),
        ("jean eric", ["jean"]),
        ("eric-jean", ["jean"]),
        ("dupont lyon", ["jean"]),
        ("lyon", ["jean", "other"]),
        ("oeuvrard", ["other"]),
        ("œu", ["other"]),
        ("d'alm", ["zoe"]),
        ("martin", ["zoe"]),  # birth name
        ("m.dupontel@example.org", ["marie"]),
        ("M.Dupontel@ex", ["marie"]),
        ("dupontel example", ["marie"]),
        ("zoe_", ["zoe"]),
        ("zoe_d@example.com", ["zoe"]),
        ("zoeXd@example.com", []),  # _ is no wildcard
        ("@example.com", ["zoe"]),
        ("06 39 98", ["jean"]),
        ("0639980001", ["jean"]),
        ("+33 6 39", ["jean"]),
        ("0033639", ["jean"]),
        ("+33 (0)6 39 98 00 01", ["jean"]),
        ("+33(0)639", ["jean"]),
        ("+33 06 39 98", ["jean"]),
        ("639980001", ["jean"]),
        ("6 39 98 00", ["jean"]),
        ("6.39.98.00.01", ["jean"]),
        ("33 6 39 98", ["jean"]),
        ("06-39.98 00/01", ["jean"]),
        ("Dupont 06.39.98.00.01", ["jean"]),
        ("06 39 98 00 01 dupont", ["jean"]),
        ("Dupontel 06 39 98 00 01", []),
        ("39 98 00 01", []),  # numbers are found by their beginning
        ("dupont z", []),
        ("xq", []),
        ("zzzz", []),
        ("", []),
        (" - ", []),
        ("%", []),
        ("'; DROP TABLE x", []),
        ("a & b | !c:*", []),
    ],
)
def test_people_are_found(people: dict[str, Contact], text: str, expected: list[str]) -> None:
    assert found(people, text) == expected


def test_a_number_is_one_word_however_it_is_spaced() -> None:
    assert search_words("06.39 98-00") == ["06399800"]
    assert search_words("+33 (0)6") == ["336"]
    assert search_terms("6 39 98") == [("63998", "063998")]
    assert search_terms("++ ()") == []
    assert search_words("rue 12") == ["rue", "12"]


def test_a_search_stays_inside_a_filter(people: dict[str, Contact], lyon: Territory) -> None:
    assert found(people, "dupont", within=Contact.objects.filter(commune=lyon)) == ["jean"]
    assert found(people, "m.dup@", within=Contact.objects.filter(commune=lyon)) == []
    assert found(people, "dupont", within=Contact.objects.filter(pk__in=[])) == []
    with_percent = Contact.objects.filter(last_name__contains="upon")
    assert found(people, "marie", within=with_percent) == ["marie"]


def test_at_most_so_many_are_found_in_the_order_of_names(people: dict[str, Contact]) -> None:
    assert found(people, "dup", limit=1) == ["jean"]


def test_somebody_being_erased_is_not_found(people: dict[str, Contact]) -> None:
    person = people["jean"]
    Contact.objects.filter(pk=person.pk).update(erased_at=person.created_at)
    assert found(people, "dupont jean") == []


def elector(source: Source, commune: Territory, **values: Any) -> ElectoralRegistration:
    return ElectoralRegistration.objects.create(
        identity=uuid.uuid4(), source=source, commune=commune, **values
    )


def test_a_stub_is_found_by_the_name_on_the_roll_and_others_by_their_own(
    people: dict[str, Contact], form: Source, lyon: Territory
) -> None:
    stub = Contact.objects.create(is_stub=True)
    elector(form, lyon, birth_name="TERRIEN", first_names="Noémie", contact=stub)
    elector(form, lyon, birth_name="TERRIER", first_names="Luc", contact=people["jean"])
    elector(form, lyon, birth_name="TERRIOT", first_names="Ana")
    assert search_contacts("terri") == [stub]
    assert search_contacts("terrien n") == [stub]
    stub.refresh_from_db()
    assert stub.search_text == ""  # nothing of the roll is copied


def test_electors_are_found_by_birth_name_and_used_name(form: Source, lyon: Territory) -> None:
    beauvais, _new = Territory.objects.get_or_create(
        kind="commune", code="60057", defaults={"name": "Beauvais"}
    )
    born = elector(form, lyon, birth_name="LEFÈVRE", first_names="Anne Marie")
    married = elector(form, beauvais, birth_name="ZOLA", used_name="LEFEVRE", first_names="Jeanne")
    assert search_electors("lefevre") == [born, married]
    assert search_electors("Lefèvre j") == [married]
    assert search_electors("lefevre", commune_id=lyon.pk) == [born]
    assert search_electors("zola") == [married]
    assert search_electors("marie") == []
    assert search_electors("") == []


def test_electors_of_a_city_are_those_of_its_arrondissements(lyon: Territory) -> None:
    third = Territory.objects.create(
        kind="municipal_arrondissement", code="69383", name="Lyon 3e Arrondissement", parent=lyon
    )
    roll = Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])
    whole, part = (
        ElectoralRegistration.objects.create(
            identity=uuid.uuid4(), source=roll, commune=place, birth_name="MARTIN", first_names=forename
        )
        for place, forename in ((lyon, "Anne"), (third, "Bea"))
    )
    assert search_electors("martin", commune_id=lyon.pk) == [whole, part]
    assert search_electors("martin", commune_id=third.pk) == [part]


def test_a_search_costs_the_same_queries_for_one_person_and_for_three(people: dict[str, Contact]) -> None:
    with CaptureQueriesContext(connection) as three:
        assert len(search_contacts("d")) == 3
    with CaptureQueriesContext(connection) as one:
        assert len(search_contacts("dupontel")) == 1
    assert len(one) <= len(three) + 1  # a short word asks no text index
