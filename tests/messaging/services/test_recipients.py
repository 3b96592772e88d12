"""What a message may know of each reader, for any number of readers in the same number of queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.enums import Channel, MessageKind, TerritoryKind
from contacts.models import Contact, ElectoralRegistration, Reach, Territory, TerritoryAncestor
from messaging.content.recipients import EventData, RecipientData
from messaging.services import places, recipients
from messaging.services.recipients import Message, Wanted, load_recipients
from tests.messaging.people import make_people, make_source

pytestmark = pytest.mark.django_db

POLITICAL = Message(Channel.EMAIL, MessageKind.POLITICAL, frozenset({"polling_station", "constituency"}))
SERVICE = POLITICAL._replace(kind=MessageKind.SERVICE)


@pytest.fixture(autouse=True)
def unknown_places() -> None:
    places._known.clear()


def wanted(person: Contact, **fields: object) -> Wanted:
    source = person.source_links.get().source_id
    return Wanted(person.pk, "fr", source, False)._replace(**fields)  # type: ignore[arg-type]


def make_places() -> dict[str, Territory]:
    made: dict[str, Territory] = {}
    for kind, code, name, inside in [
        ("region", "32", "Hauts-de-France", ()),
        ("department", "60", "Oise", ("region",)),
        ("constituency", "6001", "1re circonscription de l'Oise", ()),
        ("commune", "60057", "Beauvais", ("region", "department", "constituency")),
        ("polling_station", "60057-12", "Bureau 12", ("region", "department", "commune", "constituency")),
    ]:
        made[kind] = Territory.objects.create(kind=TerritoryKind(kind), code=code, name=name)
        TerritoryAncestor.objects.bulk_create(
            TerritoryAncestor(ancestor=made[other], descendant=made[kind], depth=depth)
            for depth, other in enumerate([kind, *reversed(inside)])
        )
    return made


def test_a_person_is_known_with_their_places() -> None:
    (person,) = make_people(1)
    made = make_places()
    Contact.objects.filter(pk=person.pk).update(
        commune=made["commune"],
        civility="Dr",
        gender="F",
        birth_name="Lefèvre",
        custom={"job": "Doctor", "car": False},
    )
    Reach.objects.filter(contact=person, channel="email").update(targeting=True, measurement=True)
    (found,) = load_recipients([wanted(person, measured=True)], POLITICAL)
    assert found == RecipientData(
        language="fr",
        gender="F",
        civility="Dr",
        first_name="Camille1",
        last_name="Lefèvre",
        used_name="Martin1",
        commune=("Beauvais", "Beauvais", "à Beauvais", "de Beauvais"),
        department=("Oise", "l'Oise", "dans l'Oise", "de l'Oise"),
        region=("Hauts-de-France", "les Hauts-de-France", "dans les Hauts-de-France", "des Hauts-de-France"),
        department_code="60",
        region_code="32",
        targeting=True,
        constituency="1re circonscription de l'Oise",
        origin_sentence=found.origin_sentence,
        measured=True,
        extra={"job": "Doctor", "car": ""},
    )
    assert found.origin_sentence


def test_the_roll_is_read_for_service_messages_only() -> None:
    (person,) = make_people(1)
    made = make_places()
    ElectoralRegistration.objects.create(
        identity="00000000-0000-0000-0000-000000000001",
        source=make_source("Roll", kind="roll", lawful_basis="public_roll", channels=["post"]),
        contact=person,
        commune=made["commune"],
        polling_station=made["polling_station"],
        birth_name="Martin",
    )
    (political,) = load_recipients([wanted(person)], POLITICAL)
    (service,) = load_recipients([wanted(person)], SERVICE)
    assert (political.polling_station, political.constituency) == ("", "")
    assert service.polling_station == "Bureau 12"
    assert service.constituency == "1re circonscription de l'Oise"


def test_a_commune_cut_by_constituencies_has_none() -> None:
    (person,) = make_people(1)
    made = make_places()
    other = Territory.objects.create(kind=TerritoryKind.CONSTITUENCY, code="6002", name="2e circonscription")
    TerritoryAncestor.objects.create(ancestor=other, descendant=made["commune"], depth=1)
    Contact.objects.filter(pk=person.pk).update(commune=made["commune"])
    (found,) = load_recipients([wanted(person)], POLITICAL)
    assert found.constituency == ""


def test_nobody_and_the_gone_are_recipients_of_whom_nothing_is_known() -> None:
    found = load_recipients([Wanted(0, "en", None, True), Wanted(999, "de", None, True)], POLITICAL)
    assert found == [RecipientData(language="en"), RecipientData(language="fr")]


def test_a_registered_source_tells_the_nearest_event(monkeypatch: pytest.MonkeyPatch) -> None:
    (person,) = make_people(1)
    event = EventData("Réunion", "jeudi", "Beauvais", "https://example.org/e")
    monkeypatch.setattr(recipients, "_event_sources", [])
    recipients.register_events(lambda contacts, language: {contacts[0]: event} if language == "fr" else {})
    (without,) = load_recipients([wanted(person)], POLITICAL)
    (found,) = load_recipients([wanted(person)], POLITICAL._replace(fields=frozenset({"event_title"})))
    assert without.event is None
    assert found.event == event


def test_three_hundred_recipients_cost_as_many_queries_as_one() -> None:
    made = make_places()
    people = make_people(300)
    Contact.objects.update(commune=made["commune"])
    source = make_source().pk
    counts = []
    load_recipients([Wanted(people[0].pk, "fr", source, False)], SERVICE)  # makes the organisation's row
    for some in (people[:1], people):
        places._known.clear()
        asked = [Wanted(person.pk, "fr", source, False) for person in some]
        with CaptureQueriesContext(connection) as queries:
            assert len(load_recipients(asked, SERVICE)) == len(some)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_message_in_one_language_says_everything_in_it() -> None:
    (person,) = make_people(1)
    Contact.objects.update(custom={"car": True})
    made = make_places()
    Contact.objects.update(commune=made["commune"])
    (found,) = load_recipients([wanted(person, language="en")], POLITICAL._replace(languages=("fr",)))
    assert (found.language, found.extra) == ("fr", {"car": "Oui"})
    assert found.department == ("Oise", "l'Oise", "dans l'Oise", "de l'Oise")
    (found,) = load_recipients([wanted(person, language="en")], POLITICAL._replace(languages=("fr", "en")))
    assert (found.language, found.extra) == ("en", {"car": "Yes"})


def test_a_place_that_is_renamed_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    (person,) = make_people(1)
    made = make_places()
    Contact.objects.update(commune=made["commune"])
    load_recipients([wanted(person)], POLITICAL)
    Territory.objects.filter(pk=made["commune"].pk).update(name="Beauvais-Nouvelle")
    monkeypatch.setattr(places, "KEPT_SECONDS", 0.0)
    (found,) = load_recipients([wanted(person)], POLITICAL)
    assert found.commune is not None
    assert found.commune[0] == "Beauvais-Nouvelle"
