"""Test messages: the mailing as it is now, marked, to a few addresses of the team."""

from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Role
from contacts.enums import (
    Channel,
    LawfulBasis,
    MessageKind,
    SourceKind,
    Suffrage,
    SuppressionReason,
    SuppressionScope,
    TerritoryKind,
)
from contacts.models import Election, ElectoralRegistration, Suppression, Territory, TerritoryAncestor
from contacts.services.addresses import InvalidAddress
from contacts.services.elections import Round, save_election
from contacts.services.suppressions import suppress
from messaging.content.tokens import TESTS, UnsubscribeToken, read_token
from messaging.dispatch.pump import Pump
from messaging.errors import CannotSend, NotAllowed, SendingIsOff
from messaging.models import Campaign, Delivery, ProviderAccount
from messaging.services import addresses_for_tests
from messaging.services.addresses_for_tests import NotForTests
from messaging.services.pre_send import pre_send
from messaging.services.testing import TooManyAddresses, send_test, was_tested
from tests.messaging.people import make_campaign, make_officer, make_people, make_source
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def boss(db: None) -> User:
    """A member of the team, whose mailbox tests go to."""
    return User.objects.create_user(email="boss@example.org", role=Role.DIRECTOR, language="en")


def test_a_test_shows_a_readers_data_in_somebody_elses_mailbox() -> None:
    (reader,) = make_people(1)
    with SmtpSink(keep_messages=True) as sink:
        campaign = make_campaign(sink)
        send_test(campaign=campaign, addresses=["boss@example.org"], by=make_officer(), reader=reader)
        pump = Pump()
        pump.run(seconds=10)
        pump.close()
        (message,) = sink.messages()
    assert message["To"] == "boss@example.org"
    assert message["Subject"] == "[Test] Bonjour Camille1"
    body = str(message.get_body(("html",)).get_content())  # type: ignore[union-attr]
    assert "Chère Camille1," in body
    assert "https://example.org/programme" in body  # nothing of a test is counted
    campaign.refresh_from_db()
    assert (campaign.state, campaign.audience_count) == ("draft", None)
    assert Delivery.objects.get().contact_id == 0


def test_every_test_leaves_again() -> None:
    campaign = make_campaign()
    for _time in range(2):
        send_test(campaign=campaign, addresses=["boss@example.org"], by=make_officer())
    assert Delivery.objects.count() == 2
    assert Campaign.objects.mailings().get() == campaign  # type: ignore[attr-defined]


def test_a_test_is_refused_when_it_cannot_be_one() -> None:
    campaign, officer = make_campaign(), make_officer()
    with pytest.raises(TooManyAddresses):
        send_test(campaign=campaign, addresses=[f"a{n}@example.org" for n in range(11)], by=officer)
    with pytest.raises(InvalidAddress):
        send_test(campaign=campaign, addresses=["nowhere"], by=officer)
    campaign.sender = None
    with pytest.raises(CannotSend):
        send_test(campaign=campaign, addresses=["boss@example.org"], by=officer)
    reader = User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")
    with pytest.raises(NotAllowed):
        send_test(campaign=campaign, addresses=["boss@example.org"], by=reader)
    assert Delivery.objects.count() == 0


def arrived(campaign: Campaign, sink: SmtpSink, **fields: object) -> EmailMessage:
    """The test of a mailing as it arrived."""
    send_test(campaign=campaign, addresses=["boss@example.org"], by=make_officer(), **fields)  # type: ignore[arg-type]
    pump = Pump()
    pump.run(seconds=10)
    pump.close()
    (message,) = sink.messages()
    return message


def test_a_test_has_the_headers_and_the_origin_of_its_mailing() -> None:
    broker = {"kind": SourceKind.BROKER_PURCHASE, "supplier": "Exempla", "proof": "contract"}
    source = make_source("File", lawful_basis=LawfulBasis.CONSENT, **broker)
    (reader,) = make_people(1, source=source)
    with SmtpSink(keep_messages=True) as sink:
        campaign = make_campaign(sink, audience={"type": "source", "id": source.pk})
        message = arrived(campaign, sink, reader=reader)
    assert message["List-Unsubscribe"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] is None
    text = str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "Exempla" in text
    assert "CNIL" in text


def test_the_ways_out_of_a_test_change_nothing(client: Client) -> None:
    with SmtpSink(keep_messages=True) as sink:
        message = arrived(make_campaign(sink), sink)
    found = re.search(r"/u/([A-Za-z0-9_-]+)", str(message["List-Unsubscribe"]))
    assert found is not None
    token = read_token(found[1])
    assert isinstance(token, UnsubscribeToken)
    assert token.address_hash == TESTS
    for data in ({"List-Unsubscribe": "One-Click"}, {"choice": "everything"}):
        answer = client.post(f"/u/{found[1]}", data)
        assert answer.status_code == 200
        assert "test" in answer.content.decode()
    text = str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    choices = re.search(r"/p/([A-Za-z0-9_-]+)", text)
    assert choices is not None
    assert client.get(f"/p/{choices[1]}").status_code == 200
    assert client.post(f"/p/{choices[1]}", {"messages": "on"}).status_code == 404
    assert Suppression.objects.count() == 0


def test_no_test_is_accepted_that_cannot_leave() -> None:
    campaign = make_campaign()
    Organisation.objects.update(sending_enabled=False)
    with pytest.raises(SendingIsOff):
        send_test(campaign=campaign, addresses=["boss@example.org"], by=make_officer())
    Organisation.objects.update(sending_enabled=True)
    ProviderAccount.objects.update(is_active=False)
    with pytest.raises(CannotSend):
        send_test(campaign=Campaign.objects.get(), addresses=["boss@example.org"], by=make_officer())
    assert Delivery.objects.count() == 0


def test_a_test_that_could_not_leave_in_a_day_does_not() -> None:
    campaign = make_campaign()
    send_test(campaign=campaign, addresses=["boss@example.org"], by=make_officer())
    standing = Campaign.objects.exclude(standing_for="").get()
    assert standing.send_until is not None
    assert standing.is_test


def test_another_text_kind_or_sender_is_not_tested_yet() -> None:
    make_people(1)
    campaign = make_campaign()
    assert not was_tested(campaign, pre_send(campaign).version)
    send_test(campaign=campaign, addresses=["boss@example.org"], by=make_officer())
    version = pre_send(campaign).version
    assert was_tested(campaign, version)
    campaign.kind = "service"
    assert not was_tested(campaign, version)
    campaign.kind, campaign.subject = "political", "Another"
    assert not was_tested(campaign, pre_send(campaign).version)


def test_a_political_test_reads_no_roll() -> None:
    (reader,) = make_people(1)
    commune = Territory.objects.create(kind=TerritoryKind.COMMUNE, code="99999", name="Testville")
    station = Territory.objects.create(kind=TerritoryKind.POLLING_STATION, code="99999-12", name="Bureau 12")
    for place in (commune, station):
        TerritoryAncestor.objects.create(ancestor=place, descendant=place, depth=0)
    ElectoralRegistration.objects.create(
        identity="00000000-0000-0000-0000-000000000001",
        source=make_source("Roll", kind="roll", lawful_basis="public_roll", channels=["post"]),
        contact=reader,
        commune=commune,
        polling_station=station,
        birth_name="Martin",
    )
    html = '<p>Station: {{ polling_station | default: "unknown" }}</p>'
    with SmtpSink(keep_messages=True) as sink:
        campaign = make_campaign(sink, blocks=[{"id": "a", "type": "text", "html": html}])
        message = arrived(campaign, sink, reader=reader)
    assert "Station: unknown" in str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def test_a_test_is_no_way_to_write_to_people(boss: User) -> None:
    campaign, officer = make_campaign(), make_officer()
    make_people(1)
    with (
        override("en"),
        pytest.raises(NotForTests, match=r"members of the team.*person1@"),
    ):
        send_test(campaign=campaign, addresses=["boss@example.org", "person1@example.com"], by=officer)
    send_test(campaign=campaign, addresses=["Boss@Example.org"], by=officer)
    boss.is_active = False
    boss.save()
    with pytest.raises(NotForTests):
        send_test(campaign=campaign, addresses=["boss@example.org"], by=officer)
    assert Delivery.objects.count() == 1


def test_a_member_sends_so_many_tests_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses_for_tests, "MOST_A_DAY", 2)
    campaign, officer = make_campaign(), make_officer()
    both = ["boss@example.org", officer.email]
    send_test(campaign=campaign, addresses=both, by=officer)
    with override("en"), pytest.raises(NotForTests, match="many tests today"):
        send_test(campaign=campaign, addresses=both[:1], by=officer)
    other = make_officer("other@example.org")
    send_test(campaign=campaign, addresses=both[:1], by=other)
    monkeypatch.setattr(addresses_for_tests, "DAY", timedelta(0))  # the next day
    send_test(campaign=campaign, addresses=both[:1], by=officer)


def objects(address: str) -> None:
    suppress(
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE,
        address=address,
        by=None,
    )


def test_a_political_test_respects_the_do_not_contact_list_and_the_silence() -> None:
    campaign, officer = make_campaign(), make_officer()
    rounds = [Round(timezone.localdate() + timedelta(days=1))]
    vote = save_election(name="Vote", suffrage=Suffrage.PRESIDENTIAL, rounds=rounds, by=None)
    with override("en"), pytest.raises(NotForTests, match="The silence before “Vote”"):
        send_test(campaign=campaign, addresses=["boss@example.org"], by=officer)
    Election.objects.filter(pk=vote.pk).delete()
    objects("boss@example.org")
    with override("en"), pytest.raises(NotForTests, match="do-not-contact list"):
        send_test(campaign=campaign, addresses=["boss@example.org"], by=officer)
    campaign.kind = MessageKind.SERVICE
    send_test(campaign=campaign, addresses=["boss@example.org"], by=officer)


@pytest.mark.parametrize("case", ["silence", "objection", "objection to a service mailing"])
def test_what_waits_to_leave_as_a_test_is_asked_again_at_the_last_moment(case: str) -> None:
    with SmtpSink(keep_messages=True) as sink:
        campaign = make_campaign(sink)
        campaign.kind = MessageKind.SERVICE if "service" in case else MessageKind.POLITICAL
        send_test(campaign=campaign, addresses=["boss@example.org"], by=make_officer())
        if case == "silence":
            rounds = [Round(timezone.localdate() + timedelta(days=1))]
            save_election(name="Vote", suffrage=Suffrage.PRESIDENTIAL, rounds=rounds, by=None)
        else:
            objects("boss@example.org")
        pump = Pump()
        pump.run(seconds=5)
        pump.close()
        assert len(sink.messages()) == (1 if "service" in case else 0)
    expected = {"silence": "queued", "objection": "suppressed"}.get(case, "accepted")
    assert Delivery.objects.get().state == expected
