"""Public pages of events: they register, show what is public, and tell a stranger nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import vobject
from django.test import Client
from django.utils import timezone

from contacts.models import Consent
from messaging.content.tokens import RsvpToken, sign_rsvp
from messaging.models import Delivery
from tests.support.places import make_places
from tests.tracking.events.conftest import come, make_event, plan, slot_of
from tests.tracking.events.conftest import sender as sender
from tracking.events.preparing import cancel_event
from tracking.events.tickets import link_of, token_of
from tracking.models import Event, EventSlot, Rsvp

pytestmark = pytest.mark.django_db
SENT = {"first_name": "Léa", "last_name": "Martin", "email": "Lea.Martin@Example.org"}


def text(answer: object) -> str:
    return answer.content.decode()


def test_page_registers_once_confirmed_by_the_link(client: Client) -> None:
    event = make_event(capacity=2, guests_allowed=3)
    page = text(client.get(f"/e/{event.slug}?lang=en"))
    assert "Public meeting" in page
    assert re.findall(r"<input[^>]*checkbox[^>]*>", page)
    assert "checked" not in page
    box = re.search(r'name="(consent_email_messages)"', page).group(1)
    answer = client.post(f"/e/{event.slug}?lang=en&from=leaflet", SENT | {"guests": "1", box: "on"})
    assert "See you there!" in text(answer)
    rsvp = Rsvp.objects.get()
    assert (rsvp.name, rsvp.guests, rsvp.came_from, rsvp.language) == ("Léa Martin", 1, "leaflet", "en")
    assert not Consent.objects.exists()
    link = link_of(rsvp).removeprefix("http://localhost:8000")
    path = re.sub(r"^https?://[^/]+", "", link)
    for _look in range(2):  # a scanner looks too
        assert "QR code of your ticket" in text(client.get(path))
    assert not Consent.objects.exists()
    client.post(path, {"act": "confirm"})
    assert Consent.objects.get().given
    assert "There are not enough free seats" in text(client.post(path, {"act": "guests", "guests": "3"}))
    client.post(path, {"act": "guests", "guests": "0"})
    assert "given back" in text(client.post(path, {"act": "cancel"}))
    rsvp.refresh_from_db()
    assert (rsvp.state, slot_of(event).taken, rsvp.guests) == ("cancelled", 0, 0)


def test_full_events_have_a_waiting_list_and_several_slots_a_choice(client: Client) -> None:
    full = make_event(capacity=1)
    come(slot_of(full), "Paul")
    assert "Join the waiting list" in text(client.get(f"/e/{full.slug}?lang=en"))
    answer = text(client.post(f"/e/{full.slug}?lang=en", SENT))
    assert "You are on the waiting list" in answer
    several = make_event(slots=[plan(days=3), plan(days=4), plan(days=-2)])
    slots = list(several.slots.order_by("starts_at"))
    assert client.post(f"/e/{several.slug}?lang=en", SENT).status_code == 422  # choose one
    assert client.post(f"/e/{several.slug}", SENT | {"slot": slots[0].pk}).status_code == 422  # over
    assert client.post(f"/e/{several.slug}", SENT | {"slot": slots[2].pk}).status_code == 200
    assert Rsvp.objects.get(event=several).slot == slots[2]


def test_robots_and_floods_register_nobody(client: Client) -> None:
    event = make_event()
    assert client.post(f"/e/{event.slug}", SENT | {"website": "https://spam.example"}).status_code == 200
    assert not Rsvp.objects.exists()
    for number in range(61):
        answer = client.post(f"/e/{event.slug}", SENT | {"first_name": "", "email": f"a{number}@example.org"})
    assert answer.status_code == 422
    statuses = {
        client.post(
            f"/e/{event.slug}", SENT | {"email": f"a{number}@example.org", "website": "x"}
        ).status_code
        for number in range(61)
    }
    assert statuses == {200, 429}


def test_drafts_are_nowhere_and_cancelled_events_say_so(client: Client) -> None:
    draft, event = make_event(published=False), make_event(title="Vue", title_en="")
    hidden = make_event(title="Entre nous", title_en="", is_listed=False)
    assert client.get(f"/e/{draft.slug}").status_code == client.get(f"/e/{draft.slug}.ics").status_code == 404
    assert client.get(f"/e/{hidden.slug}").status_code == 200
    for page in ("/e/", "/e/embed/", "/e/feed/events.ics"):
        shown = text(client.get(page))
        assert ("Vue" in shown, "Entre nous" in shown, draft.title in shown) == (True, False, False)
    cancel_event(event=event, because="Neige", by=None)
    page = text(client.get(f"/e/{event.slug}?lang=fr"))
    assert "Neige" in page
    assert "<form" not in page
    assert client.post(f"/e/{event.slug}", SENT).status_code == 422
    assert "Vue" not in text(client.get("/e/"))
    followed = vobject.readOne(text(client.get("/e/feed/events.ics")))
    assert [one.status.value for one in followed.vevent_list] == ["CANCELLED"]


def test_only_the_list_may_stand_in_another_website(client: Client) -> None:
    event = make_event()
    embedded = client.get("/e/embed/?limit=1")
    assert "frame-ancestors *" in embedded["Content-Security-Policy"]
    assert not embedded.has_header("X-Frame-Options")
    assert 'target="_blank"' in text(embedded)
    for page in ("/e/", f"/e/{event.slug}"):
        assert "frame-ancestors 'none'" in client.get(page)["Content-Security-Policy"]


def test_events_near_a_place_come_first(client: Client) -> None:
    places = make_places()
    for title, commune in (("Ici", places.beauvais), ("Loin", places.amiens)):
        make_event(title=title, title_en="", commune=commune)
    make_event(title="Écran", title_en="", kind="online", venue="", street="", city="", postcode="")
    near = text(client.get("/e/?lang=en&near=Beauvais-sur-Test"))
    assert ("Ici" in near, "Loin" in near, "Écran" in near) == (True, False, True)
    around = text(client.get("/e/?lang=en&near=X6057"))
    assert "In Beauvais-sur-Test" in around
    unknown = text(client.get("/e/?lang=en&near=Nowhere-at-all"))
    assert "No place has this name" in unknown
    assert "Loin" in unknown


def test_link_to_an_online_event_is_told_to_registered_people_only(client: Client) -> None:
    secret = "https://video.example.org/secret-room"
    event = make_event(kind="online", online_url=secret, capacity=1)
    lea, waits = come(slot_of(event), "Léa"), come(slot_of(event), "Paul")
    for page in (
        f"/e/{event.slug}",
        f"/e/{event.slug}.ics",
        "/e/",
        "/e/feed/events.ics",
        f"/r/{token_of(waits)}",
    ):
        assert secret not in text(client.get(page)), page
    assert secret in text(client.get(f"/r/{token_of(lea)}"))
    told = {row.address: secret in str(row.context) for row in Delivery.objects.all()}
    assert told == {lea.email: True, waits.email: False}


def test_links_are_the_persons_own_and_end(client: Client) -> None:
    rsvp = come(slot_of(make_event()), "Léa")
    other = come(rsvp.slot, "Paul")
    right = token_of(rsvp)
    wrong = sign_rsvp(RsvpToken(other.pk, bytes(rsvp.address_hash), timezone.now()))
    for token in (wrong, right[:-4] + "AAAA", "nothing"):
        assert (
            client.get(f"/r/{token}").status_code,
            client.post(f"/r/{token}", {"act": "cancel"}).status_code,
        ) == (
            404,
            404,
        )
    assert Rsvp.objects.filter(state="registered").count() == 2
    calendar = client.get(f"/r/{right}.ics")
    assert vobject.readOne(text(calendar)).vevent.uid.value.startswith(str(rsvp.slot.uid))
    long_ago = timezone.now() - timedelta(days=70)
    EventSlot.objects.update(starts_at=long_ago - timedelta(hours=1), ends_at=long_ago)
    assert client.get(f"/r/{right}").status_code == 404
    assert Event.objects.count() == 1
