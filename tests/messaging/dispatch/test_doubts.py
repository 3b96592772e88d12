"""Answers that never come: a way out that swallows messages is not given a whole mailing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone, translation

from campaign_crm.platform.crypto import seal
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.services.suppressions import suppress
from messaging.dispatch import doubts
from messaging.dispatch.circuit import UNANSWERED
from messaging.dispatch.doubts import Answers
from messaging.dispatch.pump import Pump, Pumped
from messaging.dispatch.rates import Rates
from messaging.enums import CampaignState
from messaging.models import AccountDoubt, Campaign, Delivery, ProviderAccount
from messaging.providers.smtp.sources import Stream
from messaging.services.campaigns import resume
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender
from tests.support.http_fakes import FakeServer, HttpFault
from tests.support.http_fakes.mailjet import MailjetFake
from tests.support.smtp_sink import Fault, SmtpSink

PER_CALL = 50
PEOPLE = 130


@pytest.fixture
def mailjet() -> Iterator[FakeServer]:
    with FakeServer(MailjetFake()) as server:
        yield server


@pytest.fixture
def campaign(mailjet: FakeServer) -> Campaign:
    make_people(PEOPLE)
    account = ProviderAccount.objects.create(
        name="Mailjet",
        kind="mailjet",
        settings={"api_url": mailjet.url, "timeout": 2, "batch_timeout": 20, "connections": 1},
        sealed_credentials=seal({"api_key": "public", "secret_key": MailjetFake.key}),
    )
    return start(make_campaign(sender=make_sender(account)))


def run_once() -> Pumped:
    """Another worker than the last, after every rest and wait has passed."""
    AccountDoubt.objects.update(rests_until=None)
    Delivery.objects.filter(state="retry_wait").update(due_at=timezone.now())
    with contextlib.closing(Pump(rates=Rates(settings.REDIS_URL, workers=1))) as pump:
        return pump.run(seconds=5)


@pytest.mark.django_db(transaction=True)
def test_a_provider_that_fails_at_every_call_is_tried_with_one_message_and_then_left(
    mailjet: FakeServer, campaign: Campaign
) -> None:
    mailjet.faults += [HttpFault("answer", times=10_000, status=502)]
    run_once()
    assert books(campaign) == {"unknown": PER_CALL, "queued": PEOPLE - PER_CALL}
    with contextlib.closing(Pump(rates=Rates(settings.REDIS_URL, workers=1))) as another:
        assert another.run(seconds=1).handed == 0, "its rest holds for every worker"
    tries = 0
    while Campaign.objects.get(pk=campaign.pk).state == CampaignState.SENDING:
        assert run_once().handed == 1
        tries += 1
    assert tries == 6
    assert books(campaign)["unknown"] == PER_CALL + tries
    with translation.override("en"):
        assert UNANSWERED in Campaign.objects.get(pk=campaign.pk).pause_reason

    resume(campaign=campaign, by=make_officer())
    assert run_once().handed == 1, "whoever lets it go on begins with one message too"


@pytest.mark.django_db(transaction=True)
def test_the_whole_mailing_leaves_once_an_answer_has_come(mailjet: FakeServer, campaign: Campaign) -> None:
    mailjet.faults += [HttpFault("answer", times=2, status=502)]
    run_once()
    assert run_once().handed == 1
    run_once()
    assert books(campaign) == {"unknown": PER_CALL + 1, "accepted": PEOPLE - PER_CALL - 1}
    assert AccountDoubt.objects.get().in_row == 0


@pytest.mark.django_db(transaction=True)
def test_a_server_that_hangs_up_after_each_message_comes_to_twenty_in_doubt(sink: SmtpSink) -> None:
    make_people(PEOPLE)
    sink.start_over(faults=[Fault("dot", action="close", keeps=False)])
    campaign = start(make_campaign(sender=make_sender(make_account(sink.port, connections=2))))
    for _time in range(30):
        if Campaign.objects.get(pk=campaign.pk).state == CampaignState.PAUSED:
            break
        run_once()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    states = books(campaign)
    assert 0 < states["unknown"] <= 20
    assert sum(states.values()) == PEOPLE


@pytest.mark.django_db
def test_what_goes_well_makes_up_for_a_lost_answer_and_more_than_a_tenth_lost_does_not() -> None:
    account = make_account(25)
    lost, came = Answers(1, is_call=False), Answers(1, is_call=False)
    for _time in range(60):
        doubts.note_unanswered(account.pk, Stream.BULK, lost)
        for _answer in range(12):
            doubt = doubts.note_answered(account.pk, Stream.BULK, came)
        assert not doubt.is_open
    assert not doubt.is_no_accident
    for _time in range(40):
        doubt = doubts.note_unanswered(account.pk, Stream.BULK, lost)
        for _answer in range(4):
            doubt = doubts.note_answered(account.pk, Stream.BULK, came)
    assert doubt.is_no_accident
    assert not doubt.is_open
    assert doubts.all_doubts().keys() == {(account.pk, Stream.BULK)}
    assert doubts.count_again(account.pk, Stream.BULK).units == 0


@pytest.mark.django_db
def test_one_worker_tries_while_the_others_wait() -> None:
    account = make_account(25)
    doubts.note_unanswered(account.pk, Stream.BULK, Answers(1, is_call=True))
    assert not doubts.take_trial(account.pk, Stream.BULK), "the rest is not over"
    rests = AccountDoubt.objects.get().rests_until
    assert rests is not None
    assert rests - timezone.now() < timedelta(seconds=doubts.FIRST_REST)
    AccountDoubt.objects.update(rests_until=timezone.now() - timedelta(seconds=1))
    assert doubts.take_trial(account.pk, Stream.BULK)
    assert not doubts.take_trial(account.pk, Stream.BULK)


@pytest.mark.django_db(transaction=True)
def test_a_person_who_left_meanwhile_is_no_trial(mailjet: FakeServer, campaign: Campaign) -> None:
    mailjet.faults += [HttpFault("answer", times=1, status=502)]
    run_once()
    first = Delivery.objects.filter(state="queued").values_list("address", flat=True)[0]
    Delivery.objects.filter(address=first).update(due_at=timezone.now() - timedelta(hours=1))
    suppress(
        address=first,
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE,
        by=None,
    )
    run_once()
    assert books(campaign) == {"unknown": PER_CALL, "suppressed": 1, "accepted": PEOPLE - PER_CALL - 1}
