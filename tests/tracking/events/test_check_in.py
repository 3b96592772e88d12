"""At the entrance: a mark is one row whatever is sent again; the newest holds; no-shows are known after."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from contacts.enums import TimelineGroup
from contacts.exports.scopes import people_in, scope_words
from contacts.models import Consent, Contact, Grant
from contacts.segments.compile import people_matching
from contacts.segments.tree import parse_tree
from messaging.models import Delivery
from tests.support.places import make_places
from tests.tracking.events.conftest import come, make_event, slot_of
from tracking.events import clock
from tracking.events.registering import cancel
from tracking.events.tickets import digest_of
from tracking.models import CheckIn, Event, EventSlot, Interaction, Rsvp
from tracking.timeline import GROUPS, interactions

pytestmark = pytest.mark.django_db


@pytest.fixture
def door() -> Callable[..., Client]:
    """A phone at the entrance: signed in as somebody who hosts an event."""

    def make(event: Event, *, role: str = Role.EVENT_HOST, territory: object = None) -> Client:
        user = User.objects.create_user(
            email=f"host{User.objects.count()}@example.org", role="" if territory else role, language="en"
        )
        if territory:
            Grant.objects.create(user=user, role=role, territory=territory)
        event.hosts.add(user)
        client = Client()
        client.force_login(user)
        return client

    return make


def sends(client: Client, event: Event, *, marks: Any = (), walk_ins: Any = ()) -> Any:
    body = json.dumps({"marks": list(marks), "walk_ins": list(walk_ins)})
    return client.post(f"/check-in/{event.pk}/marks", body, content_type="application/json")


def mark(rsvp: Rsvp, *, came: bool = True, at: datetime | None = None) -> dict[str, Any]:
    moment = at or timezone.now()
    return {"id": str(uuid.uuid4()), "rsvp": rsvp.pk, "came": came, "at": moment.isoformat()}


def walk_in(slot: EventSlot, **given: Any) -> dict[str, Any]:
    person = {"first_name": "Zoé", "last_name": "Petit", "email": "", "phone": "", "postcode": ""}
    about = {"id": str(uuid.uuid4()), "slot": slot.pk, "at": timezone.now().isoformat(), "consents": []}
    return person | about | given


def acts(rsvp: Rsvp) -> list[str]:
    return sorted(Interaction.objects.filter(contact=rsvp.contact_id).values_list("kind", flat=True))


def test_list_names_people_and_tickets_and_holds_no_address(door: Callable[..., Client]) -> None:
    event = make_event()
    rsvp = come(slot_of(event), "Léa", guests=1)
    answer = door(event).get(f"/check-in/{event.pk}/list")
    (person,) = answer.json()["people"]
    assert person == {
        "id": rsvp.pk,
        "slot": rsvp.slot_id,
        "name": "Léa Martin",
        "guests": 1,
        "state": "registered",
        "came": False,
        "ticket": digest_of(rsvp),
    }
    assert rsvp.ticket not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert AuditEntry.objects.filter(action="event.check_in_list", object_id=str(event.pk)).count() == 1


def test_a_mark_sent_twice_is_one_and_the_newest_holds(door: Callable[..., Client]) -> None:
    event = make_event()
    rsvp = come(slot_of(event))
    client, now = door(event), timezone.now()
    first = mark(rsvp, at=now - timedelta(minutes=9))
    for _time in range(3):
        assert sends(client, event, marks=[first]).json() == {"done": [first["id"]], "left_out": []}
    assert (CheckIn.objects.count(), acts(rsvp)) == (1, ["came", "rsvp"])
    # Two phones: an older "came" arrives after a newer "not here after all".
    sends(client, event, marks=[mark(rsvp, came=False, at=now - timedelta(minutes=3))])
    sends(client, event, marks=[mark(rsvp, at=now - timedelta(minutes=6))])
    rsvp.refresh_from_db()
    assert (rsvp.came_at, acts(rsvp)) == (None, ["rsvp"])
    future = mark(rsvp, at=now + timedelta(days=1))  # a phone with a wrong clock
    sends(client, event, marks=[future])
    rsvp.refresh_from_db()
    assert rsvp.came_at is not None
    assert rsvp.came_at <= timezone.now()


def test_no_shows_are_settled_after_and_taken_back_by_a_late_phone(door: Callable[..., Client]) -> None:
    event = make_event(days=1)
    slot = slot_of(event)
    lea, paul, waits = come(slot, "Léa"), come(slot, "Paul"), come(slot, "Jean")
    Rsvp.objects.filter(pk=waits.pk).update(state=Rsvp.State.WAITING)
    client = door(event)
    sends(client, event, marks=[mark(lea)])
    EventSlot.objects.update(
        starts_at=timezone.now() - timedelta(hours=9), ends_at=timezone.now() - timedelta(hours=7)
    )
    for _time in range(2):
        clock.tick()
    assert (acts(lea), acts(paul), acts(waits)) == (["came", "rsvp"], ["missed", "rsvp"], ["rsvp"])
    sends(client, event, marks=[mark(paul, at=timezone.now() - timedelta(hours=8))])
    paul.refresh_from_db()
    assert (acts(paul), paul.missed_at) == (["came", "rsvp"], None)


def test_nobody_missed_an_event_where_nobody_was_marked() -> None:
    event = make_event(days=1)
    rsvp = come(slot_of(event))
    EventSlot.objects.update(
        starts_at=timezone.now() - timedelta(hours=9), ends_at=timezone.now() - timedelta(hours=7)
    )
    clock.tick()
    assert (acts(rsvp), slot_of(event).closed_at is not None) == (["rsvp"], True)


def test_walk_ins_are_written_once_and_what_they_agreed_to_waits_for_them(
    door: Callable[..., Client],
) -> None:
    event = make_event(capacity=1)
    slot = slot_of(event)
    registered = come(slot, "Léa")
    client = door(event)
    page = client.get(f"/check-in/{event.pk}/").content.decode()
    box = int(page.split('name="consents" value="')[1].split('"')[0])
    new = walk_in(slot, email="zoe.petit@example.org", phone="06", consents=[box])
    for _time in range(2):
        answer = sends(client, event, walk_ins=[new])
    assert answer.json()["done"] == [new["id"]]
    assert answer.json()["left_out"][0].startswith(
        "Zoé Petit: "
    )  # the number is none, and the person is there
    made = Rsvp.objects.get(is_walk_in=True)
    assert (made.name, made.came_at is not None, slot_of(event).taken) == ("Zoé Petit", True, 1)
    assert Consent.objects.count() == 0
    assert Delivery.objects.filter(address="zoe.petit@example.org").count() == 1
    # Without an address there is nothing to confirm by; without what it is about, a box means nothing.
    sends(client, event, walk_ins=[walk_in(slot, first_name="Ali", consents=[box])])
    assert Consent.objects.count() == 0
    # Whoever was registered is marked, not made twice.
    again = walk_in(slot, first_name="Léa", last_name="Martin", email=registered.email)
    sends(client, event, walk_ins=[again])
    registered.refresh_from_db()
    assert (registered.came_at is not None, Contact.objects.filter(last_name="Martin").count()) == (True, 1)


def test_host_of_a_territory_welcomes_who_lives_elsewhere_and_sees_no_other_event(
    door: Callable[..., Client],
) -> None:
    places = make_places()
    event = make_event(territory=places.beauvais, commune=places.beauvais)
    other = make_event(title="Ailleurs", territory=places.beauvais)
    far = come(slot_of(event), "Léa")
    Contact.objects.filter(pk=far.contact_id).update(commune=places.amiens)
    client = door(event, territory=places.oise)
    assert sends(client, event, marks=[mark(far)]).status_code == 200
    sends(client, event, walk_ins=[walk_in(slot_of(event))])
    far.refresh_from_db()
    assert (far.came_at is not None, acts(far)) == (True, ["came", "rsvp"])
    assert Rsvp.objects.filter(is_walk_in=True, came_at__isnull=False).count() == 1
    for page in ("/check-in/{}/", "/check-in/{}/list", "/events/{}/"):
        assert client.get(page.format(event.pk)).status_code == 200
        assert client.get(page.format(other.pk)).status_code == 404
    assert sends(client, other, marks=[]).status_code == 404
    assert "Ailleurs" not in client.get("/events/").content.decode()
    assert client.get(f"/events/{event.pk}/people/").status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"marks": 1, "walk_ins": []}',
        '{"marks": [{"id": "x", "rsvp": 1, "came": true, "at": "2027-01-01"}], "walk_ins": []}',
        '{"marks": [], "walk_ins": [{"id": "0b5e2f5c-65b2-4b5e-9d2b-2c7c65f9b0aa", "slot": 1, "at": "now"}]}',
    ],
)
def test_what_our_page_does_not_send_is_refused(door: Callable[..., Client], body: str) -> None:
    event = make_event()
    answer = door(event).post(f"/check-in/{event.pk}/marks", body, content_type="application/json")
    assert (answer.status_code, CheckIn.objects.count()) == (422, 0)


def test_a_mark_about_another_event_changes_nothing_and_is_forgotten(door: Callable[..., Client]) -> None:
    event, other = make_event(), make_event(title="Autre")
    rsvp = come(slot_of(other))
    sent = mark(rsvp)
    assert sends(door(event), event, marks=[sent]).json()["done"] == [sent["id"]]
    rsvp.refresh_from_db()
    assert (rsvp.came_at, CheckIn.objects.count()) == (None, 0)


def test_people_are_chosen_by_what_they_did_at_events() -> None:
    event = make_event()
    slot = slot_of(event)
    lea, paul, zoe = come(slot, "Léa"), come(slot, "Paul"), come(slot, "Zoé")
    Rsvp.objects.filter(pk=lea.pk).update(came_at=timezone.now())
    Rsvp.objects.filter(pk=paul.pk).update(missed_at=timezone.now())
    cancel(rsvp=zoe)

    def chosen(condition: str, operator: str = "any") -> set[str]:
        rule = {"condition": condition, "operator": operator, "value": [event.pk]}
        return {person.first_name for person in people_matching(parse_tree({"all": [rule]}))}

    assert chosen("event_takes_part") == chosen("event_registered") == {"Léa", "Paul"}
    assert (chosen("event_came"), chosen("event_missed")) == ({"Léa"}, {"Paul"})
    assert (chosen("event_came", "none"), chosen("event_registered", "none")) == ({"Paul", "Zoé"}, {"Zoé"})
    export = {one.first_name for one in people_in({"event": event.pk})}
    assert (export, "Réunion publique" in scope_words({"event": event.pk})) == ({"Léa", "Paul"}, True)
    lines = interactions(GROUPS[TimelineGroup.EVENTS], zoe.contact_id, None, 9)
    with translation.override("en"):
        assert [line.kind for line in lines] == ["rsvp_cancelled", "rsvp"]
        assert event.title in lines[0].title
