"""A test of three versions from freeze to report: real messages, real clicks and departures, the real look.

Half of the recipients agreed to be measured by name, the others are counted without one; robots follow links
too. What the others get is decided by people.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core.cache import cache
from django.db.models import F
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from contacts.enums import Channel, ConsentPurpose
from contacts.services.consents import record_consent
from messaging.dispatch import lifecycle
from messaging.dispatch.pump import Pump
from messaging.experiments import deciding
from messaging.models import Campaign, Delivery, Experiment
from messaging.models.experiment import UNDECIDED, Outcome
from messaging.services import experiments
from messaging.tasks import decide_tests
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.dispatch.conftest import pump as pump
from tests.messaging.dispatch.conftest import shared_sink as shared_sink
from tests.messaging.dispatch.conftest import sink as sink
from tests.messaging.dispatch.test_variants import local_sender
from tests.messaging.people import BLOCKS, make_campaign, make_officer, make_people, make_source
from tests.support.smtp_sink import SmtpSink
from tests.tracking.ingest.conftest import FIREFOX
from tests.tracking.ingest.conftest import fresh_clients as fresh_clients
from tracking.ingest import consumer
from tracking.selectors import campaign_report

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, PERCENT, EACH, OTHERS = 100, 60, 20, 40
SUBJECTS = {0: "Subject A", 1: "Subject B", 2: "Subject A"}


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    cache.clear()
    with override("en"):
        yield
    cache.clear()


@pytest.fixture
def campaign(sink: SmtpSink) -> Campaign:
    """B has another subject, C another body and sender; 20 people each, 40 wait."""
    people = make_people(PEOPLE)
    for person in people[::2]:
        record_consent(
            contact=person,
            channel=Channel.EMAIL,
            purpose=ConsentPurpose.MEASUREMENT,
            given=True,
            source=make_source(),
            by=None,
        )
    sink.start_over(keep_messages=True)
    campaign, by = make_campaign(sink, subject=SUBJECTS[0]), make_officer()
    experiments.set_test(
        campaign=campaign,
        sample_percent=PERCENT,
        wait_hours=2,
        goal="clicks",
        if_none="first",
        revision=0,
        by=by,
    )
    for _more in range(2):
        experiments.add_variant(campaign=campaign, by=by)
    experiments.save_variant(campaign=campaign, number=1, revision=1, by=by, subject=SUBJECTS[1])
    body = [{**BLOCKS[0], "html": "<p>Body of C</p>"}, BLOCKS[1]]
    other = local_sender(campaign, "Nord")
    experiments.save_variant(campaign=campaign, number=2, revision=1, by=by, blocks=body, sender=other)
    return campaign


def received(sink: SmtpSink, campaign: Campaign, number: int) -> list[EmailMessage]:
    rows = Delivery.objects.of_campaign(campaign).filter(variant=number)
    addresses = set(rows.values_list("address", flat=True))
    return [one for one in sink.messages() if one["To"].addresses[0].addr_spec in addresses]


def follow(message: EmailMessage, *, agent: str = FIREFOX, times: int = 1) -> None:
    """Follow the link of a message, as a reader or a scanner does."""
    link = re.search(r'href="[^"]+(/c/[^"]+)"', message.get_body(("html",)).get_content())
    assert link is not None
    for _time in range(times):
        assert Client(headers={"user-agent": agent}).get(link.group(1)).status_code == 302


def leave(message: EmailMessage) -> None:
    link = re.search(r"<[^>]+(/u/[^>]+)>", message["List-Unsubscribe"])
    assert link is not None
    assert Client().post(link.group(1), {"List-Unsubscribe": "One-Click"}).status_code == 204


def send_sample(campaign: Campaign, pump: Pump) -> Campaign:
    campaign = start(campaign)
    assert pump.run(seconds=60).accepted == 3 * EACH
    Delivery.objects.update(handed_at=F("handed_at") - timedelta(minutes=1))  # nobody reads at once
    assert decide_tests() == 0
    assert lifecycle.finish() == 0
    return campaign


def hours_pass(campaign: Campaign) -> None:
    Experiment.objects.filter(campaign=campaign).update(sample_sent_at=timezone.now() - timedelta(hours=3))


def test_people_decide_what_the_others_get(campaign: Campaign, sink: SmtpSink, pump: Pump) -> None:
    campaign = send_sample(campaign, pump)
    for number, clicks in ((0, 2), (1, 3), (2, 14)):
        for message in received(sink, campaign, number)[:clicks]:
            follow(message, times=2)  # each counts once
    for message in received(sink, campaign, 0):
        follow(message, agent="Barracuda Sentinel scanner")  # and robots never
    leave(received(sink, campaign, 2)[0])
    consumer.drain()

    assert decide_tests() == 0, "its hour has not come"
    hours_pass(campaign)
    assert decide_tests() == OTHERS
    test = Experiment.objects.get()
    assert (test.outcome, test.chosen) == (Outcome.WINNER, 2)
    kept = [(one["reached"], one["goal"], one["unsubscribed"]) for one in test.figures]
    assert kept == [(EACH, 2, 0), (EACH, 3, 0), (EACH, 14, 1)]

    # The others get C: its body, from its sender; everybody once.
    assert pump.run(seconds=60).accepted == OTHERS
    assert books(campaign) == {"accepted": PEOPLE}
    assert lifecycle.finish() == 1
    messages = sink.messages()
    assert Counter(one["To"].addresses[0].addr_spec for one in messages) == Counter(
        Delivery.objects.of_campaign(campaign).values_list("address", flat=True)
    )
    assert Counter(Delivery.objects.of_campaign(campaign).values_list("variant", flat=True)) == {
        0: EACH,
        1: EACH,
        2: EACH + OTHERS,
    }
    told = Counter(
        (one["From"].addresses[0].display_name, str(one["Subject"]), "Body of C" in _text(one))
        for one in messages
    )
    team = "Équipe de campagne"
    assert told == {
        (team, "Subject A", False): EACH,
        (team, "Subject B", False): EACH,
        ("Nord", "Subject A", True): EACH + OTHERS,
    }
    # The report counts everybody together, named or not.
    report = campaign_report(campaign)
    assert (report.delivered, report.clicked, report.unsubscribed) == (PEOPLE, 19, 1)
    assert 0 < report.measured < PEOPLE


def test_a_version_that_people_leave_waits_for_a_person(
    campaign: Campaign, sink: SmtpSink, pump: Pump
) -> None:
    campaign = send_sample(campaign, pump)
    for message in received(sink, campaign, 1)[:12]:
        follow(message)
    for message in received(sink, campaign, 1)[:7]:
        leave(message)
    consumer.drain()
    hours_pass(campaign)
    assert decide_tests() == 0
    test = Experiment.objects.get()
    assert (test.outcome, test.chosen, test.waits_for_person) == (Outcome.WITHHELD, None, True)
    assert pump.run(seconds=5).accepted == 0
    experiments.choose(campaign=campaign, number=2, reason="Fewer leave", by=make_officer())
    assert deciding.decide_due() == OTHERS
    pump.run(seconds=60)
    assert books(campaign) == {"accepted": PEOPLE}


def test_without_a_difference_the_others_get_the_mailing_itself(
    campaign: Campaign, sink: SmtpSink, pump: Pump
) -> None:
    campaign = send_sample(campaign, pump)
    for number, clicks in ((0, 4), (1, 5), (2, 4)):
        for message in received(sink, campaign, number)[:clicks]:
            follow(message)
    consumer.drain()
    hours_pass(campaign)
    assert decide_tests() == OTHERS
    assert Experiment.objects.get().outcome == Outcome.NONE
    pump.run(seconds=60)
    rows = Delivery.objects.of_campaign(campaign)
    assert rows.filter(variant=0, state="accepted").count() == EACH + OTHERS
    assert not rows.filter(variant=UNDECIDED).exists()


def _text(message: EmailMessage) -> str:
    return str(message.get_body(("plain",)).get_content())
