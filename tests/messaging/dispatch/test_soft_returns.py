"""A mailbox that is full for weeks is written to no more; one bad week stops nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.database import ensure_partition
from contacts.enums import Channel
from contacts.models import Contact, EmailAddress, Suppression
from messaging.dispatch.pump import Pump
from messaging.dispatch.soft_returns import Person, stop_worn_out
from messaging.models import Campaign, Delivery, Feedback, ProviderAccount
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_account, make_campaign, make_people, make_sender
from tests.support.smtp_sink import Fault, SmtpSink

HASH = keyed_hash("email", "person1@example.com")
FIVE_IN_WEEKS = (30, 25, 20, 12, 1)


def come_back(account: ProviderAccount, days_ago: Sequence[int], kind: str = "soft") -> list[Campaign]:
    """One message of a mailing of its own came back on each of these days."""
    sender = make_sender(account)
    campaigns = []
    for days in days_ago:
        campaign = make_campaign(name=f"{days} days ago", sender=sender)
        Feedback.objects.create(
            account=account,
            event=f"{kind} {days}".encode(),
            kind=kind,
            address_hash=HASH,
            campaign=campaign,
            at=timezone.now() - timedelta(days=days),
        )
        campaigns.append(campaign)
    return campaigns


@pytest.fixture
def person() -> Contact:
    return make_people(1)[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days_ago", "kind", "delivered_on", "stopped"),
    [
        (FIVE_IN_WEEKS, "soft", None, 1),
        (FIVE_IN_WEEKS[1:], "soft", None, 0),
        ((5, 4, 3, 2, 1), "soft", None, 0),
        (FIVE_IN_WEEKS, "block", None, 0),
        (FIVE_IN_WEEKS, "soft", 15, 0),
        (FIVE_IN_WEEKS, "soft", 40, 1),
        ((400, 390, 380, 370, 1), "soft", None, 0),
    ],
)
def test_many_mailings_in_a_row_over_weeks(
    person: Contact, days_ago: Sequence[int], kind: str, delivered_on: int | None, stopped: int
) -> None:
    last = come_back(make_account(), days_ago, kind)[-1]
    if delivered_on is not None:
        at = timezone.now() - timedelta(days=delivered_on)
        month = timezone.localdate(at).replace(day=1)
        ensure_partition("messaging_delivery", month.isoformat())
        Delivery.objects.create(
            ledger_month=month,
            campaign=last,
            contact=person,
            address="person1@example.com",
            address_hash=HASH,
            state="delivered",
            settled_at=at,
        )
    people = [Person(person.pk, HASH), Person(0, HASH)]
    assert stop_worn_out(people, last.pk, Channel.EMAIL) == stopped
    assert Suppression.objects.filter(reason="hard_bounce", scope="everything").count() == stopped
    assert EmailAddress.objects.get().status == ("bounced" if stopped else "active")


@pytest.mark.django_db(transaction=True)
def test_what_a_server_refuses_for_a_full_mailbox_counts_too(
    person: Contact, sink: SmtpSink, pump: Pump
) -> None:
    come_back(make_account(), FIVE_IN_WEEKS[:4])
    sink.start_over(faults=[Fault("rcpt", code=552, text="5.2.2 mailbox full")])
    campaign = start(make_campaign(sink))
    pump.run(seconds=10)
    assert books(campaign) == {"failed": 1}
    assert Feedback.objects.filter(campaign=campaign, kind="soft", enhanced="5.2.2").count() == 1
    assert Suppression.objects.get().detail == {"campaign": campaign.pk, "code": "soft", "mailings": 5}
