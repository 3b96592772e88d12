"""Mail of signing in leaves by the way out of service messages, and by EMAIL_HOST when that fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core import mail
from pytest_django import Settings

from campaign_crm.platform.sign_in_mail import send_password_link
from messaging import sign_in_mail
from messaging.models import Delivery, ProviderAccount
from tests.messaging.people import make_account, make_officer, make_sender
from tests.support.smtp_sink import Fault, SmtpSink

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def real_backend(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "messaging.sign_in_mail.SignInMail"


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink(keep_messages=True) as running:
        yield running


def forget_password() -> None:
    """What a worker does with the message that the page leaves."""
    send_password_link(make_officer().pk)


def test_a_reset_leaves_by_the_service_sender_outside_the_ledger(sink: SmtpSink) -> None:
    sender = make_sender(make_account(sink.port))
    forget_password()
    (message,) = sink.messages()
    assert message["From"].addresses[0].addr_spec == sender.address
    assert message["To"] == make_officer().email
    assert "/accounts/password/reset/key/" in message.get_content()
    assert not Delivery.objects.exists()


def test_without_a_sender_it_leaves_by_the_server_of_the_settings(sink: SmtpSink, settings: Settings) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    forget_password()
    assert [row.recipient for row in sink.received()] == [make_officer().email]


@pytest.mark.parametrize("away", [True, False])
def test_a_way_out_that_fails_does_not_keep_people_out(
    sink: SmtpSink, settings: Settings, away: bool
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    make_sender(make_account(9 if away else sink.port))
    if not away:
        sink.change(faults=[Fault("mail", code=550, text="5.7.1 not yours", times=1)])
    forget_password()
    assert [row.recipient for row in sink.received()] == [make_officer().email]


def test_nobody_waits_for_the_accounts_long_waits(sink: SmtpSink, settings: Settings) -> None:
    settings.EMAIL_TIMEOUT = 1
    sink.change(faults=[Fault("dot", action="hang")])
    sender = make_sender(make_account(sink.port, final_timeout=300))
    message = mail.EmailMessage("S", "text", to=["a@example.com"])
    assert sign_in_mail._sent(sender, message)  # unknown: it may have arrived
    assert ProviderAccount.objects.get().settings["final_timeout"] == 300
