"""Messages signed here: verified by dkimpy as the sink received them, sent in groups as ever."""

from __future__ import annotations

import dkim
import pytest
from django.conf import settings
from django.utils.translation import override

from campaign_crm.platform.models import Notification
from messaging.dispatch.pump import Pump
from messaging.dispatch.trouble import KEY_MISSING
from messaging.models import Campaign, Image, SenderDomain
from messaging.models.domain_record import Purpose, RecordState
from messaging.services import sender_domains
from messaging.services.service_messages import send_service_message
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.domains import make_domain, prove
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def domain() -> SenderDomain:
    return prove(make_domain())


def campaign_by(sink: SmtpSink, *, sign: bool = True, **fields: object) -> Campaign:
    sink.start_over(keep_messages=True)
    return make_campaign(sender=make_sender(make_account(sink.port, sign=sign)), **fields)


def verified(raw: bytes, domain: SenderDomain) -> list[bool]:
    """Whether each signature of a message holds, by what the domain publishes."""
    published = {key.host: key.public_record for key in domain.keys.all()}
    signatures = raw.count(b"DKIM-Signature:")

    def answer(name: bytes, timeout: int = 5) -> bytes | None:
        record = published.get(name.decode().rstrip("."))
        return record.encode() if record else None

    return [dkim.DKIM(raw).verify(idx=number, dnsfunc=answer) for number in range(signatures)]


def test_every_message_of_a_mailing_is_signed_by_both_keys(
    sink: SmtpSink, pump: Pump, domain: SenderDomain
) -> None:
    make_people(60)
    campaign = start(campaign_by(sink))
    assert pump.run(seconds=30).accepted == 60
    assert books(campaign) == {"accepted": 60}
    messages = sink.raw_messages()
    assert [verified(raw, domain) for raw in messages] == [[True, True]] * 60
    (head, _body) = messages[0].split(b"\r\n\r\n", 1)
    for covered in (
        b"list-unsubscribe:",
        b"list-unsubscribe-post",
        b"d=example.org",
        b"s=crm1;",
        b"s=crm1e;",
    ):
        assert covered in head
    assert sink.connection_count() == 1  # one connection, in groups


def test_a_service_message_is_signed_too(sink: SmtpSink, pump: Pump, domain: SenderDomain) -> None:
    campaign_by(sink)
    send_service_message(
        standing_for="confirmation", address="a@example.com", occasion="1", subject="S", paragraphs=["P"]
    )
    pump.run(seconds=10)
    assert [verified(raw, domain) for raw in sink.raw_messages()] == [[True, True]]


def test_a_relay_that_signs_gets_unsigned_messages(sink: SmtpSink, pump: Pump, domain: SenderDomain) -> None:
    make_people(1)
    start(campaign_by(sink, sign=False))
    pump.run(seconds=10)
    assert b"DKIM-Signature" not in sink.raw_messages()[0]


def test_keys_that_are_not_published_sign_nothing(sink: SmtpSink, pump: Pump) -> None:
    prove(make_domain(), but=(Purpose.DKIM,))
    make_people(1)
    start(campaign_by(sink))
    pump.run(seconds=10)
    assert b"DKIM-Signature" not in sink.raw_messages()[0]


def test_new_keys_sign_once_they_are_published(sink: SmtpSink, pump: Pump, domain: SenderDomain) -> None:
    make_people(1)
    campaign = campaign_by(sink)
    sender_domains.rotate_keys(domain=domain, by=None)
    start(campaign)
    pump.run(seconds=10)
    prove(domain)
    start(make_campaign(sender=campaign.sender))
    pump.run(seconds=10)
    old, new = sink.raw_messages()
    assert (b"s=crm1;" in old, b"s=crm2;" in old) == (True, False)
    assert (b"s=crm1;" in new, b"s=crm2;" in new) == (False, True)
    assert verified(old, domain) == verified(new, domain) == [True, True]


def test_a_sender_below_the_domain_is_signed_by_it(sink: SmtpSink, pump: Pump, domain: SenderDomain) -> None:
    make_people(1)
    campaign = campaign_by(sink)
    sender = campaign.sender
    assert sender is not None
    sender.address = "news@lyon.example.org"
    sender.save()
    start(campaign)
    pump.run(seconds=10)
    assert verified(sink.raw_messages()[0], domain) == [True, True]


def test_links_and_pictures_are_at_the_host_of_the_domain(sink: SmtpSink, pump: Pump) -> None:
    domain = prove(make_domain(tracking_host="links.example.org"))
    picture = Image.objects.create(
        file="images/a.png", content_type="image/png", alt="A", width=10, height=10
    )
    blocks = [
        {"id": "t", "type": "text", "html": "<p>{{ greeting }}</p>"},
        {"id": "b", "type": "button", "label": "Read on", "url": "https://example.org/programme"},
        {"id": "p", "type": "image", "url": picture.url, "alt": "A", "width": 552},
    ]
    make_people(1)
    start(campaign_by(sink, blocks=blocks))
    pump.run(seconds=10)
    (message,) = sink.messages()
    html = message.get_body(("html",))
    text = message.get_body(("plain",))
    assert html is not None
    assert text is not None
    here = settings.PUBLIC_URL.replace("127.0.0.1", "links.example.org")
    whole = str(html.get_content()) + str(text.get_content()) + str(message["List-Unsubscribe"])
    for path in ("/o/", "/c/", "/u/", "/v/", "/p/", "/i/"):
        assert f"{here}{path}" in whole, path
    assert settings.PUBLIC_URL not in whole
    assert verified(sink.raw_messages()[0], domain) == [True, True]


def test_a_host_that_does_not_lead_here_carries_no_link(sink: SmtpSink, pump: Pump) -> None:
    prove(make_domain(tracking_host="links.example.org"), but=(Purpose.TRACKING,))
    make_people(1)
    start(campaign_by(sink))
    pump.run(seconds=10)
    assert b"links.example.org" not in sink.raw_messages()[0]


def test_a_confirmation_leads_to_the_host_of_the_domain_and_sign_in_does_not(
    sink: SmtpSink, pump: Pump
) -> None:
    prove(make_domain(tracking_host="links.example.org"))
    campaign_by(sink)
    for number, path in enumerate(("/k/abc", "/start/abc/")):
        send_service_message(
            standing_for="confirmation",
            address="a@example.com",
            occasion=str(number),
            subject="S",
            paragraphs=["P"],
            button=("Go", f"{settings.PUBLIC_URL}{path}"),
        )
    pump.run(seconds=10)
    whole = "".join(str(message) for message in sink.messages())
    assert "links.example.org" in whole
    assert "/start/abc/" in whole.replace("=\n", "")
    assert "links.example.org:8000/start" not in whole.replace("=\n", "")


def test_a_look_that_fails_takes_no_signature_away(sink: SmtpSink, pump: Pump, domain: SenderDomain) -> None:
    """One answer of DNS in a bad moment, a million messages still to leave."""
    make_people(1)
    start(campaign_by(sink))
    domain.records.filter(purpose=Purpose.DKIM).update(state=RecordState.MISSING, last_right_at=None)
    assert sender_domains.newest_published(domain) is None
    pump.run(seconds=10)
    assert verified(sink.raw_messages()[0], domain) == [True, True]


def test_a_sender_whose_key_cannot_be_opened_keeps_nobody_else_from_sending(
    sink: SmtpSink, pump: Pump, domain: SenderDomain
) -> None:
    """Service messages come first: those that cannot be made are passed over, and the rest leaves."""
    officer = make_officer()
    make_people(2)
    campaign = start(campaign_by(sink, sign=False))
    service = make_sender(make_account(sink.port, sign=True))
    service.for_service = True
    service.save()
    domain.keys.update(sealed_private_key="sealed under another key")
    send_service_message(
        standing_for="confirmation", address="a@example.com", occasion="1", subject="S", paragraphs=["P"]
    )
    pump.run(seconds=10)
    assert books(campaign) == {"accepted": 2}
    standing = Campaign.objects.standing().get()
    assert (standing.state, books(standing)) == ("sending", {"queued": 1})
    assert KEY_MISSING in Notification.objects.get(user=officer, kind="service.waiting").message

    mailing = start(make_campaign(sender=service))
    pump.run(seconds=10)
    mailing.refresh_from_db()
    assert (mailing.state, books(mailing)) == ("paused", {"queued": 2})
    with override("en"):
        assert KEY_MISSING in mailing.pause_reason
