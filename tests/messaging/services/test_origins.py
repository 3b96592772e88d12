"""Where the data came from: told once a source, and told again by the page of the message that told it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from campaign_crm.platform.database import ensure_partition
from contacts.enums import LawfulBasis, SourceKind
from contacts.models import Contact, Source
from messaging.content.marks import PersonalMark
from messaging.dispatch.pump import Pump
from messaging.models import Delivery
from messaging.services.online import online_page
from messaging.services.origins import never_reached, source_for
from messaging.services.service_messages import send_service_message
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import make_campaign, make_people, make_source
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def bought(name: str = "File", **fields: Any) -> Source:
    return make_source(
        name,
        kind=SourceKind.BROKER_PURCHASE,
        lawful_basis=LawfulBasis.CONSENT,
        supplier="Exempla",
        proof="contract",
        **fields,
    )


def run() -> None:
    pump = Pump()
    pump.run(seconds=10)
    pump.close()


def texts(sink: SmtpSink) -> list[str]:
    return [str(message.get_body(("plain",)).get_content()) for message in sink.messages()]  # type: ignore[union-attr]


def test_a_confirmation_does_not_replace_the_notice_of_a_file() -> None:
    source = bought()
    (person,) = make_people(1, source=source)
    with SmtpSink(keep_messages=True) as sink:
        campaign = make_campaign(sink, audience={"type": "source", "id": source.pk})
        send_service_message(
            standing_for="confirmation", occasion="1", subject="S", paragraphs=["a"], contact=person
        )
        run()
        start(campaign)
        run()
        start(make_campaign(sink, audience={"type": "source", "id": source.pk}))
        run()
        assert ["CNIL" in text for text in texts(sink)] == [False, True, False]


def test_an_address_book_is_explained_once_and_what_people_gave_themselves_is_not() -> None:
    book = make_source("Notebook of the team", kind=SourceKind.ADDRESS_BOOK)
    make_people(1, source=book)
    make_people(1, start=2)
    with SmtpSink(keep_messages=True) as sink:
        for _time in range(2):
            start(make_campaign(sink))
            run()
        found = [(message["To"], "CNIL" in str(message.get_body(("plain",)))) for message in sink.messages()]
    assert [told for to, told in found if "person1@" in to] == [True, False]
    assert [told for to, told in found if "person2@" in to] == [False, False]


def test_each_source_owes_its_own_notice() -> None:
    (person,) = make_people(1, source=bought())
    other = bought("Other file")
    campaign = make_campaign()
    ensure_partition("messaging_delivery", campaign.ledger_month.isoformat())
    row = Delivery.objects.create(
        ledger_month=campaign.ledger_month,
        campaign=campaign,
        contact=person,
        address="person1@example.com",
        address_hash=b"1" * 32,
        source_id=other.pk,
    )
    first, second = (person.pk, Source.objects.get(name="File").pk), (person.pk, other.pk)
    assert never_reached([first, second]) == {first, second}  # it waits still
    for state in ("claimed", "handed", "accepted"):
        Delivery.objects.update(state=state, lease_until=timezone.now(), handed_at=timezone.now())
    row.refresh_from_db()
    assert never_reached([first, second]) == {first}
    assert never_reached([first, second], before=row.handed_at) == {first, second}


def test_reading_online_shows_the_notice_that_the_message_had() -> None:
    source = bought()
    make_people(1, source=source)
    with SmtpSink(keep_messages=True) as sink:
        start(make_campaign(sink, audience={"type": "source", "id": source.pk}))
        run()
        first = Delivery.objects.get()
        start(make_campaign(sink, audience={"type": "source", "id": source.pk}))
        run()
        second = Delivery.objects.exclude(campaign_id=first.campaign_id).get()
    shown = [
        online_page(PersonalMark(row.ledger_month, row.campaign_id, row.contact_id))
        for row in (first, second)
    ]
    assert ["CNIL" in str(page) for page in shown] == [True, False]
    assert first.handed_at is not None
    assert first.handed_at <= timezone.now()


def test_the_source_of_an_audience_is_the_one_that_the_freeze_keeps() -> None:
    (person,) = make_people(1)
    own = person.source_links.get().source_id
    silent = make_source("No basis", lawful_basis=LawfulBasis.NONE, channels=[])
    (stranger,) = make_people(1, source=silent, start=2)
    file = bought()
    assert source_for(person, {"type": "source", "id": file.pk}) == own
    assert source_for(stranger, {"type": "source", "id": file.pk}) == file.pk
    assert source_for(person, {"type": "everyone"}) == own
    assert Contact.objects.count() == 2
