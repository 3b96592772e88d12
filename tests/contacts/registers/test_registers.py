"""Registers filled in from the real settings, and incidents: their clock, who is concerned, what is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from campaign_crm.platform.models import AuditEntry, Organisation, User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel, MessageKind
from contacts.exports.scopes import people_in
from contacts.models import EmailAddress, Export, Incident, RegisterNote, Source
from contacts.registers.documents import DOCUMENTS, parts_of
from contacts.registers.notices import to_people, to_the_authority
from contacts.registers.page import as_file
from contacts.registers.service import RegisterRefused, close_incident, note_told, save_incident, write_note
from contacts.segments.audience import resolve_audience
from contacts.services.objections import record_objection
from contacts.services.people import add_note, create_contact
from contacts.services.sources import create_source
from messaging.models import Campaign, ProviderAccount

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(installation_language: None) -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def officer(db) -> User:
    return User.objects.create_user(
        email="dpo@example.org", role=Role.DATA_PROTECTION_OFFICER, language="en", full_name="Dominique Petit"
    )


@pytest.fixture
def client(officer, settings) -> Client:
    settings.SECOND_STEP_REQUIRED = False
    found = Client()
    found.force_login(officer)
    return found


@pytest.fixture
def members(db) -> Source:
    return create_source(by=None, name="Members", kind="hand", lawful_basis="member", channels=["email"])


@pytest.fixture
def people(members, officer) -> list:
    """Two with an address, one of them with a note; one without either, of another source."""
    other = create_source(
        by=None, name="Fichier", kind="broker_purchase", lawful_basis="legitimate_interest",
        supplier="Données SA", proof="x", balance="x",
    )  # fmt: skip
    found = [
        create_contact(source=members, by=None, last_name="Martin", email="a@example.org"),
        create_contact(source=members, by=None, last_name="Roy", email="b@example.org"),
        create_contact(source=other, by=None, last_name="Petit"),
    ]
    add_note(contact=found[0], body="x", by=officer)
    return found


def told(document: str) -> str:
    return "\n".join(fact for part in parts_of(document) for fact in part.facts)


def test_the_register_tells_what_is_really_set(people) -> None:
    Organisation.objects.update_or_create(
        id=1, defaults={"legal_name": "Association 2027", "dpo_contact": "dpo@example.org"}
    )
    create_source(by=None, name="Oise", kind="roll", lawful_basis="public_roll", channels=["post"])
    create_source(by=None, name="Site", kind="form", lawful_basis="none")
    ProviderAccount.objects.create(name="Grid", kind="sendgrid", settings={})
    ProviderAccount.objects.create(name="Old", kind="ses", settings={}, is_active=False)
    register = told("register")
    for words in (
        *("Association 2027", "dpo@example.org", "3 people", "Members (Typed by hand): Membership, 2 people"),
        *("Supplier of a file: Données SA", "Grid: Twilio SendGrid, United States (sends e-mail)"),
        *("adequacy decision or standard clauses", "36 months after the last sign of life"),
        "Electoral roll: 30 days after the last vote",
        *(
            "Oise (Electoral roll): Public electoral roll",
            "Site (Form): only what the person agreed to, 0 people",
        ),
    ):
        assert words in register, words
    assert "Old" not in register


def test_the_assessment_names_risks_and_the_team(people) -> None:
    assessment = told("assessment")
    assert "Data-protection officer: 1" in assessment
    assert "Being in this base may tell a political opinion" in assessment
    assert {part.key for part in parts_of("assessment")} >= {"need", "leak", "change", "loss", "decision"}


def test_additions_stay_beside_what_is_filled_in(client, officer) -> None:
    page = client.get("/data-protection/registers/?show=assessment").text
    assert "Accepted by whom" in page
    said = client.post(
        "/data-protection/registers/",
        {"document": "assessment", "part": "decision", "text": "Accepted by the board"},
        follow=True,
    ).text
    assert "Accepted by the board" in said
    assert RegisterNote.objects.get().updated_by == officer
    assert AuditEntry.objects.get(action="register.note").detail == {
        "document": "assessment",
        "part": "decision",
    }
    with pytest.raises(RegisterRefused, match="no such part"):
        write_note(document="register", key="decision", text="x", by=officer)


def test_whoever_only_reads_writes_nothing(db) -> None:
    reader = Client()
    reader.force_login(User.objects.create_user(email="r@example.org", role=Role.READ_ONLY, language="en"))
    assert "<textarea" not in reader.get("/data-protection/registers/").text
    assert reader.post("/data-protection/registers/", {}).status_code == 403
    assert reader.get("/data-protection/incidents/new/").status_code == 403


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_is_one_file_of_its_own(client, officer, people, document) -> None:
    write_note(document=document, key="rights", text="<script>alert(1)</script>", by=officer)
    answer = client.get(f"/data-protection/registers/{document}/file/")
    assert f'filename="{document}-' in answer["Content-Disposition"]
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "/static/" not in answer.text
    with translation.override("fr"):
        assert b'lang="fr"' in as_file(document)
    assert client.get("/data-protection/registers/love/file/").status_code == 404


def incident(officer, **more) -> Incident:
    values = {"title": "Laptop lost", "known_at": timezone.now() - timedelta(hours=10), "risk": "risk"}
    return save_incident(by=officer, **{**values, "kinds": ["identity", "email", "note"], **more})


def test_who_is_concerned_is_counted_from_data_sources_and_period(people, members, officer) -> None:
    whole = incident(officer)
    assert whole.concerned == {"identity": 3, "email": 2, "note": 1, "people": 3}
    of_a_source = incident(officer, sources=[members], kinds=["email", "note"])
    assert of_a_source.concerned == {"email": 2, "note": 1, "people": 2}
    EmailAddress.objects.filter(address="b@example.org").update(
        created_at=timezone.now() - timedelta(days=30)
    )
    day = timezone.localdate() - timedelta(days=5)
    assert incident(officer, kinds=["email"], happened_until=day).concerned == {"email": 1, "people": 1}
    assert incident(officer, kinds=["roll"]).concerned == {"people": 0, "roll": 0}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"known_at": timezone.now() + timedelta(days=2)}, "moment to come"),
        ({"kinds": ["love"]}, "Unknown kind"),
        (
            {
                "happened_from": timezone.localdate(),
                "happened_until": timezone.localdate() - timedelta(days=1),
            },
            "before it began",
        ),
    ],
)
def test_what_cannot_be_is_refused(officer, more, words) -> None:
    with pytest.raises(RegisterRefused, match=words):
        incident(officer, **more)
    assert not Incident.objects.exists()


def test_the_clock_runs_seventy_two_hours_from_when_it_is_known(officer) -> None:
    assert incident(officer).hours_left == 61
    assert incident(officer, known_at=timezone.now() - timedelta(hours=80)).hours_left < 0


def test_it_closes_once_everybody_is_told_and_measures_are_written(people, officer) -> None:
    lost = incident(officer, risk="high")
    with pytest.raises(RegisterRefused, match="still to be told"):
        close_incident(incident=lost, by=officer)
    note_told(incident=lost, whom="authority", by=officer)
    with pytest.raises(RegisterRefused, match="already"):
        note_told(incident=lost, whom="authority", by=officer)
    note_told(incident=lost, whom="people", by=officer)
    with pytest.raises(RegisterRefused, match="what was done"):
        close_incident(incident=lost, by=officer)
    Incident.objects.filter(pk=lost.pk).update(
        measures=Incident._meta.get_field("measures").get_prep_value("Wiped")
    )
    close_incident(incident=lost, by=officer)
    assert Incident.objects.get(pk=lost.pk).closed_at is not None
    assert {entry.action for entry in AuditEntry.objects.filter(object_type="contacts.incident")} == {
        "incident.open", "incident.told", "incident.close",
    }  # fmt: skip


def test_the_drafts_say_what_happened_and_whom_to_ask(people, officer) -> None:
    Organisation.objects.update_or_create(
        id=1, defaults={"legal_name": "Association 2027", "dpo_contact": "dpo@example.org"}
    )
    lost = incident(officer, measures="Access cut")
    authority = to_the_authority(lost)
    for words in ("Association 2027", "Laptop lost", "3", "Access cut", "adresses e-mail"):
        assert words in authority, words
    letter = to_people(lost, "en")
    for words in ("Laptop lost", "e-mail addresses", "Access cut", "dpo@example.org", "CNIL"):
        assert words in letter, words


def test_an_incident_is_written_down_counted_and_told_on_its_page(client, people) -> None:
    moment = timezone.localtime(timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    data = {"title": "File sent to the wrong person", "known_at": moment, "kinds": ["email"], "risk": "risk"}
    page = client.post("/data-protection/incidents/new/", data, follow=True).text
    assert "Saved, and counted anew." in page
    assert "hours left" in page
    lost = Incident.objects.get()
    assert lost.concerned["people"] == 2
    assert (
        "Somebody has still to be told"
        in client.post(f"/data-protection/incidents/{lost.pk}/close/", follow=True).text
    )
    client.post(f"/data-protection/incidents/{lost.pk}/authority/")
    assert Incident.objects.get().authority_told_at is not None
    assert "File sent to the wrong person" in client.get("/data-protection/registers/?show=incidents").text
    assert client.post(f"/data-protection/incidents/{lost.pk}/love/").status_code == 404
    refused = client.post("/data-protection/incidents/new/", {**data, "kinds": []})
    assert refused.status_code == 422


@pytest.fixture
def director(db) -> User:
    return User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR, language="en")


def test_those_concerned_are_listed_by_an_export_with_its_purpose(people, director, officer) -> None:
    found = incident(officer, kinds=["email"])
    client = Client()
    client.force_login(director)
    page = client.get(f"/exports/new/?incident={found.pk}").text
    assert "Whom an incident concerns" in page
    assert 'value="To tell those whom an incident concerns"' in page
    assert people_in({"incident": found.pk}).count() == 2
    client.post(
        f"/exports/new/?incident={found.pk}", {"column": ["email"], "purpose": "other", "words": "To tell"}
    )
    export = Export.objects.get()
    assert (export.scope, export.rows, export.words) == ({"incident": found.pk}, 2, "To tell")
    volunteer = User.objects.create_user(email="data@example.org", role=Role.DATA_OFFICER, language="en")
    client.force_login(volunteer)
    assert client.get(f"/exports/new/?incident={found.pk}").status_code == 404


def test_a_message_to_those_concerned_is_prepared_as_a_service_and_reaches_who_objected(
    people, director, officer
) -> None:
    found = incident(officer, kinds=["email"], risk="high")
    objected = EmailAddress.objects.get(address="b@example.org").contact
    record_objection(contact=objected, channels=[Channel.EMAIL], by=None)
    client = Client()
    client.force_login(director)
    assert "Prepare a message to them" in client.get(f"/data-protection/incidents/{found.pk}/").text
    client.post(f"/incidents/{found.pk}/mailing/")
    campaign = Campaign.objects.get()
    assert (campaign.kind, campaign.state) == ("service", "draft")
    assert campaign.audience == {"type": "incident", "id": found.pk}
    for page in ("", "audience/", "review/", "compose/"):
        assert client.get(f"/mailings/{campaign.pk}/{page}", follow=True).status_code == 200, page
    assert "Laptop lost" in str(campaign.blocks)
    audience = resolve_audience(campaign.audience, channel=Channel.EMAIL)
    reached = audience.reachable(channel=Channel.EMAIL, kind=MessageKind.SERVICE)
    assert objected in reached
    assert reached.count() == 2


def test_whoever_may_not_write_mailings_is_told_so(client, people, officer) -> None:
    found = incident(officer, kinds=["email"])
    said = client.post(f"/incidents/{found.pk}/mailing/", follow=True).text
    assert "Your role does not allow this" in said
    assert not Campaign.objects.exists()
