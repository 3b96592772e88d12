"""A mailing through a provider of batches: the whole ledger, and readers get what SMTP would give them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from campaign_crm.platform.crypto import seal
from campaign_crm.platform.models import Organisation
from contacts.models import Contact
from messaging.content import return_keys
from messaging.dispatch import gate, outcomes
from messaging.dispatch import pump as pumping
from messaging.dispatch.outbox import Outbox
from messaging.dispatch.pump import Pump
from messaging.dispatch.pump import _chunk as chunk_size
from messaging.enums import CampaignState
from messaging.models import Delivery, ProviderAccount
from messaging.services.service_messages import send_service_message
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import BLOCKS, make_campaign, make_people, make_sender
from tests.support.http_fakes import FakeServer, HttpFault
from tests.support.http_fakes.brevo import BrevoFake
from tests.support.http_fakes.mailjet import MailjetFake
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def brevo() -> Iterator[FakeServer]:
    with FakeServer(BrevoFake()) as server:
        yield server


def account_at(server: FakeServer, **settings: Any) -> ProviderAccount:
    return ProviderAccount.objects.create(
        name=f"Brevo {ProviderAccount.objects.count()}",
        kind="brevo",
        settings={"api_url": server.url, "timeout": 2, "batch_timeout": 20, **settings},
        sealed_credentials=seal({"api_key": BrevoFake.key}),
    )


def test_a_mailing_reaches_everyone_once(brevo: FakeServer, pump: Pump) -> None:
    make_people(30)
    campaign = start(make_campaign(sender=make_sender(account_at(brevo))))

    pumped = pump.run(seconds=20)

    assert (pumped.handed, pumped.accepted) == (30, 30)
    assert books(campaign) == {"accepted": 30}
    assert sorted(taken.recipient for taken in brevo.api.taken) == sorted(
        f"person{number}@example.com" for number in range(1, 31)
    )
    ids = set(Delivery.objects.values_list("provider_message_id", flat=True))
    assert ids == {taken.message_id.strip("<>") for taken in brevo.api.taken}
    for taken in brevo.api.taken:
        token = return_keys.read_return(taken.key)
        row = Delivery.objects.get(contact_id=token.contact)
        assert (row.campaign_id, row.address) == (campaign.pk, taken.recipient)


def test_readers_get_what_smtp_gives_them(brevo: FakeServer, sink: SmtpSink, pump: Pump) -> None:
    """The same words, links and way out, letter by letter; {{ and other providers' syntax stay as written."""
    words = "<p>{{ full_name }} : %recipient.x% {# no #} }} &lt;b&gt; l'été</p>"
    blocks = [*BLOCKS, {"id": "c", "type": "text", "html": words}]
    sink.start_over(keep_messages=True)
    make_people(2)
    Contact.objects.update(first_name="Zoé {{ x }}", last_name="d'Été & <Fils>")
    subject = "{{ first_name }} : l'été & co"
    first = start(make_campaign(sink, subject=subject, blocks=blocks, tracking=False))
    pump.run(seconds=20)
    second = start(
        make_campaign(
            sender=make_sender(account_at(brevo)), subject=subject, blocks=blocks, tracking=False, name="B"
        )
    )
    pump.run(seconds=20)
    assert books(first) == books(second) == {"accepted": 2}
    by_smtp = {str(message["To"]): message for message in map(_read, sink.raw_messages())}
    for taken in brevo.api.taken:
        message = by_smtp[taken.recipient]
        html, text = message.get_body(("html",)), message.get_body(("plain",))
        assert html is not None
        assert text is not None
        assert taken.subject == message["Subject"]
        assert _without_tokens(taken.html) == _without_tokens(html.get_content())
        assert _without_tokens(taken.text) == _without_tokens(text.get_content())
        for name in ("List-Unsubscribe-Post", "Precedence", "X-Auto-Response-Suppress"):
            assert taken.headers[name] == message[name]
        url = taken.headers["List-Unsubscribe"].strip("<>")
        assert url in taken.html
        assert url in taken.text
        assert taken.headers["Feedback-ID"] == f"{second.pk}:mailing:example.org"


def test_a_service_message_has_no_way_out_in_its_headers(brevo: FakeServer, pump: Pump) -> None:
    person = make_people(1)[0]
    make_sender(account_at(brevo))
    send_service_message(
        standing_for="confirmation",
        occasion="1",
        subject="Yours",
        paragraphs=["Here {{ it }} is"],
        contact=person,
    )
    pump.run(seconds=20)
    (taken,) = brevo.api.taken
    assert "List-Unsubscribe" not in taken.headers
    assert taken.headers["Auto-Submitted"] == "auto-generated"
    assert "Here {{ it }} is" in taken.text


def test_only_mailings_have_a_name_that_drops_repeats(brevo: FakeServer) -> None:
    """A standing campaign reaches the same address for one occasion after another."""
    make_people(1)
    sender = make_sender(account_at(brevo))
    campaign = start(make_campaign(sender=sender))
    shared = Outbox(campaign, Organisation.current()).build([], at=timezone.now(), slotted=True).shared
    assert shared is not None
    assert shared.mailing.startswith(f"{campaign.pk}-")
    campaign.standing_for = "confirmation"
    shared = Outbox(campaign, Organisation.current()).build([], at=timezone.now(), slotted=True).shared
    assert shared is not None
    assert shared.mailing == ""


def test_what_may_have_left_is_to_check_and_what_surely_did_not_waits(brevo: FakeServer, pump: Pump) -> None:
    make_people(4)
    brevo.faults += [HttpFault("answer_after", times=3, status=500)]
    campaign = start(make_campaign(sender=make_sender(account_at(brevo, connections=1))))
    pump.run(seconds=10)
    assert books(campaign) == {"unknown": 4}
    brevo.faults += [HttpFault("answer", times=5, status=429, headers={"Retry-After": "300"})]
    second = start(make_campaign(sender=make_sender(account_at(brevo)), name="Second"))
    pump.run(seconds=10)
    assert books(second) == {"retry_wait": 4}
    assert len(brevo.api.taken) == 4


def test_a_wrong_key_pauses_the_mailing_and_says_so(brevo: FakeServer, pump: Pump) -> None:
    make_people(3)
    brevo.api.wants_value = "another"
    campaign = start(make_campaign(sender=make_sender(account_at(brevo))))
    pump.run(seconds=10)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert books(campaign) == {"retry_wait": 3}
    assert campaign.pause_reason.startswith("The provider refused the key")


def test_a_large_call_is_handed_over_and_recorded_in_short_statements(brevo: FakeServer, pump: Pump) -> None:
    """With a thousand keys at once PostgreSQL took ten seconds for each."""
    people = 2 * outcomes.ROWS_A_STATEMENT + 10
    make_people(people)
    campaign = start(make_campaign(sender=make_sender(account_at(brevo))))
    said: list[str] = []

    def listen(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        said.append(" ".join(sql.split()))
        return execute(sql, *rest)

    with connection.execute_wrapper(listen):
        pump.run(seconds=20)
    assert books(campaign) == {"accepted": people}
    assert len(brevo.made) == 1
    assert sum("synchronous_commit = off;" in sql and "EXECUTE dispatch_" in sql for sql in said) == 3
    assert sum("synchronous_commit = on;" in sql and "EXECUTE dispatch_" in sql for sql in said) == 3


def test_a_gate_that_fails_half_way_leaves_what_was_under_way_its_results(
    pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first two calls are in the air when the third intent cannot be committed: nobody is in doubt."""
    real, calls = gate.hand_over, []

    def failing(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 3:
            raise OperationalError("the server closed the connection")
        return real(*arguments, **named)

    monkeypatch.setattr(gate, "hand_over", failing)
    make_people(120)
    with FakeServer(MailjetFake(), HttpFault("slow", times=2, seconds=0.5)) as mailjet:
        campaign = start(make_campaign(sender=make_sender(mailjet_account(mailjet, connections=3))))
        with pytest.raises(OperationalError):
            pump.run(seconds=10)
        assert books(campaign) == {"accepted": 100, "queued": 20}
        pump.run(seconds=10)
        assert books(campaign) == {"accepted": 120}
        assert len(mailjet.api.taken) == 120


def test_a_provider_that_asks_for_time_half_way_gets_it(pump: Pump) -> None:
    make_people(160)
    taken = HttpFault("slow", seconds=0)
    too_many = HttpFault("answer", status=429, headers={"Retry-After": "900"})
    with FakeServer(MailjetFake(), taken, too_many) as mailjet:
        account = mailjet_account(mailjet, connections=1)
        campaign = start(make_campaign(sender=make_sender(account)))
        pump.run(seconds=3)
        assert books(campaign) == {"accepted": 50, "retry_wait": 50, "queued": 60}
        assert len(mailjet.made) == 2
    waiting = Delivery.objects.of_campaign(campaign).filter(state="retry_wait")
    assert waiting.filter(attempts=0, due_at__gt=timezone.now() + timedelta(seconds=880)).count() == 50


def mailjet_account(mailjet: FakeServer, *, connections: int) -> ProviderAccount:
    return ProviderAccount.objects.create(
        name="Mailjet",
        kind="mailjet",
        settings={"api_url": mailjet.url, "timeout": 5, "batch_timeout": 20, "connections": connections},
        sealed_credentials=seal({"api_key": "public", "secret_key": MailjetFake.key}),
    )


def test_large_batches_are_claimed_whole() -> None:
    assert chunk_size(None, 50) == pumping.CHUNK
    assert chunk_size(None, 400) == 400
    assert chunk_size(None, 1_000) == 1_000
    assert chunk_size(None, 16_000) == pumping.MOST
    assert chunk_size(10, 1_000) == 200


def _read(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _without_tokens(text: str) -> str:
    """Tokens name the campaign and the moment, so that no two messages have the same."""
    lines = re.sub(r"(/[a-z]/)[A-Za-z0-9_-]{20,}", r"\1…", text).replace("\r\n", "\n")
    return lines.rstrip("\n")
