"""Who opened which record: noted once a member, record and day; shown to whoever reads the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from campaign_crm.platform import reads
from campaign_crm.platform.models import AuditEntry, ReadTally, RecordRead, User
from campaign_crm.platform.rights import Role
from contacts.models import Contact, List, Source
from contacts.services.grants import give_grant
from contacts.services.people import create_contact
from tests.messaging.people import make_campaign
from tests.support.places import Places, make_places

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


@pytest.fixture
def person(places: Places) -> Contact:
    source = Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])
    return create_contact(
        source=source, by=None, last_name="Martin", email="lea@example.org", commune=places.beauvais
    )


@pytest.fixture
def as_role(db: None) -> Callable[[str], Client]:
    def make(role: str) -> Client:
        client = Client()
        client.force_login(User.objects.create_user(email=f"{role}@example.org", role=role, language="en"))
        return client

    return make


def opened() -> list[tuple[str, int, str]]:
    rows = RecordRead.objects.select_related("member").order_by("pk")
    return [(row.object_type, row.object_id, row.member.role) for row in rows]


def test_opening_a_person_is_noted_once_a_member_and_day(person: Contact, as_role: Any) -> None:
    volunteer, officer = as_role(Role.VOLUNTEER), as_role(Role.DATA_OFFICER)
    for _time in range(2):
        volunteer.get(reverse("contacts:person", args=[person.pk]))
        officer.get(reverse("contacts:person_edit", args=[person.pk]))
    assert opened() == [
        ("contacts.contact", person.pk, Role.VOLUNTEER),
        ("contacts.contact", person.pk, Role.DATA_OFFICER),
    ]
    assert not AuditEntry.objects.filter(object_type="contacts.contact", action="record.read").exists(), (
        "an import that is undone asks the journal of acts whether somebody worked on the person"
    )


@pytest.mark.parametrize(
    "name",
    ["contacts:person_origins", "contacts:person_timeline", "shell:person_history", "contacts:person_merge"],
)
def test_every_way_to_a_record_is_noted(person: Contact, as_role: Any, name: str) -> None:
    assert as_role(Role.ADMINISTRATOR).get(reverse(name, args=[person.pk])).status_code == 200
    assert [one[:2] for one in opened()] == [("contacts.contact", person.pk)]


def test_asking_why_is_an_opening(person: Contact, as_role: Any) -> None:
    as_role(Role.READ_ONLY).get(reverse("messaging:why"), {"person": person.pk})
    assert opened() == [("contacts.contact", person.pk, Role.READ_ONLY)]


def test_member_in_a_territory_is_noted_and_reads_no_openings(person: Contact, places: Places) -> None:
    boss = User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR)
    user = User.objects.create_user(email="local@example.org", role="", language="en")
    give_grant(user=user, role=Role.VOLUNTEER, territory=places.oise, ends_on=None, by=boss)
    client = Client()
    client.force_login(user)
    assert client.get(reverse("contacts:person", args=[person.pk])).status_code == 200
    assert RecordRead.objects.get().member == user
    refused = pytest.raises(DatabaseError, match="permission denied")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE crm_scoped")
        cursor.execute("SELECT * FROM platform_recordread")


def test_page_tells_who_opened_it_to_the_reader_of_the_journal_alone(person: Contact, as_role: Any) -> None:
    page = reverse("contacts:person", args=[person.pk])
    volunteer, officer = as_role(Role.VOLUNTEER), as_role(Role.DATA_PROTECTION_OFFICER)
    assert "Who opened this page" not in volunteer.get(page).content.decode()
    shown = officer.get(page).content.decode()
    assert ("Who opened this page" in shown, "volunteer@example.org" in shown) == (True, True)
    journal = officer.get(
        reverse("shell:journal"), {"act": "record.read", "thing": "contacts.contact", "number": person.pk}
    )
    assert {line.who for line in journal.context["lines"]} == {
        "volunteer@example.org",
        "data_protection_officer@example.org",
    }
    everything = officer.get(reverse("shell:journal")).context["lines"]
    assert not [line for line in everything if line.act.startswith("Record opened")]


def test_openings_are_only_added_to(person: Contact, as_role: Any) -> None:
    as_role(Role.VOLUNTEER).get(reverse("contacts:person", args=[person.pk]))
    with pytest.raises(DatabaseError), transaction.atomic():
        RecordRead.objects.all().delete()


def test_turning_pages_of_people_is_counted_and_bounded(
    person: Contact, as_role: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(reads, "PAGES_AN_HOUR", 1)
    client, url = as_role(Role.VOLUNTEER), reverse("contacts:people")
    assert client.get(url).status_code == 200
    assert not ReadTally.objects.exists()
    answers = [client.get(url, {"before": person.pk + 1}) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert "many pages of people" in answers[1].content.decode()
    tally = ReadTally.objects.get()
    assert (tally.people, tally.member.role) == (1, Role.VOLUNTEER)


def test_every_list_of_people_is_bounded(person: Contact, as_role: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(reads, "PAGES_AN_HOUR", 0)
    client, campaign = as_role(Role.READ_ONLY), make_campaign()
    picked = List.objects.create(name="Picked")
    for page, more in [
        (reverse("contacts:people"), {"after": "1"}),
        (reverse("contacts:households"), {"before": "9"}),
        (reverse("contacts:list", args=[picked.pk]), {"before": "9"}),
        (reverse("messaging:campaign_recipients", args=[campaign.pk]), {"after": "1"}),
    ]:
        assert [client.get(page).status_code, client.get(page, more).status_code] == [200, 403], page
