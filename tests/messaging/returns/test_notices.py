"""Formal notices and those in plain words: what each says of which message."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email import message_from_string

import pytest

from messaging.content.return_keys import ReturnToken, sign_return
from messaging.providers.base import Event
from messaging.returns.notices import events_of
from messaging.returns.sorting import is_automatic, sort_message, without_quotes
from messaging.returns.verp import key_of, return_path
from tests.messaging.returns.messages import ARF, DSN, EXIM, EXIM_WARNING, FRENCH, QMAIL, REPLY

KEY = sign_return(ReturnToken(date(2026, 11, 1), 7, 9))
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def events(text: str) -> list[Event] | None:
    return events_of(message_from_string(text), received_at=NOW)


def dsn(action: str, status: str, said: str, *, key: str = KEY, inner: str = "other") -> list[Event] | None:
    return events(DSN.format(key=key, number=1, action=action, status=status, said=said, inner=inner))


@pytest.mark.parametrize(
    ("action", "status", "said", "kind", "fault"),
    [
        ("failed", "5.1.1", "550 5.1.1 User unknown", "bounced", "recipient"),
        ("failed", "5.0.0", "550 5.1.1 <person1@example.com>: no such user", "bounced", "recipient"),
        ("failed", "5.2.2", "552 5.2.2 Mailbox full", "bounced", "mailbox"),
        ("failed", "4.4.7", "451 4.4.7 delivery time expired", "bounced", "account"),
        ("failed", "4.1.1", "451 4.1.1 try later", "bounced", "mailbox"),
        ("failed", "5.7.1", "550 5.7.1 blocked", "bounced", "sender"),
        ("failed", "5.0.0", "550 Rejected", "bounced", "other"),
        ("delayed", "4.2.2", "452 4.2.2 Mailbox full", "deferred", ""),
        ("delivered", "2.1.5", "250 ok", "delivered", ""),
        ("relayed", "2.0.0", "250 ok", "accepted", ""),
    ],
)
def test_a_delivery_status_is_read(action: str, status: str, said: str, kind: str, fault: str) -> None:
    (event,) = dsn(action, status, said) or []
    assert (event.kind, event.fault, event.key) == (kind, fault, KEY)
    assert "@" not in event.text
    assert event.at.isoformat() == "2026-11-26T10:00:00+01:00"


def test_without_a_return_path_the_copy_names_the_message() -> None:
    (event,) = dsn("failed", "5.1.1", "550 5.1.1 unknown", key="nothing", inner=KEY) or []
    assert event.key == KEY
    assert dsn("failed", "5.1.1", "550 5.1.1 unknown", key="nothing") == []


@pytest.mark.parametrize(
    ("text", "kind", "fault"),
    [
        (QMAIL, "bounced", "recipient"),
        (EXIM, "bounced", "sender"),
        (EXIM_WARNING, "deferred", ""),
        (FRENCH, "bounced", "mailbox"),
    ],
)
def test_a_notice_in_plain_words_is_understood(text: str, kind: str, fault: str) -> None:
    (event,) = events(text.format(key=KEY.upper())) or []
    assert (event.kind, event.fault, event.key) == (kind, fault, KEY)


@pytest.mark.parametrize(
    ("told", "kinds"),
    [("abuse", ["complained"]), ("fraud", ["complained"]), ("not-spam", []), ("opt-out", ["unsubscribed"])],
)
def test_a_report_of_spam_is_read(told: str, kinds: list[str]) -> None:
    found = events(ARF.format(key=KEY, type=told)) or []
    assert [event.kind for event in found] == kinds
    assert all(event.key == KEY for event in found)


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied",
        "X-Autoreply: yes",
        "Precedence: auto_reply",
        "Subject: Réponse automatique : Bonjour",
        "Subject: RE: Out of Office",
        "Subject: Absence du bureau jusqu’au 3 décembre",
        "Subject: Automatic reply: Bonjour",
        "Subject: Accusé de réception",
        "Subject: En congé",
    ],
)
def test_what_no_person_wrote_is_recognised(headers: str) -> None:
    assert is_automatic(message_from_string(f"From: a@example.com\n{headers}\n\ntext"))


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: no",
        "Subject: Re: Bonjour",
        "Subject: Absences dans les écoles, que faites-vous ?",
        "Subject: Re: réunion automatiquement annulée ?",
    ],
)
def test_what_a_person_wrote_is_not_taken_for_a_machine(headers: str) -> None:
    assert not is_automatic(message_from_string(f"From: a@example.com\n{headers}\n\ntext"))


def test_an_answer_is_kept_without_what_it_answers() -> None:
    raw = REPLY.format(address="lea@example.com", key=KEY, number=1).encode()
    (reply,) = sort_message(raw, account=1, received_at=NOW).replies
    assert (reply.from_name, reply.from_address, reply.subject) == (
        "Léa Martin",
        "lea@example.com",
        "Re: Bonjour",
    )
    assert (reply.text, reply.key, reply.is_automatic) == ("Merci, je viendrai !", KEY, False)


def test_an_answer_below_its_quote_is_kept_whole() -> None:
    assert without_quotes("> Bonjour\nOui") == "> Bonjour\nOui"


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\x00", b"Content-Type: multipart/report; boundary=x\n\n--x\n", b"Subject: =?x?"]
)
def test_nothing_in_a_mailbox_stops_the_reader(raw: bytes) -> None:
    assert sort_message(raw, account=1, received_at=NOW).events == []


def test_a_return_path_fits_a_local_part_and_gives_its_key_back() -> None:
    address = return_path(KEY, "returns.example.org")
    assert len(address.partition("@")[0]) <= 64
    assert key_of(address.upper()) == KEY
    assert key_of("someone@example.org") == ""
