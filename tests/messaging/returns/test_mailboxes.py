"""Returns and answers as they come: a mailbox read by IMAP, a mail server that hands them over by LMTP."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiosmtpd.smtp import Envelope
from django.db import OperationalError, connection

from campaign_crm.platform.crypto import seal
from contacts.models import Contact, EmailAddress, Suppression
from contacts.registry import registry
from messaging.dispatch.pump import Pump
from messaging.models import Campaign, Mailbox, ProviderAccount, ProviderEvent, Reply
from messaging.returns import imap, lmtp
from messaging.returns.verp import key_of
from messaging.webhooks import reading
from tests.messaging.dispatch.conftest import books, pump, shared_sink, sink, start  # noqa: F401
from tests.messaging.domains import make_domain, prove
from tests.messaging.people import make_account, make_campaign, make_people, make_sender
from tests.messaging.returns.messages import DSN, REPLY
from tests.messaging.webhooks.conftest import key, rows, states
from tests.support.imap_server import ImapServer
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)
Mailing = Callable[..., Campaign]


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


def make_mailbox(server: ImapServer, **changes: Any) -> Mailbox:
    wanted = {
        "account": changes.pop("account", None) or make_account(),
        "purpose": "returns",
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "username": "returns",
        "sealed_credentials": seal({"password": "S3cret words"}),
    }
    return Mailbox.objects.create(**wanted | changes)


def dsn(key: str, number: int = 1) -> bytes:
    said = "550 5.1.1 User unknown"
    return DSN.format(key=key, number=number, action="failed", status="5.1.1", said=said, inner="x").encode()


def test_a_mailbox_of_returns_is_read_once_and_left_as_it_is(server: ImapServer, mailing: Mailing) -> None:
    campaign = mailing("accepted", "accepted")
    first, second = rows(campaign)
    make_mailbox(server)
    server.add(dsn(key(first)))
    assert (imap.read_mailboxes(), reading.read_events(), states(campaign)) == (1, 1, ["bounced", "accepted"])
    server.add(dsn(key(second), 2))
    assert (imap.read_mailboxes(), imap.read_mailboxes(), server.fetched) == (1, 0, [1, 2])
    reading.read_events()
    assert books(campaign) == {"bounced": 2}
    assert Suppression.objects.filter(reason="hard_bounce").count() == 2


def test_a_server_that_numbered_everything_anew_is_read_again_and_repeats_nothing(
    server: ImapServer, mailing: Mailing
) -> None:
    campaign = mailing("accepted")
    make_mailbox(server)
    server.add(dsn(key(rows(campaign)[0])))
    imap.read_mailboxes()
    server.folders["INBOX"].uid_validity = 2
    assert imap.read_mailboxes() == 1
    assert ProviderEvent.objects.count() == 1


def test_a_connection_lost_half_way_goes_on_where_it_was(
    server: ImapServer, mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "AT_ONCE", 2)
    box = make_mailbox(server)
    for number in range(5):
        server.add(f"Subject: {number}\r\n\r\ntext".encode())
    server.hangs_up_after = 3
    imap.read_mailboxes()
    box.refresh_from_db()
    assert (box.last_uid, box.error) == (2, imap.STOPPED)
    server.hangs_up_after = None
    imap.read_mailboxes()
    box.refresh_from_db()
    assert (box.last_uid, box.error, ProviderEvent.objects.count()) == (5, "", 5)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"sealed_credentials": seal({"password": "other"})}, imap.CANNOT_SIGN_IN),
        ({"folder": "Elsewhere"}, imap.NO_FOLDER),
        ({"port": 9}, imap.CANNOT_CONNECT),
        ({"host": "imap.example.org"}, imap.NOT_ENCRYPTED),
        ({"sealed_credentials": "broken"}, imap.NO_PASSWORD),
    ],
)
def test_what_keeps_a_mailbox_from_being_read_is_said(
    server: ImapServer, changes: dict[str, Any], error: str
) -> None:
    box = make_mailbox(server, **changes)
    assert imap.read_mailboxes() == 0
    box.refresh_from_db()
    assert box.error == error
    assert imap.check_mailbox(box).level == "error"


def test_a_server_that_nobody_understands_keeps_no_other_mailbox_from_being_read(
    server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, fine = make_mailbox(server), make_mailbox(server)
    server.add(b"Subject: one\r\n\r\ntext")
    read = imap.read_mailbox

    def fails_for_one(box: Mailbox) -> int:
        if box == odd:
            raise KeyError("UIDVALIDITY")
        return read(box)

    monkeypatch.setattr(imap, "read_mailbox", fails_for_one)
    assert imap.read_mailboxes() == 1
    odd.refresh_from_db()
    fine.refresh_from_db()
    assert (odd.error, fine.error) == (imap.NOT_UNDERSTOOD, "")


def test_many_messages_are_fetched_in_few_questions(server: ImapServer) -> None:
    make_mailbox(server)
    for number in range(45):
        server.add(f"Subject: {number}\r\n\r\ntext".encode())
    del server.folders["INBOX"].messages[7]
    assert imap.read_mailboxes() == 44
    assert (server.questions, ProviderEvent.objects.count()) == (3, 44)


def test_answers_come_to_the_timeline_and_automatic_ones_say_so(server: ImapServer, mailing: Mailing) -> None:
    campaign = mailing("accepted")
    (row,) = rows(campaign)
    make_mailbox(server, purpose="replies")
    written = REPLY.format(address="elsewhere@example.net", key=key(row), number=1)
    absent = REPLY.format(address=row.address, key="", number=2).replace("Re: Bonjour", "Réponse automatique")
    for text in (written, absent, written):
        server.add(text.encode())
    imap.read_mailboxes()
    reading.read_events()
    answers = list(Reply.objects.order_by("pk"))
    assert [(one.contact_id, one.campaign_id, one.is_automatic) for one in answers] == [
        (row.contact_id, campaign.pk, False),
        (row.contact_id, None, True),
    ]
    shown = registry.timeline["answers"].read(row.contact_id, None, 10)
    assert {(entry.kind, entry.detail) for entry in shown} == {
        ("reply", "Merci, je viendrai !"),
        ("automatic_reply", "Merci, je viendrai !"),
    }


def test_an_answer_from_a_shared_or_unknown_address_is_nobodys(server: ImapServer) -> None:
    first, second = make_people(2)
    EmailAddress.objects.filter(contact=second).update(normalised="person1@example.com")
    make_mailbox(server, purpose="replies")
    for number, address in enumerate(["person1@example.com", "stranger@example.net"]):
        server.add(REPLY.format(address=address, key="", number=number).encode())
    imap.read_mailboxes()
    reading.read_events()
    assert [one.contact for one in Reply.objects.all()] == [None, None]
    assert Contact.objects.filter(pk=first.pk).exists()


def test_messages_leave_with_a_return_path_of_their_own(sink: SmtpSink, pump: Pump) -> None:  # noqa: F811
    make_people(2)
    account = make_account(sink.port)
    ProviderAccount.objects.filter(pk=account.pk).update(return_domain="returns.example.org")
    account.refresh_from_db()
    campaign = start(make_campaign(sender=make_sender(account)))
    pump.run(seconds=20)
    senders = {row.recipient: row.sender for row in sink.received()}
    assert {key_of(sender) for sender in senders.values()} == {key(row) for row in rows(campaign)}
    assert all(sender.endswith("@returns.example.org") for sender in senders.values())


def test_a_proven_host_of_the_senders_domain_is_the_return_path_and_returns_are_known_there(
    sink: SmtpSink,  # noqa: F811
    pump: Pump,  # noqa: F811
    receiver: int,
) -> None:
    make_people(1)
    account = make_account(sink.port)
    ProviderAccount.objects.filter(pk=account.pk).update(return_domain="returns.example.com")
    account.refresh_from_db()
    fields = {"return_path_host": "returns.example.org", "return_path_target": "mx.example.net"}
    prove(make_domain(**fields, relay_selectors=["relay"]))
    campaign = start(make_campaign(sender=make_sender(account)))
    pump.run(seconds=20)
    ((sender, recipient),) = [(row.sender, row.recipient) for row in sink.received()]
    (row,) = rows(campaign)
    assert (sender, recipient) == (f"b+{key(row)}@returns.example.org", row.address)
    with smtplib.LMTP("127.0.0.1", receiver) as client:
        client.sendmail("", [sender], dsn("none"))
    assert reading.read_events() == 1
    assert books(campaign) == {"bounced": 1}
    assert ProviderEvent.objects.get().account == account


@pytest.fixture
def receiver() -> Iterator[int]:
    """The port of an LMTP server that runs."""
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    ports: list[int] = []
    made = loop.create_server

    async def create_server(*arguments: Any, **options: Any) -> Any:
        found = await made(*arguments, **options)
        ports.append(found.sockets[0].getsockname()[1])
        ready.set()
        return found

    loop.create_server = create_server  # type: ignore[method-assign]
    thread = threading.Thread(target=lambda: loop.run_until_complete(lmtp.serve(0, stop)), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield ports[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


def test_a_mail_server_hands_returns_over(mailing: Mailing, receiver: int) -> None:
    campaign = mailing("accepted")
    ProviderAccount.objects.update(return_domain="returns.example.org")
    (row,) = rows(campaign)
    with smtplib.LMTP("127.0.0.1", receiver) as client:
        client.sendmail("", [f"b+{key(row)}@returns.example.org"], dsn("none"))
        for wrong in (
            f"b+{'a' * 61}@returns.example.org",
            f"b+{key(row)}@example.net",
            "x@returns.example.org",
        ):
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("", [wrong], dsn("none"))
    assert reading.read_events() == 1
    assert books(campaign) == {"bounced": 1}


def test_whose_return_it_is_cannot_be_said_before_the_database_was_ever_there(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = mailing("accepted")
    ProviderAccount.objects.update(return_domain="returns.example.org")
    (row,) = rows(campaign)
    handler, envelope = lmtp.Receiver(), Envelope()
    address = f"b+{key(row)}@returns.example.org"

    def told(function: Callable[[], Any]) -> str:
        # In a thread of its own: the one of the tests may have the loop of a browser.
        with ThreadPoolExecutor(1) as apart:
            return str(apart.submit(lambda: asyncio.run(function())).result())

    def away() -> dict[str, int]:
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(lmtp, "receivers", away)
        first = told(lambda: handler.handle_RCPT(None, None, envelope, address, []))  # type: ignore[arg-type]
        patch.setattr(lmtp, "receivers", lambda: {"returns.example.org": 1})
        again = told(lambda: handler.handle_RCPT(None, None, envelope, address, []))  # type: ignore[arg-type]
        handler._domains._read_again_at = 0.0
        last = told(lambda: handler.handle_RCPT(None, None, envelope, address, []))  # type: ignore[arg-type]
    handler.close()
    assert [words[:3] for words in (first, again, last)] == ["451", "451", "250"]


def test_a_return_whose_account_went_meanwhile_is_not_taken(mailing: Mailing, receiver: int) -> None:
    campaign = mailing("accepted")
    ProviderAccount.objects.update(return_domain="returns.example.org")
    (row,) = rows(campaign)
    with smtplib.LMTP("127.0.0.1", receiver) as client:
        client.ehlo()
        client.mail("<>")
        assert client.rcpt(f"b+{key(row)}@returns.example.org")[0] == 250
        gone = pytest.MonkeyPatch()
        gone.setattr(lmtp.Domains, "account_of", lambda _self, _address: None)
        try:
            assert client.data(dsn("none"))[0] == 451
        finally:
            gone.undo()
    assert not ProviderEvent.objects.exists()


def test_without_the_database_a_return_waits_on_disk(
    mailing: Mailing, receiver: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = mailing("accepted", "accepted")
    ProviderAccount.objects.update(return_domain="returns.example.org")
    first, second = rows(campaign)
    with smtplib.LMTP("127.0.0.1", receiver) as client:
        client.sendmail("", [f"b+{key(first)}@returns.example.org"], dsn("none"))

        def away(*_arguments: object, **_options: object) -> None:
            raise OperationalError("away")

        with monkeypatch.context() as patch:
            patch.setattr(lmtp, "keep", away)
            client.sendmail("", [f"b+{key(second)}@returns.example.org"], dsn("none", 2))
    assert ProviderEvent.objects.count() == 1
    reading.read_events()
    assert books(campaign) == {"bounced": 2}
    assert connection.is_usable()


def test_a_server_that_refuses_for_a_moment_loses_no_return(server: ImapServer, mailing: Mailing) -> None:
    campaign = mailing("accepted")
    box = make_mailbox(server)
    server.add(dsn(key(rows(campaign)[0])))
    server.refuses = 1
    assert imap.read_mailboxes() == 0
    box.refresh_from_db()
    assert (box.last_uid, box.error) == (0, imap.REFUSED)
    assert (imap.read_mailboxes(), reading.read_events(), states(campaign)) == (1, 1, ["bounced"])
    box.refresh_from_db()
    assert (box.last_uid, box.error) == (1, "")
