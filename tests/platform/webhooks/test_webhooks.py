"""What happens here is told elsewhere: with the fact, signed, for a day, and nowhere inside."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from campaign_crm.platform.models import User, Webhook, WebhookDelivery
from campaign_crm.platform.walls import acting_within
from campaign_crm.platform.webhooks import delivering, service
from campaign_crm.platform.webhooks.events import WebhookEvent
from campaign_crm.platform.webhooks.outbox import emit
from contacts.enums import Channel
from contacts.models import Contact, Source
from contacts.services.objections import record_objection
from contacts.services.people import create_contact
from contacts.services.sources import create_source
from tests.support.places import make_places

pytestmark = pytest.mark.django_db
State = WebhookDelivery.State
LEFT = WebhookEvent.PERSON_UNSUBSCRIBED
BEFORE = datetime(
    2026, 1, 1, tzinfo=UTC
)  # of the database's clock, which stands still in a test's transaction


class Program:
    """A real web server: what it was sent, and what it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        program = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                program.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
                status = program.answers.pop(0) if program.answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{program.url}elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_parts: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def program(settings: Any) -> Iterator[Program]:
    settings.PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
    running = Program()
    yield running
    running.stop()


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_user(email="boss@example.org", role="administrator")


@pytest.fixture
def source(db: None) -> Source:
    return create_source(
        by=None, name="Members", kind="address_book", lawful_basis="member", channels=["email"]
    )


@pytest.fixture
def lea(source: Source) -> Contact:
    return create_contact(source=source, by=None, last_name="Martin", email="lea@example.org")


def hook(boss: User, url: str, **fields: Any) -> Webhook:
    return service.create_webhook(
        name="Website", url=url, events=fields.pop("events", [LEFT]), by=boss, **fields
    )


def leave(person: Contact) -> None:
    record_objection(contact=person, channels=[Channel.EMAIL], by=None)


def signature(secret: str, headers: dict[str, str], body: bytes) -> str:
    """As a receiver works it out, by the words of the specification."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_what_happened_is_told_signed_and_by_numbers(program: Program, boss: User, lea: Contact) -> None:
    made = hook(boss, program.url)
    hook(boss, program.url, events=[WebhookEvent.CAMPAIGN_SENT])
    leave(lea)
    assert delivering.deliver_due() == 1
    [(headers, body)] = program.got
    assert headers["webhook-signature"] == signature(made.secret, headers, body)
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    told = json.loads(body)
    assert (told["type"], told["data"]) == (LEFT, {"channel": "email", "person": {"id": lea.pk}})
    assert b"lea@" not in body
    done = made.deliveries.get()
    assert (done.state, done.status, str(done.uid)) == (State.DELIVERED, 204, headers["webhook-id"])
    assert delivering.deliver_due() == 0


def test_who_somebody_is_is_said_where_it_may_be_and_as_it_is_then(
    program: Program, boss: User, lea: Contact
) -> None:
    hook(boss, program.url, tells_people=True)
    leave(lea)
    assert "Martin" not in str(WebhookDelivery.objects.values().get()), "nothing of it waits in the outbox"
    delivering.deliver_due()
    assert json.loads(program.got[0][1])["data"]["person"]["emails"] == ["lea@example.org"]
    leave(lea)
    Contact.objects.update(erased_at=timezone.now())
    delivering.deliver_due()
    assert json.loads(program.got[1][1])["data"]["person"] == {"id": lea.pk}


def test_webhook_of_a_territory_hears_of_its_people_alone(
    program: Program, boss: User, source: Source
) -> None:
    places = make_places()
    here, there = (
        create_contact(source=source, by=None, last_name=name, commune=place)
        for name, place in [("Ici", places.beauvais), ("Là-bas", places.amiens)]
    )
    made = hook(boss, program.url, territory=places.oise.pk)
    with acting_within(frozenset({places.oise.pk})):  # a coordinator sees no webhook, and emits
        leave(here)
    leave(there)
    delivering.deliver_due()
    states = dict(made.deliveries.values_list("person", "state"))
    assert states == {here.pk: State.DELIVERED, there.pk: State.SKIPPED}
    assert len(program.got) == 1
    with pytest.raises(service.WebhookRefused):
        hook(boss, program.url, territory=places.oise.pk, events=[WebhookEvent.IMPORT_FINISHED])


def test_nothing_is_told_of_what_was_undone(program: Program, boss: User, lea: Contact) -> None:
    hook(boss, program.url)
    with transaction.atomic():
        leave(lea)
        transaction.set_rollback(True)
    assert delivering.deliver_due() == 0


def test_what_is_not_taken_is_tried_again_for_a_day_then_given_up(
    program: Program, boss: User, lea: Contact
) -> None:
    made = hook(boss, program.url)
    program.answers = [500] * 20
    leave(lea)
    waited = []
    while (one := made.deliveries.get()).state == State.WAITING:
        delivering.deliver_due()
        after = made.deliveries.get()
        waited.append(after.due_at - timezone.now())
        passed = max(waited[-1], timedelta(0))
        made.deliveries.update(due_at=BEFORE, give_up_at=one.give_up_at - passed)
    assert one.state == State.FAILED
    assert (one.status, "500" in one.error) == (500, True)
    assert 8 <= one.attempts <= 15
    assert [round(wait.total_seconds(), -1) for wait in waited[:3]] == [10, 60, 300]
    ids = {headers["webhook-id"] for headers, _body in program.got}
    assert ids == {str(one.uid)}, "the same event, also the tenth time"
    program.answers = []
    again = service.replay(delivery=one, by=boss)
    delivering.deliver_due()
    again.refresh_from_db()
    assert (again.state, again.uid) == (State.DELIVERED, one.uid)


def test_redirect_is_not_followed_and_gone_ends_it(program: Program, boss: User, lea: Contact) -> None:
    made = hook(boss, program.url)
    program.answers = [302, 410]
    leave(lea)
    delivering.deliver_due()
    assert (len(program.got), made.deliveries.get().state) == (1, State.WAITING)
    made.deliveries.update(due_at=BEFORE)
    delivering.deliver_due()
    made.refresh_from_db()
    assert (made.is_active, made.deliveries.get().state) == (False, State.FAILED)
    assert emit(LEFT, {}) == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]", "169.254.169.254"])
def test_no_address_inside_is_called(program: Program, boss: User, settings: Any, host: str) -> None:
    port = program.url.rsplit(":", 1)[1]
    made = hook(boss, f"http://{host}:{port}")
    settings.PRIVATE_NETWORKS = []
    emit(LEFT, {})
    delivering.deliver_due()
    one = made.deliveries.get()
    assert (one.state, one.status, program.got) == (State.WAITING, None, [])
    assert "PRIVATE_NETWORKS" in one.error
    with pytest.raises(service.WebhookRefused):
        hook(boss, program.url)


def test_replaced_secret_signs_beside_the_new_one_for_a_time(
    program: Program, boss: User, lea: Contact
) -> None:
    made = hook(boss, program.url)
    before, after = made.secret, service.rotate_secret(webhook=made, overlap=timedelta(days=7), by=boss)
    leave(lea)
    delivering.deliver_due()
    headers, body = program.got[0]
    assert headers["webhook-signature"].split() == [signature(one, headers, body) for one in (after, before)]
    Webhook.objects.update(earlier_until=timezone.now())
    leave(lea)
    delivering.deliver_due()
    headers, body = program.got[1]
    assert headers["webhook-signature"] == signature(after, headers, body)


def test_slow_program_holds_up_no_other_and_a_claim_that_died_is_taken_over(
    program: Program, boss: User
) -> None:
    first, second = hook(boss, program.url), hook(boss, program.url)
    for _time in range(5):
        emit(LEFT, {})
    claimed = delivering._claim()  # its worker dies before it notes anything
    assert sorted(one.webhook_id for one in claimed) == sorted([first.pk, second.pk] * delivering.OF_ONE)
    while delivering.deliver_due():
        pass
    assert WebhookDelivery.objects.filter(state=State.DELIVERED).count() == 10 - len(claimed)
    WebhookDelivery.objects.filter(state=State.WAITING).update(due_at=BEFORE)
    while delivering.deliver_due():
        pass
    assert not WebhookDelivery.objects.exclude(state=State.DELIVERED).exists()
    WebhookDelivery.objects.update(ended_at=timezone.now() - delivering.KEPT - timedelta(days=1))
    assert delivering.forget_old() == 10
