"""Whoever has had enough is not written to: by their own choice always, by the organisation's caps if set."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from contacts.enums import Channel
from contacts.services.frequency import choose_frequency
from messaging.dispatch import ledger
from messaging.dispatch.gate import hand_over
from messaging.dispatch.ledger import Claim, Key, Ledger
from messaging.dispatch.pump import Pump
from messaging.frequency.figures import HeldBack, Received, held_back, received_lately
from messaging.models import Campaign, Delivery
from messaging.services.frequency import set_frequency_cap
from messaging.services.service_messages import send_service_message
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def send(sink: SmtpSink, pump: Pump) -> Campaign:
    """A mailing to everyone, on its way as far as it comes."""
    campaign = start(make_campaign(sink))
    pump.run(seconds=20)
    return campaign


def test_the_organisations_cap_counts_messages_of_any_seven_days(sink: SmtpSink, pump: Pump) -> None:
    make_people(3)
    set_frequency_cap(channel="email", per_week=2, by=make_officer())
    first, second = send(sink, pump), send(sink, pump)
    assert (books(first), books(second)) == ({"accepted": 3}, {"accepted": 3})
    third = make_campaign()
    assert held_back(third) == HeldBack(by_cap=3)
    assert books(send(sink, pump)) == {"suppressed": 3}
    told = set(Delivery.objects.filter(state="suppressed").values_list("answer", flat=True))
    assert told == {"They have received enough messages this week"}
    # Eight days later the first two no longer count.
    Delivery.objects.update(handed_at=timezone.now() - timedelta(days=8))
    assert held_back(third) == HeldBack()
    assert books(send(sink, pump)) == {"accepted": 3}


def test_without_a_cap_nobody_is_held_back(sink: SmtpSink, pump: Pump) -> None:
    make_people(1)
    for _number in range(3):
        assert books(send(sink, pump)) == {"accepted": 1}


def test_what_a_person_chose_is_kept_to_whatever_the_caps(sink: SmtpSink, pump: Pump) -> None:
    weekly, _other = make_people(2)
    choose_frequency(contact=weekly, channel=Channel.EMAIL, days=7)
    assert books(send(sink, pump)) == {"accepted": 2}
    assert held_back(make_campaign()) == HeldBack(by_choice=1)
    assert books(send(sink, pump)) == {"accepted": 1, "suppressed": 1}
    assert Delivery.objects.get(state="suppressed").answer == "The person asked for fewer messages"
    # A weekly letter may leave a little earlier in the day than the week before.
    Delivery.objects.update(handed_at=timezone.now() - timedelta(days=6, hours=20))
    assert held_back(make_campaign()) == HeldBack()


def test_two_mailings_at_the_same_instant_are_no_way_round_what_a_person_chose() -> None:
    (person,) = make_people(1)
    choose_frequency(contact=person, channel=Channel.EMAIL, days=7)
    first, second = (take(start(make_campaign())) for _number in range(2))
    handed: list[set[Key]] = []

    def hand_over_second() -> None:
        try:
            handed.append(hand_over(second, [row.key for row in second.rows], account=1, seconds=60))
        finally:
            connection.close()

    worker = Thread(target=hand_over_second)
    with transaction.atomic():  # the first one's intent is written, and not yet committed
        assert hand_over(first, [row.key for row in first.rows], account=1, seconds=60)
        worker.start()
        worker.join(0.5)
    worker.join(20)
    assert handed == [set()]
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["handed", "suppressed"]


def take(campaign: Campaign) -> Claim:
    return ledger.claim(Ledger(campaign.ledger_month, campaign.pk), limit=10)


def test_service_messages_are_neither_counted_nor_held_back(sink: SmtpSink, pump: Pump) -> None:
    (person,) = make_people(1)
    choose_frequency(contact=person, channel=Channel.EMAIL, days=30)
    set_frequency_cap(channel="", per_week=1, by=make_officer())
    make_campaign(sink)
    for number in range(2):
        send_service_message(
            standing_for="confirmation",
            occasion=str(number),
            subject="Hello",
            paragraphs=["x"],
            contact=person,
        )
    assert pump.run(seconds=20).accepted == 2
    assert received_lately() == []
    assert books(send(sink, pump)) == {"accepted": 1}


def test_figures_say_mean_centile_and_most_per_person(sink: SmtpSink, pump: Pump) -> None:
    make_people(2)
    send(sink, pump)
    make_people(2, start=3)
    send(sink, pump)
    assert received_lately() == [Received(Channel.EMAIL, 4, 1.5, 2, 2, 0, 7)]


def test_a_cap_of_nothing_is_refused_and_an_empty_one_is_none() -> None:
    with pytest.raises(ValidationError):
        set_frequency_cap(channel="email", per_week=0, by=make_officer())
    set_frequency_cap(channel="email", per_week=3, by=make_officer())
    set_frequency_cap(channel="email", per_week=None, by=make_officer())
    make_people(1)
    assert held_back(make_campaign()) == HeldBack()


def test_claims_are_of_one_version_only() -> None:
    make_people(2)
    campaign = start(make_campaign())
    book = ledger.Ledger(campaign.ledger_month, campaign.pk)
    assert ledger.claim(book, limit=10, variant=1).rows == []
    assert len(ledger.claim(book, limit=10).rows) == 2
