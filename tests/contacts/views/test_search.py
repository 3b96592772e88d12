"""Finding people and electors as somebody types."""

from __future__ import annotations

import pytest

from contacts.models import Contact, ElectoralRegistration
from contacts.selectors import search_contacts, search_electors
from contacts.services.sources import create_source


@pytest.fixture
def base(person, places):
    """A few people who look alike."""
    person("Éléonore", "Lefèvre", email="eleonore.lefevre@example.org", commune=places["60057"])
    person("Zoé", "Le Goff", phone="06 39 98 12 34")
    person("Jean-Marc", "D'Almeida", email="jm.dalmeida@example.com", commune=places["59350"])
    person("Jean", "Lefebvre", phone="+33 1 99 00 55 66")
    person("Marie", "Beauvais", birth_name="Œuvrard")


def found(text: str, **options: object) -> list[str]:
    return [str(one) for one in search_contacts(text, **options)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("lefèvre", ["Éléonore Lefèvre"]),
        ("LEFEVRE", ["Éléonore Lefèvre"]),
        ("eleo", ["Éléonore Lefèvre"]),
        ("éléonore lefèvre", ["Éléonore Lefèvre"]),
        ("lefevre eleonore", ["Éléonore Lefèvre"]),
        ("lef", ["Jean Lefebvre", "Éléonore Lefèvre"]),
        ("d'almeida", ["Jean-Marc D'Almeida"]),
        ("d almeida jean", ["Jean-Marc D'Almeida"]),
        ("jean marc", ["Jean-Marc D'Almeida"]),
        ("le goff", ["Zoé Le Goff"]),
        ("zoé le", ["Zoé Le Goff"]),
        ("oeuvrard", ["Marie Beauvais"]),
        ("eleonore.lefevre@example.org", ["Éléonore Lefèvre"]),
        ("eleonore.lef", ["Éléonore Lefèvre"]),
        ("JM.Dalmeida@EXAMPLE.com", ["Jean-Marc D'Almeida"]),
        ("jm.dalmeida@", ["Jean-Marc D'Almeida"]),
        ("06 39 98 12 34", ["Zoé Le Goff"]),
        ("0639981234", ["Zoé Le Goff"]),
        ("06.39.98.12", ["Zoé Le Goff"]),
        ("+33 6 39 98 12 34", ["Zoé Le Goff"]),
        ("0033639981234", ["Zoé Le Goff"]),
        ("01 99 00 55 66", ["Jean Lefebvre"]),
        ("lille", ["Jean-Marc D'Almeida"]),
        ("lefevre beauvais", ["Éléonore Lefèvre"]),
        ("zzz", []),
        ("lefevre lille", []),
        ("", []),
        ("   ", []),
        ("%", []),
        ("'; DROP TABLE contacts_contact; --", []),
    ],
)
def test_people_are_found_by_what_is_typed(base, typed, expected):
    assert found(typed) == expected


def test_a_name_comes_before_a_commune(base):
    assert found("beauvais") == ["Marie Beauvais", "Éléonore Lefèvre"]


def test_one_letter_finds_beginnings_of_names(base):
    assert found("l") == ["Jean Lefebvre", "Éléonore Lefèvre", "Zoé Le Goff"] or set(found("l")) == {
        "Jean Lefebvre",
        "Éléonore Lefèvre",
        "Zoé Le Goff",
    }
    assert found("m") == []  # no surname begins with it; "Marie" takes another letter


def test_a_short_word_narrows_what_a_long_one_finds(base, person):
    person("Jeanne", "Roy")
    assert found("jean d") == ["Jean-Marc D'Almeida"]


def test_at_most_so_many_are_given(base):
    assert len(found("lef", limit=1)) == 1


def test_a_person_found_twice_is_given_once(person):
    person("Martin", "Martin", email="martin@example.org")
    assert found("martin") == ["Martin Martin"]


def test_a_search_stays_within_a_queryset(base):
    assert found("lef", within=Contact.objects.filter(first_name="Jean")) == ["Jean Lefebvre"]
    assert found("lef", within=Contact.objects.none()) == []


@pytest.fixture
def electors(places):
    """Three rows of two rolls."""
    roll = create_source(by=None, name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])

    def add(number: int, commune: str, birth_name: str, first_names: str, used_name: str = "") -> None:
        ElectoralRegistration.objects.create(
            identity=f"00000000-0000-0000-0000-{number:012d}",
            source=roll,
            commune=places[commune],
            birth_name=birth_name,
            first_names=first_names,
            used_name=used_name,
        )

    add(1, "60057", "LEFÈVRE", "Camille Anne")
    add(2, "59350", "LEFEVRE", "Denis")
    add(3, "60057", "DURAND", "Claire", "LEFEBVRE")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("lefèvre", ["Camille Anne LEFÈVRE", "Denis LEFEVRE"]),
        ("LEFEVRE d", ["Denis LEFEVRE"]),
        ("camille lefevre", ["Camille Anne LEFÈVRE"]),
        ("lefebvre", ["Claire DURAND"]),
        ("lefebvre claire", ["Claire DURAND"]),
        ("claire lefebvre", ["Claire DURAND"]),
        ("durand", ["Claire DURAND"]),
        ("lef", ["Camille Anne LEFÈVRE", "Denis LEFEVRE", "Claire DURAND"]),
        ("anne", []),
        ("", []),
    ],
)
def test_electors_are_found_by_their_names(electors, typed, expected):
    assert [str(one) for one in search_electors(typed)] == expected


def test_electors_are_found_in_one_commune(electors, places):
    here = search_electors("lef", commune_id=places["60057"].pk)
    assert [str(one) for one in here] == ["Camille Anne LEFÈVRE", "Claire DURAND"]
