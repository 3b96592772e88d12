"""Checking an account with a real message: through every kind, and what is wrong in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import dkim
import pytest
from django.utils import translation

from campaign_crm.platform.crypto import seal
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.services.addresses import InvalidAddress
from messaging.errors import NotAllowed
from messaging.models import Delivery, ProviderAccount
from messaging.models.domain_record import Purpose
from messaging.providers.registry import Finding
from messaging.services.account_check import check_with_message
from messaging.services.senders import secret_fields
from tests.messaging.domains import make_domain, prove
from tests.messaging.people import make_account, make_officer, make_sender
from tests.messaging.providers.cases import CASES, PATIENCE, Case
from tests.support.http_fakes import FakeServer
from tests.support.smtp_sink import Fault, SmtpSink

pytestmark = pytest.mark.django_db
TO = "officer@example.com"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def check(account: ProviderAccount) -> list[Finding]:
    return check_with_message(account=account, address=TO, by=make_officer())


def errors(account: ProviderAccount) -> str:
    return " | ".join(str(one.text) for one in check(account) if one.level == "error")


def test_a_message_arrives_from_a_sender_of_the_account() -> None:
    with SmtpSink(keep_messages=True) as sink:
        account = make_account(sink.port)
        sender = make_sender(account)
        found = check(account)
        (message,) = sink.messages()
    assert "The test message was taken, from news" in str(found[-1].text)
    assert (message["To"], message["From"].addresses[0].addr_spec) == (TO, sender.address)
    assert account.name in message["Subject"]
    assert not Delivery.objects.exists()


def test_it_is_signed_as_mailings_are() -> None:
    domain = prove(make_domain())
    published = {key.host: key.public_record.encode() for key in domain.keys.all()}
    with SmtpSink(keep_messages=True) as sink:
        account = make_account(sink.port, sign=True)
        make_sender(account)
        assert "Signed with the keys of “example.org”." in [str(one.text) for one in check(account)]
        (raw,) = sink.raw_messages()
    for number in (0, 1):
        assert dkim.DKIM(raw).verify(
            idx=number, dnsfunc=lambda name, timeout=5: published.get(name.decode().rstrip("."))
        )


def test_keys_that_are_not_published_are_said() -> None:
    prove(make_domain(), but=(Purpose.DKIM,))
    with SmtpSink() as sink:
        account = make_account(sink.port, sign=True)
        make_sender(account)
        assert [one.level for one in check(account)][-1] == "warning"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_every_kind_sends_it(case: Case) -> None:
    with FakeServer(case.fake()) as server:
        settings = {**case.settings, **PATIENCE, "api_url": server.url}
        secrets = {name: settings.pop(name) for name in secret_fields(case.kind) if name in settings}
        account = ProviderAccount.objects.create(
            name="Provider", kind=case.kind, settings=settings, sealed_credentials=seal(secrets)
        )
        make_sender(account)
        found = check(account)
        assert [taken.recipient for taken in server.api.taken] == [TO], [str(one.text) for one in found]
    assert found[-1].level == "ok"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("mail", code=550, text="5.7.1 sender not verified"), "does not take this sender"),
        (Fault("rcpt", code=550, text="5.1.1 no such user"), "The test address does not exist"),
        (Fault("rcpt", code=452, text="4.2.2 mailbox full"), "try again later"),
        (Fault("dot", code=554, text="5.6.0 spam"), "The test message was refused: 554 5.6.0 spam"),
    ],
)
def test_a_refusal_says_whose_it_is_and_what_to_do(fault: Fault, words: str) -> None:
    with SmtpSink(faults=[fault]) as sink:
        account = make_account(sink.port)
        make_sender(account)
        assert words in errors(account)


def test_a_wrong_password_says_where_to_copy_it_from() -> None:
    with SmtpSink(user="campaign", password="right") as sink:
        account = make_account(sink.port)
        account.sealed_credentials = seal({"username": "campaign", "password": "wrong"})
        account.save()
        make_sender(account)
        said = errors(account)
    assert "did not accept the user name and password" in said
    assert "Copy both again" in said


def test_a_certificate_that_is_not_trusted_says_what_to_write() -> None:
    with SmtpSink(tls="starttls") as sink:
        account = make_account(sink.port, security="starttls", host="localhost")
        make_sender(account)
        said = errors(account)
    assert "certificate could not be verified" in said
    assert "exactly as your provider gives it" in said


def test_a_server_that_is_away_says_what_to_check() -> None:
    account = make_account(9)
    make_sender(account)
    assert "Check the name and the port." in errors(account)


def test_without_a_sender_only_the_connection_is_checked() -> None:
    with SmtpSink() as sink:
        found = check(make_account(sink.port))
        assert sink.received() == []
    assert (found[-1].level, "No sender uses this way out" in str(found[-1].text)) == ("warning", True)


def test_who_may_not_manage_settings_checks_nothing() -> None:
    officer = User.objects.create_user(email="o@example.org", role=Role.DIRECTOR, language="en")
    with pytest.raises(NotAllowed):
        check_with_message(account=make_account(), address=TO, by=officer)
    with pytest.raises(InvalidAddress):
        check_with_message(account=make_account(), address="nobody", by=make_officer())
