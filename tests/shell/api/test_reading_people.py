"""Whom the API lets read people: keys where they reach, browser sessions no more than a page shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform import reads
from campaign_crm.platform.api import reads as api_reads
from campaign_crm.platform.api.keys import create_api_key
from campaign_crm.platform.asking_again import SIGNED_IN_AT
from campaign_crm.platform.models import AuditEntry, ReadTally, RecordRead, User
from campaign_crm.platform.scopes import Scope
from contacts.models import Contact, Source, Territory
from contacts.services.people import create_contact
from contacts.services.sources import create_source
from tests.support.places import Places, make_places

pytestmark = pytest.mark.django_db
PEOPLE = "/api/v1/people/"
SignedIn = Callable[..., Client]


@pytest.fixture
def source(db: None) -> Source:
    return create_source(
        by=None, name="Members", kind="address_book", lawful_basis="member", channels=["email"]
    )


@pytest.fixture
def people(source: Source) -> list[Contact]:
    return [create_contact(source=source, by=None, last_name=f"Person {number}") for number in range(3)]


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


def with_key(territory: Territory | None = None, scopes: list[str] | None = None) -> Client:
    boss = User.objects.create_user(email=f"boss{User.objects.count()}@example.org", role="administrator")
    _key, text = create_api_key(
        name="Website",
        scopes=scopes or [Scope.PEOPLE_READ],
        territory=territory.pk if territory else None,
        by=boss,
    )
    return Client(headers={"authorization": f"Bearer {text}"})


def sign_in_again(client: Client, *, minutes_ago: int = 0) -> None:
    session = client.session
    session["account_authentication_methods"] = []
    session[SIGNED_IN_AT] = (timezone.now() - timedelta(minutes=minutes_ago)).timestamp()
    session.save()


def next_page(client: Client) -> Any:
    return client.get(client.get(f"{PEOPLE}?page_size=2").json()["next"])


@pytest.mark.usefixtures("people")
def test_session_without_the_right_to_export_reads_one_page(signed_in: SignedIn) -> None:
    client = signed_in("volunteer")
    sign_in_again(client)
    refused = [next_page(client), client.get(f"{PEOPLE}?page_size=200"), client.get(f"{PEOPLE}?cursor=")]
    assert [answer.status_code for answer in refused] == [403] * 3
    assert "ask for an export" in refused[0].json()["detail"]


@pytest.mark.usefixtures("people")
def test_session_reads_on_with_what_an_export_asks(signed_in: SignedIn, settings: Any) -> None:
    client = signed_in("director")
    sign_in_again(client)
    assert next_page(client).status_code == 200
    sign_in_again(client, minutes_ago=settings.ASK_AGAIN_MINUTES + 1)
    assert next_page(client).status_code == 403, "somebody else may sit there by now"
    sign_in_again(client)
    first = client.get(f"{PEOPLE}?page_size=2").json()["next"]
    settings.SECOND_STEP_REQUIRED = True
    assert client.get(first).status_code == 403, "the second step is asked at the act"


def test_key_of_a_territory_reads_its_people_alone(places: Places, source: Source) -> None:
    here, there = (
        create_contact(source=source, by=None, last_name=name, commune=place)
        for name, place in [("Ici", places.beauvais), ("Là-bas", places.amiens)]
    )
    nowhere = create_contact(source=source, by=None, last_name="Nulle part")
    client = with_key(places.oise)
    assert [one["id"] for one in client.get(PEOPLE).json()["results"]] == [here.pk]
    assert client.get(f"{PEOPLE}?q=la-bas").json()["results"] == []
    found = [client.get(f"{PEOPLE}{one.pk}/").status_code for one in (here, there, nowhere)]
    assert found == [200, 404, 404]
    assert len(with_key().get(PEOPLE).json()["results"]) == 3


def test_key_of_a_territory_is_closed_to_what_is_of_the_organisation(places: Places) -> None:
    client = with_key(places.oise, scopes=list(Scope.values))
    asked = [
        client.get("/api/v1/mailings/"),
        client.get("/api/v1/mailings/1/report/"),
        client.post("/api/v1/forms/any/sign-ups/", {}, "application/json"),
    ]
    assert [answer.status_code for answer in asked] == [403] * 3


def test_key_whose_territory_is_gone_reads_nobody(people: list[Contact], places: Places) -> None:
    client = with_key(places.oise)
    gone = create_api_key(name="Gone", scopes=[Scope.PEOPLE_READ], territory=10**9, by=User.objects.first())[
        1
    ]
    assert client.get(PEOPLE).json()["results"] == []
    assert Client(headers={"authorization": f"Bearer {gone}"}).get(PEOPLE).json()["results"] == []


def test_form_makes_a_key_of_a_territory(signed_in: SignedIn, places: Places) -> None:
    client = signed_in()
    asked = {"name": "Local", "scopes": [Scope.PEOPLE_READ], "last_day": "", "territory": places.oise.code}
    made = client.post("/settings/api-keys/new/", asked)
    assert made.context["key"].territory == places.oise.pk
    assert "Oise" in client.get("/settings/api-keys/").content.decode()
    wrong = client.post("/settings/api-keys/new/", asked | {"scopes": [Scope.SIGN_UPS_WRITE]})
    assert set(wrong.context["form"].errors) == {"territory"}


@pytest.mark.usefixtures("people")
def test_too_many_requests_are_asked_to_wait(signed_in: SignedIn, monkeypatch: Any) -> None:
    monkeypatch.setattr(api_reads, "BY_ONE_KEY", 1)
    monkeypatch.setattr(api_reads, "BY_ONE_MEMBER", 1)
    for client in (with_key(), signed_in("director")):
        assert [client.get(PEOPLE).status_code for _time in range(2)] == [200, 429]


def test_what_was_read_is_one_line_an_hour_for_each_key_and_member(
    people: list[Contact], signed_in: SignedIn
) -> None:
    key, member = with_key(), signed_in("volunteer")
    for _time in range(2):
        key.get(PEOPLE)
    key.get(f"{PEOPLE}{people[0].pk}/")
    member.get(PEOPLE)
    assert reads.journal_tallies() == 0, "the hour goes on"
    ReadTally.objects.update(at=timezone.now() - timedelta(hours=1))
    assert (reads.journal_tallies(), ReadTally.objects.exists()) == (2, False)
    lines = AuditEntry.objects.filter(action="people.read").order_by("object_type")
    told = [(line.object_type, line.detail["times"], line.detail["people"]) for line in lines]
    assert told == [("platform.apikey", 3, 7), ("platform.user", 1, 3)]
    assert [line.actor.role if line.actor else None for line in lines] == [None, "volunteer"]


def test_member_who_reads_one_person_opened_the_record(people: list[Contact], signed_in: SignedIn) -> None:
    client = signed_in("volunteer")
    for _time in range(2):
        client.get(f"{PEOPLE}{people[0].pk}/")
    opened = RecordRead.objects.get()
    assert (opened.object_id, opened.member.role) == (people[0].pk, "volunteer")
