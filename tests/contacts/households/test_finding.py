"""Who lives together: computed from what people share, never from a mailbox that many have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import User
from contacts.households.finding import enqueue_refresh, refresh_all_households, refresh_households
from contacts.households.service import (
    HouseholdRefused,
    forget_correction,
    join_household,
    leave_household,
)
from contacts.merging.service import merge, unmerge
from contacts.models import Contact, ElectoralRegistration, Household, HouseholdMember, Source, Territory
from contacts.services.contact_points import add_phone, remove_point
from contacts.services.people import create_contact
from tests.support.imports import import_file, write_rows

MakePerson = Callable[..., Contact]
HOME = {"line1": "3 rue Haute", "postcode": "60000", "city": "Beauvais"}


@pytest.fixture
def book(db: None) -> Source:
    return Source.objects.create(
        name="Members", kind="address_book", lawful_basis="member", channels=["email"]
    )


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="officer@example.org", role="director")


@pytest.fixture
def person(book: Source) -> MakePerson:
    def make(first: str, last: str = "Martin", **values: Any) -> Contact:
        return create_contact(source=book, by=None, first_name=first, last_name=last, **values)

    return make


def households() -> set[frozenset[str]]:
    """First names of the people of each household of two or more."""
    found: dict[int, set[str]] = {}
    for link in HouseholdMember.objects.select_related("contact"):
        found.setdefault(link.household_id, set()).add(link.contact.first_name)
    return {frozenset(names) for names in found.values() if len(names) > 1}


def test_a_hamlet_stands_for_the_street_where_there_is_none(person: MakePerson) -> None:
    hamlet = {"locality": "Le Moulin", "postcode": "60000", "city": "Beauvais"}
    person("Ana", address=hamlet)
    person("Bob", address=hamlet | {"locality": "LE MOULIN"})
    person("Cleo", address=hamlet | {"locality": "La Forge"})
    person("Dan", address=hamlet | {"locality": "La Forge", "line1": "3"})
    person("Eva", address=hamlet | {"locality": "La Forge", "line1": "3"})
    person("Far", address={"postcode": "60000", "city": "Beauvais"})
    person("Gil", address={"postcode": "60000", "city": "Beauvais"})
    refresh_all_households()
    assert households() == {frozenset({"Ana", "Bob"}), frozenset({"Dan", "Eva"})}


def test_an_address_and_a_name_a_phone_or_an_email_make_a_household(person: MakePerson) -> None:
    person("Ana", address=HOME)
    person("Bob", address=HOME | {"line1": "3, RUE HAUTE"})
    person("Neighbour", "Petit", address=HOME)
    person("Cleo", "Roux", phone="0344000001")
    person("Dan", "Blanc", phone="03 44 00 00 01", email="house@example.org")
    person("Eve", "Noir", email="House@example.org")
    person("Alone", "Vert", address={"line1": "", "postcode": "60000", "city": "Beauvais"})
    person("Apart", "Vert", address={"line1": "", "postcode": "60000", "city": "Beauvais"})
    refresh_all_households()
    assert households() == {frozenset({"Ana", "Bob"}), frozenset({"Cleo", "Dan", "Eve"})}


def test_electors_of_one_address_and_name_live_together(person: MakePerson, book: Source) -> None:
    beauvais = Territory.objects.create(kind="commune", code="60057", name="Beauvais")
    ana, stub = person("Ana", address=HOME), Contact.objects.create(is_stub=True)
    ElectoralRegistration.objects.create(
        contact=stub, commune=beauvais, source=book, birth_name="MARTIN", first_names="Bob",
        identity="1" * 32, street="3 RUE HAUTE", postcode="60000", city="BEAUVAIS",
    )  # fmt: skip
    refresh_households([stub.pk])
    members = HouseholdMember.objects.filter(household=HouseholdMember.objects.get(contact=ana).household_id)
    assert set(members.values_list("contact_id", flat=True)) == {ana.pk, stub.pk}


def test_what_a_crowd_shares_makes_no_household(person: MakePerson) -> None:
    for number in range(14):
        person(f"P{number}", f"Name{number}", email="mairie@example.org")
    refresh_all_households()
    assert households() == set()


def test_a_long_chain_of_people_is_no_household(person: MakePerson) -> None:
    for number in range(15):
        contact = person(f"P{number}", f"Name{number}", phone=f"03440001{number:02d}")
        add_phone(contact=contact, number=f"03440001{number + 1:02d}", source=None, by=None)
    refresh_all_households()
    assert households() == set()


def test_a_household_keeps_its_number_and_comes_apart_when_nothing_is_shared(
    person: MakePerson, officer: User
) -> None:
    ana, bob = person("Ana", phone="0344000001"), person("Bob", "Petit", phone="0344000001")
    refresh_households([ana.pk])
    number = Household.objects.get().pk
    cleo = person("Cleo", "Roux", phone="0344000001")
    refresh_households([cleo.pk])
    assert Household.objects.get().pk == number
    assert households() == {frozenset({"Ana", "Bob", "Cleo"})}
    remove_point(point=bob.phonenumber_set.get(), by=officer)
    assert households() == {frozenset({"Ana", "Cleo"})}
    remove_point(point=cleo.phonenumber_set.get(), by=officer)
    assert not Household.objects.exists()
    assert not HouseholdMember.objects.exists()


def test_an_address_typed_by_hand_counts_at_once(person: MakePerson, officer: User) -> None:
    person("Ana", phone="0344000001")
    add_phone(contact=person("Bob"), number="0344000001", source=None, by=officer)
    assert households() == {frozenset({"Ana", "Bob"})}


def test_what_was_put_right_by_hand_is_never_computed_away(person: MakePerson, officer: User) -> None:
    ana, bob, cleo = (person(name, phone="0344000001") for name in ("Ana", "Bob", "Cleo"))
    dan = person("Dan", "Far")
    refresh_all_households()
    leave_household(contact=bob, by=officer)
    join_household(contact=dan, other=ana, by=officer)
    refresh_all_households()
    assert households() == {frozenset({"Ana", "Cleo", "Dan"})}
    forget_correction(contact=bob, by=officer)
    forget_correction(contact=dan, by=officer)
    assert households() == {frozenset({"Ana", "Bob", "Cleo"})}
    with pytest.raises(HouseholdRefused, match="computed already"):
        forget_correction(contact=cleo, by=officer)
    with pytest.raises(HouseholdRefused, match="somebody else"):
        join_household(contact=cleo, other=cleo, by=officer)


def test_two_strangers_may_be_put_together(person: MakePerson) -> None:
    join_household(contact=person("Ana", "Roux"), other=person("Bob", "Petit"), by=None)
    refresh_all_households()
    assert households() == {frozenset({"Ana", "Bob"})}


def test_a_merge_leaves_one_member_and_its_undo_two(person: MakePerson) -> None:
    ana, again, _bob = (person(name, phone="0344000001") for name in ("Ana", "Anna", "Bob"))
    refresh_all_households()
    done = merge(kept=ana, absorbed=again, by=None)
    assert households() == {frozenset({"Ana", "Bob"})}
    unmerge(merge=done, by=None)
    assert households() == {frozenset({"Ana", "Anna", "Bob"})}


def test_an_erased_person_is_in_no_household(person: MakePerson) -> None:
    ana, bob = person("Ana", phone="0344000001"), person("Bob", phone="0344000001")
    refresh_all_households()
    Contact.objects.filter(pk=bob.pk).update(erased_at="2026-01-01T00:00:00Z")
    refresh_households([ana.pk, bob.pk])
    assert not HouseholdMember.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_import_finds_the_households_of_its_people(tmp_path: Any, book: Source) -> None:
    rows = [("prénom", "nom", "téléphone"), ("Ana", "Roux", "0344000001"), ("Bob", "Petit", "0344000001")]
    run = import_file(write_rows(tmp_path / "book.csv", rows), kind="address-book", source=book)
    from campaign_crm.platform.models import Job

    job = Job.objects.get(kind="contacts.refresh_households")
    assert job.payload == {"import": run.pk}
    assert run_job(job.pk).state == "succeeded"
    assert households() == {frozenset({"Ana", "Bob"})}


@pytest.mark.django_db(transaction=True)
def test_the_nightly_job_looks_at_everyone(person: MakePerson) -> None:
    for name in ("Ana", "Bob"):
        person(name, phone="0344000001")
    assert run_job(enqueue_refresh(import_id=None, by=None).pk).state == "succeeded"
    assert households() == {frozenset({"Ana", "Bob"})}


def test_neighbours_are_found_by_indexes(person: MakePerson) -> None:
    """No look at a whole table: a plan without a sequential scan of people or of their contact points."""
    from contacts.households.sharing import _LINKS, HOLDERS_AT_MOST

    ids = [person("Ana", phone="0344000001", address=HOME).pk]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {_LINKS}", {"ids": ids, "at_most": HOLDERS_AT_MOST})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    for table in ("contact", "emailaddress", "phonenumber", "postaladdress", "electoralregistration"):
        assert f"Seq Scan on contacts_{table}" not in plan, plan
