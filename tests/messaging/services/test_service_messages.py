"""Service messages: one an occasion, with the words of that occasion, from a standing campaign a month."""

from __future__ import annotations

from datetime import date

import pytest

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import Organisation
from contacts.services.addresses import InvalidAddress
from messaging.enums import CampaignState
from messaging.models import Campaign, Delivery
from messaging.services import service_messages
from messaging.services.service_messages import NOBODY, send_service_message
from tests.messaging.people import make_account, make_people, make_sender

pytestmark = pytest.mark.django_db


def send(**fields: object) -> Delivery:
    wanted: dict[str, object] = {
        "standing_for": "confirmation",
        "occasion": "form-1",
        "subject": "Confirm",
        "paragraphs": ["One.", "Two."],
        "language": "fr",
    }
    return send_service_message(**(wanted | fields))  # type: ignore[arg-type]


def test_a_message_to_a_person_waits_in_the_ledger() -> None:
    (person,) = make_people(1)
    make_sender(make_account())
    row = send(contact=person, button=("Yes", "https://example.org/k/a"), closing="Bye")
    assert (row.contact_id, row.address, row.occasion) == (person.pk, "person1@example.com", "form-1")
    assert row.context == {
        "subject": "Confirm",
        "p1": "One.",
        "p2": "Two.",
        "closing": "Bye",
        "button": "Yes",
        "action_url": "https://example.org/k/a",
    }
    campaign = Campaign.objects.get()
    assert (campaign.standing_for, campaign.kind) == ("confirmation:fr:2bc", "service")
    assert (campaign.state, campaign.tracking) == (CampaignState.SENDING, False)


def test_the_same_occasion_is_written_once() -> None:
    (person,) = make_people(1)
    send(contact=person)
    send(contact=person, subject="Again")
    assert Delivery.objects.get().context["subject"] == "Confirm"
    send(contact=person, occasion="form-2")
    assert Delivery.objects.count() == 2


def test_messages_of_one_form_share_a_campaign_a_month(monkeypatch: pytest.MonkeyPatch) -> None:
    people = make_people(2)
    for person in people:
        send(contact=person)
    assert Campaign.objects.count() == 1
    send(contact=people[0], occasion="other", paragraphs=["One."])
    assert Campaign.objects.count() == 2
    monkeypatch.setattr(service_messages.timezone, "localdate", lambda: date(2027, 2, 14))
    row = send(contact=people[0], occasion="later")
    assert row.ledger_month == date(2027, 2, 1)
    assert Campaign.objects.count() == 3


def test_an_address_without_a_person_is_written_to() -> None:
    row = send(address="New.Person@Example.com")
    assert (row.contact_id, row.address) == (NOBODY, "New.Person@Example.com")
    assert bytes(row.address_hash) == keyed_hash("email", "new.person@example.com")


def test_a_message_needs_an_address() -> None:
    with pytest.raises(ValueError, match="needs an address"):
        send()
    with pytest.raises(InvalidAddress):
        send(address="nowhere")
    with pytest.raises(ValueError, match="1 to 9 paragraphs"):
        send(address="a@example.com", paragraphs=[])


def test_messages_wait_for_the_first_sender() -> None:
    send(address="a@example.com")
    assert Campaign.objects.get().sender is None
    sender = make_sender(make_account())
    send(address="b@example.com", occasion="form-2")
    assert Campaign.objects.get().sender == sender


def test_a_new_look_shows_at_once_and_writes_nobody_twice() -> None:
    make_sender(make_account())
    Organisation.objects.update_or_create(id=1, defaults={"name": "Old name"})
    send(address="a@example.com")
    before = Campaign.objects.get()
    Organisation.objects.update(name="New name")
    send(address="a@example.com")
    send(address="b@example.com", occasion="form-2")
    after = Campaign.objects.get()
    assert "New name" in after.compiled["html"]
    assert "Old name" not in after.compiled["html"]
    assert after.frozen_at > before.frozen_at  # workers read it anew
    assert Delivery.objects.count() == 2
