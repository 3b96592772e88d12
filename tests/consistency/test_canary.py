"""An invented person goes through everything; nothing of them stays in logs, Valkey, Celery's messages, jobs.

Her name, address and number are pushed through sign-up, sign-in, an import with bad rows, a mailing that a
server refuses while naming her, and pages that break. Then everything that is not her own row is searched.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection, models, transaction
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.jobs import enqueue, handler, run_one_due_job
from campaign_crm.platform.logs import Line
from campaign_crm.platform.models import AuditEntry, Job, Notification, User
from contacts.models import Contact, Import, Newsletter
from contacts.services.sources import create_source
from messaging.dispatch.pump import Pump
from messaging.dispatch.rates import Rates
from messaging.enums import DeliveryState
from messaging.models import Delivery, Mailbox
from messaging.returns.imap import read_mailboxes
from messaging.services.senders import ensure_local_sender
from messaging.webhooks.reading import read_events
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import give_addresses, make_campaign, make_officer, make_source
from tests.messaging.returns.messages import DSN, REPLY
from tests.messaging.returns.test_mailboxes import make_mailbox
from tests.support.forms import as_a_browser
from tests.support.imap_server import ImapServer
from tests.support.imports import import_file, write_rows
from tests.support.smtp_sink import SmtpSink
from tests.support.smtp_sink.options import Fault
from tracking.services.forms import create_form

pytestmark = pytest.mark.django_db
FIRST, LAST = "Zénobie", "Canarivault"
ADDRESS, PHONE = "zenobie.canarivault@canari.example", "+33639980042"
SIGNS = ("canarivault", "canari.example", "zénobie", "zenobie", "639980042", "39 98 00 42")


@pytest.fixture
def log() -> Iterator[StringIO]:
    """Everything any logger says from DEBUG up, written as the product writes it."""
    written = StringIO()
    listener = logging.StreamHandler(written)
    listener.setFormatter(Line(settings.LOGGING["formatters"]["line"]["format"]))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(listener)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(listener)
    root.setLevel(level)


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Callable[..., Any]) -> Callable[..., Any]:
    """A block whose waiting acts (ticks of Celery among them) are done at its end, as after a commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def found_in(text: str) -> list[str]:
    return [sign for sign in SIGNS if sign in text.casefold()]


def valkey(url: str) -> str:
    """Every key and value of a server; Celery's messages opened."""
    kept: list[str] = []
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter():
            kept.append(key.decode(errors="replace"))
            kept += [_opened(value) for value in _values(client, key)]
    return "\n".join(kept)


def _values(client: Any, key: bytes) -> list[bytes]:
    match client.type(key):
        case b"string":
            return [client.get(key)]
        case b"list":
            return list(client.lrange(key, 0, -1))
        case b"set":
            return list(client.smembers(key))
        case b"zset":
            return list(client.zrange(key, 0, -1))
        case b"hash":
            return [part for pair in client.hgetall(key).items() for part in pair]
        case b"stream":
            return [part for _id, entry in client.xrange(key) for pair in entry.items() for part in pair]
    raise AssertionError(f"A kind of value that is not looked into: {client.type(key)!r}")


def _opened(value: bytes) -> str:
    text = value.decode(errors="replace")
    try:
        body = json.loads(text)["body"]
        return text + base64.b64decode(body).decode(errors="replace")
    except (ValueError, KeyError, TypeError):
        return text


def rows_of(*of: type[models.Model]) -> str:
    """Every column of every row, as text."""
    kept = []
    for model in of:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {model._meta.db_table} AS t")
            kept += [row[0] for row in cursor.fetchall()]
    return "\n".join(kept)


def nothing_stays(log: StringIO) -> None:
    assert found_in(log.getvalue()) == []
    assert found_in(valkey(settings.REDIS_URL)) == []
    assert found_in(valkey(settings.INGEST_REDIS_URL)) == []
    assert found_in(rows_of(Job, AuditEntry, Notification)) == []


def test_the_search_itself_finds_her(log: StringIO) -> None:
    logging.getLogger("contacts").warning("Could not write to %s", LAST)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        body = base64.b64encode(json.dumps([[ADDRESS], {}]).encode()).decode()
        client.lpush("celery", json.dumps({"body": body}))
    assert found_in(log.getvalue()) == ["canarivault"]
    assert "canari.example" in found_in(valkey(settings.REDIS_URL))


def test_sign_up(log: StringIO, commits: Callable[..., Any]) -> None:
    ensure_local_sender()
    form = create_form(
        by=None, newsletters=[Newsletter.objects.create(name="Letter")], title="Join us", introduction="",
        language="fr", thank_you="", tag=None, is_open=True,
        fields=["first_name", "last_name", "email", "phone"],
        consents=[{"channel": "email", "purpose": "messages"}],
    )  # fmt: skip
    answers = {"first_name": FIRST, "last_name": LAST, "email": ADDRESS, "phone": "06 39 98 00 42"}
    client = Client()
    for _time in range(3):  # the second and third meet the limits
        with commits():
            client.post(f"/f/{form.slug}", {**answers, **as_a_browser(form.slug)})
    client.post(f"/f/{form.slug}", {**answers, "email": f"{ADDRESS} junk", "phone": "06 39 98 00 42 42"})
    Client(enforce_csrf_checks=True).post("/api/v1/sign-ups/", answers)
    client.get(f"/f/{form.slug}?email={ADDRESS}&name={LAST}")
    assert Delivery.objects.count() == 1
    nothing_stays(log)


def test_signing_in_and_a_forgotten_password(log: StringIO, commits: Callable[..., Any]) -> None:
    User.objects.create_user(
        email=ADDRESS, full_name=f"{FIRST} {LAST}", password="correct horse battery", language="fr"
    )
    client = Client()
    for word in ("wrong", "wrong too", "correct horse battery"):
        client.post("/accounts/login/", {"login": ADDRESS, "password": word})
    client.post("/accounts/logout/")
    for email in (ADDRESS, f"x{ADDRESS}"):
        with commits():
            client.post("/accounts/password/reset/", {"email": email})
    assert "platform.send_password_link" in valkey(settings.REDIS_URL), "a worker is told, by a number"
    nothing_stays(log)


def test_an_import_with_rows_that_cannot_be_read(
    log: StringIO, commits: Callable[..., Any], tmp_path: Path
) -> None:
    source = create_source(
        by=None, name="Members", kind="address_book", lawful_basis="member", channels=["email", "sms"]
    )
    path = write_rows(
        tmp_path / "people.csv",
        [
            ("Nom", "Prénom", "E-mail", "Téléphone", "Date de naissance"),
            (LAST, FIRST, ADDRESS, PHONE, "12/05/1980"),
            (LAST, FIRST, f"{ADDRESS}@", "06 39 98 00 42 42 42", "31/02/1980"),
            ("", "", ADDRESS.replace("@", " at "), PHONE, "never"),
            (LAST, FIRST, ADDRESS, PHONE, "12/05/1980"),
        ],
    )
    with commits():
        run = import_file(path, kind="address-book", source=source)
    assert run.state == Import.State.DONE
    nothing_stays(log)


@pytest.mark.django_db(transaction=True)
def test_a_mailing_that_a_server_refuses_while_naming_her(log: StringIO) -> None:
    with SmtpSink() as sink:
        refusal = Fault(
            "rcpt", code=550, text=f"5.1.1 <{ADDRESS}>: {FIRST} {LAST} has left", pattern="canari"
        )
        sink.start_over(faults=[refusal])
        person = Contact.objects.create(first_name=FIRST, last_name=LAST)
        give_addresses([person], [ADDRESS], make_source())
        campaign = start(make_campaign(sink))
        pump = Pump(rates=Rates(settings.REDIS_URL, workers=1))
        pump.run(seconds=20)
        pump.close()
        assert Delivery.objects.get(campaign=campaign).state == DeliveryState.FAILED
    nothing_stays(log)


@pytest.mark.django_db(transaction=True)
def test_what_servers_and_she_herself_send_back(log: StringIO) -> None:
    said = f"550 5.1.1 <{ADDRESS}>: {FIRST} {LAST} has left, call {PHONE}"
    notice = DSN.format(key="x", number=1, action="failed", status="5.1.1", said=said, inner="y")
    answer = REPLY.format(address=ADDRESS, key="x", number=1).replace("person1@example.com", ADDRESS)
    with ImapServer() as server:
        make_mailbox(server)
        server.add(notice.replace("person1@example.com", ADDRESS).encode())
        server.add(answer.encode())
        server.add(
            f"From: {ADDRESS}\r\nSubject: {LAST}\r\nContent-Type: multipart/report; b\xff\r\n\r\n".encode()
        )
        read_mailboxes()
        read_events()
    assert Mailbox.objects.get().last_uid == 3
    nothing_stays(log)


def broken(*_arguments: Any, **_named: Any) -> None:
    """As a statement breaks on a person's row: PostgreSQL quotes it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::date", [f"{FIRST} {LAST} {ADDRESS} {PHONE}"])


def test_pages_that_break(log: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(make_officer())
    monkeypatch.setattr("contacts.views.person.create_contact", broken)
    form = {
        "first_name": FIRST,
        "last_name": LAST,
        "email": ADDRESS,
        "phone": PHONE,
        "language": "fr",
        "relationship": "occasional",
    }
    answer = client.post(reverse("contacts:person_new"), form)
    assert answer.status_code == 500, answer.context["form"].errors
    for path in (f"/people/?q={LAST}", f"/search/?q={ADDRESS}", f"/nothing/{ADDRESS}/", f"/people/{PHONE}/"):
        client.get(path)
    Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": ADDRESS})
    assert "DataError" in log.getvalue()
    nothing_stays(log)


def test_a_job_that_breaks(log: StringIO, commits: Callable[..., Any]) -> None:
    handler("tests.canary")(broken)
    with commits():
        job = enqueue(kind="tests.canary", payload={})
    assert run_one_due_job()
    job.refresh_from_db()
    assert "DataError" in job.error
    nothing_stays(log)
