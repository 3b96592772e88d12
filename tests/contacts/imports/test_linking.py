"""Who is linked to an elector by itself, who waits for a human eye, and that decisions are remembered."""

import uuid
from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connection

from campaign_crm.platform.crypto import keyed_hash
from contacts.imports import linking
from contacts.imports.linking import Links, link_electors, link_people
from contacts.imports.staging import Staging
from contacts.models import (
    Contact,
    ElectoralRegistration,
    PostalAddress,
    RegistrationMatch,
    Source,
    Territory,
)
from contacts.services.registration_links import LinkRefused, confirm_link, refuse_link, undo_link
from contacts.views.link_facts import compare

pytestmark = pytest.mark.django_db

BORN = date(1980, 5, 17)
LILLE = keyed_hash("birthplace", "FR/59350")


@pytest.fixture
def communes() -> dict[str, Territory]:
    return {
        name: Territory.objects.create(kind="commune", code=code, name=name)
        for name, code in (("Beauvais", "60057"), ("Creil", "60175"))
    }


@pytest.fixture
def roll(communes) -> Source:
    return Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll")


@pytest.fixture
def elector(roll, communes):
    def make(**fields) -> ElectoralRegistration:
        values = {
            "birth_name": "MARTIN",
            "first_names": "Léa Marie",
            "birth_date": BORN,
            "commune": communes["Beauvais"],
            **fields,
        }
        return ElectoralRegistration.objects.create(identity=uuid.uuid4(), source=roll, **values)

    return make


@pytest.fixture
def person(communes):
    def make(**fields) -> Contact:
        values = {
            "first_name": "Léa",
            "last_name": "Martin",
            "birth_date": BORN,
            "commune": communes["Beauvais"],
        }
        return Contact.objects.create(**{**values, **fields})

    return make


QUIET = SimpleNamespace(waits=lambda: None)


def from_people() -> Links:
    return link_people(Staging(1), "SELECT id FROM contacts_contact", told=QUIET)


def from_electors() -> Links:
    return link_electors(Staging(1), "SELECT id FROM contacts_electoralregistration", told=QUIET)


BOTH = pytest.mark.parametrize("link", [from_people, from_electors])


@BOTH
def test_same_name_day_and_commune_is_the_same_person(link, person, elector) -> None:
    contact, registration = person(), elector()
    assert link() == Links(linked=1, to_review=0)
    registration.refresh_from_db()
    assert registration.contact == contact
    match = RegistrationMatch.objects.get()
    assert (match.state, match.automatic) == ("linked", True)
    assert match.evidence == {"names": True, "birth_date": True, "commune": True}
    assert link() == Links(linked=0, to_review=0), "again finds nothing new"


@BOTH
@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"last_name": "Durand"}, {"used_name": "DURAND"}),
        ({"last_name": "Durand", "birth_name": "Martin"}, {}),
        ({"first_name": "LEA-MARIE"}, {}),
        ({"commune": None, "birthplace_hash": LILLE}, {"birthplace_hash": LILLE}),
    ],
    ids=["used name", "birth name", "two forenames", "birthplace instead of commune"],
)
def test_names_and_places_agree_in_other_ways(link, person, elector, mine, theirs) -> None:
    person(**mine)
    elector(**theirs)
    assert link() == Links(linked=1, to_review=0)


@BOTH
@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"birth_date": date(1980, 5, 18)}, {}),
        ({"first_name": "Luc"}, {}),
        ({"first_name": "Le"}, {}),
        ({"last_name": "Marti"}, {}),
        ({"birth_date": None, "commune": None}, {}),
    ],
    ids=["another day", "another forename", "half a forename", "half a name", "nothing but a name"],
)
def test_different_people_are_not_even_proposed(link, person, elector, mine, theirs) -> None:
    person(**mine)
    elector(**theirs)
    assert link() == Links(0, 0)
    assert not RegistrationMatch.objects.exists()


@BOTH
@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"commune": None}, {}),
        ({"birth_date": None}, {}),
        ({"birthplace_hash": LILLE}, {"birthplace_hash": b"x" * 32}),
    ],
    ids=["place unknown", "birth date unknown", "born elsewhere"],
)
def test_what_is_probable_waits_for_a_review(link, person, elector, mine, theirs) -> None:
    person(**mine)
    elector(**theirs)
    assert link() == Links(linked=0, to_review=1)
    assert ElectoralRegistration.objects.get().contact is None
    assert RegistrationMatch.objects.get().state == "pending"


@BOTH
def test_two_electors_who_fit_wait_for_a_review(link, person, elector) -> None:
    person()
    elector(order_number=1)
    elector(order_number=2, first_names="Léa Anne")
    assert link() == Links(linked=0, to_review=2)


@BOTH
def test_two_people_who_fit_one_elector_wait_for_a_review(link, person, elector) -> None:
    person()
    person()
    elector()
    assert link() == Links(linked=0, to_review=2)


@BOTH
def test_one_elector_on_two_lists_is_one_person(link, person, elector) -> None:
    person()
    elector(roll_kind=2)
    elector(roll_kind=3)
    assert link() == Links(linked=2, to_review=0)


@BOTH
@pytest.mark.parametrize(
    ("birthplace", "links"),
    [(LILLE, Links(linked=2, to_review=0)), (None, Links(linked=0, to_review=2))],
    ids=["born in one place", "birthplace unknown"],
)
def test_two_rows_of_one_list_are_one_person_only_by_the_birthplace(
    link, person, elector, birthplace, links
) -> None:
    person()
    for order in (1, 2):
        elector(order_number=order, birthplace_hash=birthplace)
    assert link() == links


@BOTH
def test_homonyms_of_one_day_are_told_apart_by_their_birthplace(link, person, elector) -> None:
    mine = person(birthplace_hash=LILLE)
    elector(order_number=1, birthplace_hash=LILLE)
    elector(order_number=2, birthplace_hash=b"x" * 32)
    assert link() == Links(linked=1, to_review=0)
    linked = ElectoralRegistration.objects.get(contact=mine)
    assert bytes(linked.birthplace_hash) == LILLE


@pytest.fixture
def paris() -> dict[str, Territory]:
    city = Territory.objects.create(kind="commune", code="75056", name="Paris")
    parts = {
        code: Territory.objects.create(kind="municipal_arrondissement", code=code, name=code, parent=city)
        for code in ("75115", "75118")
    }
    return {"75056": city, **parts}


@BOTH
@pytest.mark.parametrize(
    ("mine", "theirs"),
    [("75115", "75056"), ("75056", "75115"), ("75115", "75118")],
    ids=["the roll names the city", "the person names the city", "two arrondissements"],
)
def test_the_arrondissements_of_a_city_are_one_commune(link, person, elector, paris, mine, theirs) -> None:
    certain = person(commune=paris[mine])
    probable = person(first_name="Luc", birth_date=None, commune=paris[mine])
    at_home = person(first_name="Anne", commune=None)
    PostalAddress.objects.create(contact=at_home, city="Paris", commune=paris[mine])
    for forename in ("Léa", "Luc", "Anne"):
        elector(first_names=forename, commune=paris[theirs])
    elector(first_names="Luc")  # in Beauvais
    assert link() == Links(linked=2, to_review=1)
    linked = ElectoralRegistration.objects.filter(contact__isnull=False)
    assert set(linked.values_list("contact_id", flat=True)) == {certain.pk, at_home.pk}
    waiting = RegistrationMatch.objects.get(state="pending")
    assert waiting.contact == probable
    (commune,) = [fact for fact in compare(waiting) if str(fact.label) == "Commune"]
    assert commune.agrees


def test_a_link_can_be_undone_and_is_not_made_again(person, elector) -> None:
    person()
    registration = elector()
    from_people()
    undo_link(registration=registration, by=None)
    registration.refresh_from_db()
    assert registration.contact is None
    assert RegistrationMatch.objects.get().state == "undone"
    assert from_people() == Links(0, 0)
    with pytest.raises(LinkRefused):
        undo_link(registration=registration, by=None)


def test_a_refused_pair_is_not_proposed_again(person, elector) -> None:
    person(commune=None)
    elector()
    from_people()
    refuse_link(match=RegistrationMatch.objects.get(), by=None)
    assert from_people() == Links(0, 0)
    assert RegistrationMatch.objects.get().state == "refused"


def test_confirming_one_pair_refuses_its_rivals(person, elector) -> None:
    first, second = person(), person()
    registration = elector()
    from_people()
    pair, rival = RegistrationMatch.objects.get(contact=first), RegistrationMatch.objects.get(contact=second)
    confirm_link(match=pair, by=None)
    registration.refresh_from_db()
    rival.refresh_from_db()
    assert (registration.contact, rival.state) == (first, "refused")
    with pytest.raises(LinkRefused):
        confirm_link(match=rival, by=None)


def test_the_planner_knows_how_many_pairs_there_are(person, elector, monkeypatch) -> None:
    """Without statistics it compares each of 100,000 pairs with each: minutes instead of seconds."""
    seen = []

    def look(staging):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT reltuples FROM pg_class WHERE oid = '{staging.table('pairs')}'::regclass")
            seen.append(cursor.fetchone()[0])
        return iter(())

    for name in ("Léa", "Paul", "Luc"):
        person(first_name=name)
        elector(first_names=name)
    monkeypatch.setattr(linking, "_certain_people", look)
    from_people()
    assert seen == [3]
