"""Events by the API: listed, registered for as on the public page, and who came."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.models import ApiKey, User, WebhookDelivery
from campaign_crm.platform.scopes import OF_PUBLIC_KEYS, Scope
from campaign_crm.platform.webhooks import service
from campaign_crm.platform.webhooks.events import WebhookEvent
from messaging.services.senders import ensure_local_sender
from tests.shell.api.conftest import KeyOf, make_event
from tests.support.places import make_places
from tracking.models import Event, Rsvp
from tracking.services import sign_up_limits

pytestmark = pytest.mark.django_db
BASE = "/api/v1/events/"
OURS = "https://www.example.org"


@pytest.fixture(autouse=True)
def sender(db: None) -> None:
    ensure_local_sender()


def sent(client: Client, path: str, body: Any) -> Any:
    return client.post(BASE + path, json.dumps(body), "application/json")


def somebody(name: str) -> dict[str, Any]:
    answers = {"first_name": "Léa", "last_name": name, "email": f"{name.lower()}@example.org"}
    return {"answers": answers, "consents": ["email:messages"], "language": "en"}


def test_website_lists_what_is_public_and_registers_people(key_of: KeyOf, boss: User) -> None:
    website = key_of({"origin": OURS}, kind=ApiKey.Kind.PUBLIC, scopes=sorted(OF_PUBLIC_KEYS), origins=[OURS])
    make_event(online_url="https://meet.example.org/secret")
    make_event(slug="draft", state=Event.State.DRAFT)
    make_event(slug="quiet", is_listed=False)
    service.create_webhook(
        name="Website", url="https://www.example.org/", events=[WebhookEvent.RSVP_CREATED], by=boss
    )
    now = timezone.now().isoformat()
    listed = website.get(BASE, {"ends_after": now})
    assert [one["slug"] for one in listed.json()["results"]] == ["rally"]
    assert "secret" not in listed.content.decode()
    assert website.get(f"{BASE}draft/").status_code == 404
    states = [sent(website, "rally/rsvps/", somebody(name)).json() for name in ("Martin", "Petit", "Durand")]
    assert [one["state"] for one in states] == ["registered", "registered", "waiting"]
    assert website.get(f"{BASE}rally/").json()["slots"][0]["seats_left"] == 0
    assert website.get(f"{BASE}rally/rsvps/").status_code == 403, "who registered is not public"
    told = WebhookDelivery.objects.order_by("pk").first()
    assert (told.event, told.data["event"], told.person) == (
        *("rsvp.created", "rally"), Rsvp.objects.order_by("pk").first().contact_id
    )  # fmt: skip
    assert WebhookDelivery.objects.count() == 3
    wrong = somebody("Nobody") | {"consents": ["sms:messages"]}
    assert sent(website, "rally/rsvps/", wrong).json()["errors"][0]["pointer"] == "#/unknown"


def test_registrations_are_limited_as_sign_ups_are(machine: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_event()
    monkeypatch.setattr(sign_up_limits, "FROM_ONE_PLACE", 1)
    answers = [sent(machine, "rally/rsvps/", somebody(name) | {"ip": "203.0.113.9"}) for name in ("A", "B")]
    assert [one.status_code for one in answers] == [201, 429]


def test_who_came_is_marked_once_whatever_is_sent_again(machine: Client) -> None:
    make_event()
    sent(machine, "rally/rsvps/", somebody("Martin"))
    rsvp = Rsvp.objects.get()
    mark = {"id": str(uuid4()), "rsvp": rsvp.pk, "at": timezone.now().isoformat()}
    stranger = mark | {"id": str(uuid4()), "rsvp": rsvp.pk + 1}
    for _time in range(2):
        told = sent(machine, "rally/attendance/", {"marks": [mark, stranger]}).json()
        assert told == {"marked": [mark["id"]]}
    rsvp.refresh_from_db()
    assert (rsvp.came_at is not None, rsvp.check_ins.count()) == (True, 1)
    came = machine.get(f"{BASE}rally/rsvps/?came=true&fields=name").json()["results"]
    assert came == [{"name": "Léa Martin"}]
    later = (timezone.now() + timedelta(seconds=1)).isoformat()
    sent(machine, "rally/attendance/", {"marks": [mark | {"id": str(uuid4()), "came": False, "at": later}]})
    assert machine.get(f"{BASE}rally/rsvps/?came=true").json()["results"] == []


def test_key_of_a_territory_sees_the_events_of_its_place(key_of: KeyOf) -> None:
    places = make_places()
    make_event(slug="here", territory=places.beauvais)
    make_event(slug="there", territory=places.amiens)
    local = key_of(scopes=[Scope.EVENTS_READ, Scope.RSVPS_READ], territory=places.oise.pk)
    assert [one["slug"] for one in local.get(BASE).json()["results"]] == ["here"]
    assert [local.get(f"{BASE}{slug}/rsvps/").status_code for slug in ("here", "there")] == [200, 404]
