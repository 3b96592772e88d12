"""Pairs to review: what is compared, what each answer does, and how a link is undone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from contacts.models import (
    Contact,
    ElectoralRegistration,
    PostalAddress,
    RegistrationMatch,
    Source,
    Territory,
)
from contacts.views.link_facts import compare

pytestmark = pytest.mark.django_db
State = RegistrationMatch.State


@pytest.fixture
def beauvais() -> Territory:
    return Territory.objects.get(kind="commune", code="60057")


@pytest.fixture
def person(book: Source, beauvais: Territory) -> Callable[..., Contact]:
    def make(**values: Any) -> Contact:
        fields = {"first_name": "Léa", "last_name": "Martin", "commune": beauvais}
        return Contact.objects.create(**(fields | values))

    return make


@pytest.fixture
def elector_row(roll_source: Source, beauvais: Territory) -> Callable[..., ElectoralRegistration]:
    def make(**values: Any) -> ElectoralRegistration:
        fields = {
            "identity": uuid.uuid4(),
            "source": roll_source,
            "commune": beauvais,
            "birth_name": "MARTIN",
            "first_names": "Léa Marie",
            "birth_date": date(1980, 5, 17),
        }
        return ElectoralRegistration.objects.create(**(fields | values))

    return make


@pytest.fixture
def pair(
    person: Callable[..., Contact], elector_row: Callable[..., ElectoralRegistration]
) -> Callable[..., RegistrationMatch]:
    def make(contact: Contact | None = None, **values: Any) -> RegistrationMatch:
        return RegistrationMatch.objects.create(
            contact=contact or person(), registration=elector_row(**values), state=State.PENDING
        )

    return make


def agreement(match: RegistrationMatch) -> dict[str, bool | None]:
    return {str(fact.label): fact.agrees for fact in compare(match)}


def test_facts_of_both_sides_are_compared_as_they_are_now(pair: Callable[..., RegistrationMatch]) -> None:
    match = pair()
    assert agreement(match) == {
        "First names": True,
        "Name": True,
        "Birth date": None,
        "Birthplace": None,
        "Commune": True,
        "Address": None,
    }
    match.contact.birth_date = date(1981, 1, 1)
    assert agreement(match)["Birth date"] is False
    match.contact.birth_date, match.contact.birth_year = None, 1980
    assert agreement(match)["Birth date"] is True
    match.contact.birth_year = 1981
    assert agreement(match)["Birth date"] is False


@pytest.mark.parametrize(
    ("said", "of_the_roll", "agrees"),
    [
        ({"last_name": "Petit"}, {"used_name": "PETIT"}, True),
        ({"last_name": "Petit", "birth_name": "Martin"}, {}, True),
        ({"last_name": "Petit"}, {}, False),
        ({"last_name": ""}, {}, None),
        ({"last_name": "Lefèvre"}, {"birth_name": "LEFEVRE"}, True),
    ],
)
def test_name_agrees_with_birth_name_or_used_name(
    person: Callable[..., Contact],
    pair: Callable[..., RegistrationMatch],
    said: dict[str, str],
    of_the_roll: dict[str, str],
    agrees: bool | None,
) -> None:
    assert agreement(pair(person(**said), **of_the_roll))["Name"] is agrees


@pytest.mark.parametrize(
    ("said", "of_the_roll", "agrees"),
    [("Léa", "LEA MARIE", True), ("Jean", "JEANNE", False), ("Anne-Sophie", "Anne Sophie Julie", True)],
)
def test_forename_is_the_first_of_the_electors(
    person: Callable[..., Contact],
    pair: Callable[..., RegistrationMatch],
    said: str,
    of_the_roll: str,
    agrees: bool,
) -> None:
    assert agreement(pair(person(first_name=said), first_names=of_the_roll))["First names"] is agrees


def test_birthplace_is_compared_and_never_shown(
    person: Callable[..., Contact], pair: Callable[..., RegistrationMatch], text_of: Callable[[str], str]
) -> None:
    match = pair(person(birthplace_hash=b"\1" * 32), birthplace_hash=b"\1" * 32)
    assert agreement(match)["Birthplace"] is True
    match.registration.birthplace_hash = b"\2" * 32
    assert agreement(match)["Birthplace"] is False
    assert "known" in text_of("/links/")


def test_street_and_commune_come_from_the_address(
    person: Callable[..., Contact],
    pair: Callable[..., RegistrationMatch],
    book: Source,
    beauvais: Territory,
) -> None:
    lea = person(commune=None)
    PostalAddress.objects.create(
        contact=lea,
        source=book,
        line1="12, rue des Lilas",
        postcode="60000",
        city="Beauvais",
        commune=beauvais,
    )
    found = agreement(pair(lea, street="12 RUE DES LILAS", postcode="60000", city="BEAUVAIS"))
    assert (found["Commune"], found["Address"]) == (True, True)


def answer(staff: Client, match: RegistrationMatch, said: str) -> HttpResponse:
    return staff.post(f"/links/{match.pk}/", {"answer": said})


def test_same_person_is_linked_and_the_next_pair_comes(
    staff: Client, pair: Callable[..., RegistrationMatch], officer: object
) -> None:
    first, second = pair(), pair(birth_date=date(1970, 1, 1))
    moved = answer(staff, first, "same")
    first.refresh_from_db()
    first.registration.refresh_from_db()
    assert (first.state, first.decided_by, first.automatic) == (State.LINKED, officer, False)
    assert first.registration.contact == first.contact
    assert staff.get(moved["Location"]).context["pair"] == second


def test_not_the_same_is_remembered(staff: Client, pair: Callable[..., RegistrationMatch]) -> None:
    match = pair()
    answer(staff, match, "different")
    match.refresh_from_db()
    match.registration.refresh_from_db()
    assert (match.state, match.registration.contact) == (State.REFUSED, None)


def test_elector_of_somebody_else_is_not_taken(
    staff: Client, pair: Callable[..., RegistrationMatch], person: Callable[..., Contact]
) -> None:
    match = pair()
    ElectoralRegistration.objects.update(contact=person(first_name="Ana"))
    said = staff.post(f"/links/{match.pk}/", {"answer": "same"}, follow=True)
    match.refresh_from_db()
    assert "This elector is linked to somebody else." in said.content.decode()
    assert match.state == State.PENDING


def test_queue_is_walked_both_ways_and_counted(staff: Client, pair: Callable[..., RegistrationMatch]) -> None:
    first, second, third = pair(), pair(), pair()
    shown = staff.get("/links/")
    assert (shown.context["pair"], shown.context["left"]) == (first, 3)
    assert staff.get(f"/links/?after={first.pk}").context["pair"] == second
    assert staff.get(f"/links/?before={third.pk}").context["pair"] == second
    assert staff.get(f"/links/?at={third.pk}").context["pair"] == third
    assert staff.get(f"/links/?after={third.pk}").context["pair"] == first
    assert staff.get("/links/?at=x").context["pair"] == first


def test_other_candidates_are_shown_beside(
    staff: Client, pair: Callable[..., RegistrationMatch], person: Callable[..., Contact]
) -> None:
    lea = person()
    first, second, _stranger = pair(lea), pair(lea, first_names="Léa Anne"), pair()
    shown = staff.get(f"/links/?at={first.pk}")
    assert shown.context["others"] == [second]


def test_empty_queue_says_when_pairs_come(text_of: Callable[[str], str]) -> None:
    assert "Nothing to check" in text_of("/links/")


def test_keys_and_buttons_are_the_same_answers(
    text_of: Callable[[str], str], pair: Callable[..., RegistrationMatch]
) -> None:
    pair()
    pair()
    text = text_of("/links/")
    assert ('value="same" data-key="y' in text, 'value="different" data-key="n' in text) == (True, True)


def test_link_is_undone_from_the_page_of_the_person(
    staff: Client, text_of: Callable[[str], str], pair: Callable[..., RegistrationMatch]
) -> None:
    match = pair()
    answer(staff, match, "same")
    undo = reverse("contacts:link_undo", args=[match.registration_id])
    assert undo in text_of(f"/people/{match.contact_id}/")
    moved = staff.post(undo)
    match.refresh_from_db()
    match.registration.refresh_from_db()
    assert (match.state, match.registration.contact) == (State.UNDONE, None)
    assert moved["Location"] == f"/people/{match.contact_id}/"
    assert undo not in text_of(f"/people/{match.contact_id}/")


def test_stub_keeps_its_elector(
    staff: Client, pair: Callable[..., RegistrationMatch], person: Callable[..., Contact]
) -> None:
    match = pair(person(is_stub=True))
    ElectoralRegistration.objects.update(contact=match.contact)
    said = staff.post(reverse("contacts:link_undo", args=[match.registration_id]), follow=True)
    assert "known by the electoral roll only" in said.content.decode()


def test_elector_without_a_person_has_no_link_to_undo(
    staff: Client, elector_row: Callable[..., ElectoralRegistration]
) -> None:
    assert staff.post(reverse("contacts:link_undo", args=[elector_row().pk])).status_code == 404


def test_page_about_electors_gives_only_links_that_may_be_followed(staff: Client, officer: Any) -> None:
    assert reverse("contacts:import_new") in staff.get("/electors/next/").content.decode()
    officer.role = "read_only"
    officer.save()
    main = staff.get("/electors/next/").content.decode().partition("<main")[2]
    assert reverse("contacts:import_new") not in main
    assert "Link your address books" in main
