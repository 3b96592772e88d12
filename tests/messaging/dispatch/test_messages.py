"""What each recipient's message carries: their ways out, and only as much measuring as they agreed to."""

from __future__ import annotations

import re
from email.message import EmailMessage

import pytest
from django.conf import settings

from campaign_crm.platform.models import Organisation
from contacts.enums import SourceKind
from contacts.models import Contact, EmailAddress, Newsletter, Reach
from contacts.services.subscriptions import subscribe
from messaging.content.addresses import read_hit, read_preferences, read_view_online
from messaging.content.marks import AnonymousMark, PersonalMark
from messaging.content.return_keys import read_return
from messaging.content.tokens import ClickToken, OpenToken, UnsubscribeToken, read_token
from messaging.dispatch.pump import Pump
from messaging.models import Campaign, Delivery
from messaging.services.service_messages import send_service_message
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import make_campaign, make_people, make_source
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def send(sink: SmtpSink, pump: Pump, campaign: Campaign) -> dict[str, EmailMessage]:
    """The messages that arrived, by recipient."""
    sink.start_over(keep_messages=True)
    start(campaign)
    pump.run(seconds=20)
    return {str(message["To"]): message for message in sink.messages()}


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


READERS = {
    **{"/o/": read_hit, "/c/": read_hit, "/u/": read_token},
    **{"/v/": read_view_online, "/p/": read_preferences},
}


def token_at(text: str, path: str) -> object:
    found = re.search(re.escape(settings.PUBLIC_URL) + path + r"([A-Za-z0-9_/-]+)", text)
    assert found is not None, path
    return READERS[path](found[1])


def test_a_message_has_its_headers_and_a_way_out_of_its_own(sink: SmtpSink, pump: Pump) -> None:
    (person,) = make_people(1)
    campaign = make_campaign(sink)
    (message,) = send(sink, pump, campaign).values()

    assert message["Subject"] == "Bonjour Camille1"
    assert message["From"] == f"Équipe de campagne <{campaign.sender.address}>"
    assert message["Reply-To"] == "answers@example.org"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = token_at(str(message["List-Unsubscribe"]), "/u/")
    point = EmailAddress.objects.get(contact=person)
    assert isinstance(token, UnsubscribeToken)
    assert (token.channel, token.contact, token.campaign) == ("email", person.pk, campaign.pk)
    assert token.address_hash == bytes(point.address_hash)
    body = html_of(message)
    assert token_at(body, "/u/") == token
    assert token_at(body, "/p/") == token
    assert token_at(body, "/v/") == PersonalMark(campaign.ledger_month, campaign.pk, person.pk)
    assert "Chère Camille1," in body
    assert "Campagne 2027" in body
    assert "1 rue de la Paix" in body


def test_the_message_id_names_the_delivery_and_stays_the_same(sink: SmtpSink, pump: Pump) -> None:
    (person,) = make_people(1)
    campaign = make_campaign(sink)
    (message,) = send(sink, pump, campaign).values()
    local, domain = str(message["Message-ID"]).strip("<>").split("@")
    key = read_return(local)
    assert (key.campaign, key.contact, key.ledger_month) == (campaign.pk, person.pk, campaign.ledger_month)
    assert domain == "example.org"


def test_opens_and_clicks_name_only_people_who_agreed(sink: SmtpSink, pump: Pump) -> None:
    agreed, silent = make_people(2)
    Reach.objects.filter(contact=agreed).update(measurement=True)
    campaign = make_campaign(sink)
    messages = send(sink, pump, campaign)

    opened = token_at(html_of(messages["person1@example.com"]), "/o/")
    clicked = token_at(html_of(messages["person1@example.com"]), "/c/")
    assert opened == OpenToken(PersonalMark(campaign.ledger_month, campaign.pk, agreed.pk))
    assert clicked == ClickToken(PersonalMark(campaign.ledger_month, campaign.pk, agreed.pk), 1)

    opened = token_at(html_of(messages["person2@example.com"]), "/o/")
    clicked = token_at(html_of(messages["person2@example.com"]), "/c/")
    assert isinstance(opened, OpenToken)
    assert isinstance(clicked, ClickToken)
    assert isinstance(opened.mark, AnonymousMark)
    assert opened.mark == clicked.mark  # hits of one message can be grouped
    assert (opened.mark.campaign, opened.mark.department) == (campaign.pk, "")
    assert silent.pk not in (opened.mark.number, opened.mark.variant)


def test_whoever_takes_their_agreement_back_before_hand_over_is_not_measured(
    sink: SmtpSink, pump: Pump
) -> None:
    (person,) = make_people(1)
    Reach.objects.filter(contact=person).update(measurement=True)
    sink.start_over(keep_messages=True)
    start(make_campaign(sink))
    assert Delivery.objects.get().measured
    Reach.objects.filter(contact=person).update(measurement=False)
    pump.run(seconds=20)
    opened = token_at(html_of(sink.messages()[0]), "/o/")
    assert isinstance(opened, OpenToken)
    assert isinstance(opened.mark, AnonymousMark)


def test_without_counting_links_stay_as_they_are(sink: SmtpSink, pump: Pump) -> None:
    make_people(1)
    (message,) = send(sink, pump, make_campaign(sink, tracking=False)).values()
    body = html_of(message)
    assert "https://example.org/programme" in body
    assert "/c/" not in body
    assert "/o/" not in body


def test_a_newsletter_is_named_in_its_way_out(sink: SmtpSink, pump: Pump) -> None:
    (person,) = make_people(1)
    newsletter = Newsletter.objects.create(name="Lettre de l'Oise")
    subscribe(contact=person, newsletter=newsletter, source=make_source(), by=None)
    audience = {"type": "newsletter", "id": newsletter.pk}
    (message,) = send(sink, pump, make_campaign(sink, audience=audience)).values()
    token = token_at(str(message["List-Unsubscribe"]), "/u/")
    assert isinstance(token, UnsubscribeToken)
    assert token.newsletter == newsletter.pk


def test_a_first_message_to_people_from_a_broker_tells_their_rights(sink: SmtpSink, pump: Pump) -> None:
    source = make_source("Broker", kind=SourceKind.BROKER_PURCHASE, supplier="Example Data", proof="12")
    make_people(1, source=source)
    audience = {"type": "source", "id": source.pk}
    (first,) = send(sink, pump, make_campaign(sink, audience=audience)).values()
    assert "Example Data" in html_of(first)
    assert "CNIL" in html_of(first)
    (second,) = send(sink, pump, make_campaign(sink, audience=audience)).values()
    assert "Example Data" in html_of(second)  # where the address came from is always said
    assert "CNIL" not in html_of(second)


def test_a_service_message_has_its_words_and_no_one_click_way_out(sink: SmtpSink, pump: Pump) -> None:
    (person,) = make_people(1)
    make_campaign(sink)  # a sender
    sink.start_over(keep_messages=True)
    send_service_message(
        standing_for="confirmation",
        contact=person,
        occasion="form-1",
        subject="Confirm, {{ please }}",
        paragraphs=["You signed up on <our> page."],
        button=("I confirm", "https://example.org/k/abc"),
        closing="If it was not you, do nothing.",
        language="en",
    )
    pump.run(seconds=10)
    (message,) = sink.messages()
    body = html_of(message)
    assert message["Subject"] == "Confirm, {{ please }}"
    assert message["List-Unsubscribe"] is None
    assert message["Auto-Submitted"] == "auto-generated"
    assert "You signed up on &lt;our&gt; page." in body
    assert 'href="https://example.org/k/abc"' in body
    assert "If it was not you, do nothing." in body


def test_a_person_who_is_gone_since_the_freeze_is_not_written_to(sink: SmtpSink, pump: Pump) -> None:
    make_people(2)
    sink.start_over()
    start(make_campaign(sink))
    Contact.objects.filter(first_name="Camille1").delete()
    pump.run(seconds=10)
    assert [row.recipient for row in sink.received()] == ["person2@example.com"]


def test_an_installation_that_counts_nothing_sends_links_as_they_are_written(sink, pump) -> None:
    """Also of a mailing that was frozen before, to people who agreed to be measured."""
    make_people(2)
    Reach.objects.update(measurement=True)
    sink.start_over(keep_messages=True)
    campaign = start(make_campaign(sink))
    Delivery.objects.update(measured=True)
    assert campaign.compiled["tracking"]
    Organisation.objects.update(counting_enabled=False)
    pump.run(seconds=20)
    (one, other) = sink.messages()
    for message in (one, other):
        html, text = html_of(message), str(message.get_body(("plain",)).get_content())
        assert not re.search(r"/[oc]/", html + text)
        assert 'href="https://example.org' in html
        assert "https://example.org" in text
        assert "accepté que" not in text
    assert len(re.findall(r"/u/", html_of(one))) >= 1, "the way out stays"
