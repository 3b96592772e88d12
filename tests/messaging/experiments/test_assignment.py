"""Who gets which version: drawn evenly at the freeze, the same again, the others parked."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import transaction

from messaging.dispatch import breaker, lifecycle
from messaging.dispatch.freeze import unfreeze
from messaging.dispatch.pump import Pump
from messaging.dispatch.verify import verify_ledger
from messaging.models import Campaign, Delivery, FamilyPause
from messaging.models.experiment import UNDECIDED
from messaging.services.campaigns import cancel, pause, resume
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.experiments.conftest import make_tested
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def drawn(campaign: Campaign) -> dict[int, int]:
    return dict(Delivery.objects.of_campaign(campaign).values_list("contact_id", "variant"))


@pytest.mark.parametrize(
    ("percent", "versions", "sizes"),
    [
        (50, 2, {0: 25, 1: 25, UNDECIDED: 50}),
        (20, 3, {0: 7, 1: 7, 2: 6, UNDECIDED: 80}),
        (1, 3, {0: 1, 1: 1, 2: 1, UNDECIDED: 97}),
        (100, 3, {0: 34, 1: 33, 2: 33}),
    ],
)
def test_the_sample_is_split_evenly_and_the_others_are_parked(
    percent: int, versions: int, sizes: dict[int, int]
) -> None:
    make_people(100)
    campaign = start(make_tested(versions=versions, settings={"sample_percent": percent}))
    assert Counter(drawn(campaign).values()) == sizes
    assert books(campaign) == {"queued": 100}


def test_the_draw_is_the_same_when_a_freeze_is_repeated_and_another_for_another_mailing() -> None:
    make_people(60)
    campaign = start(make_tested())
    first = drawn(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(state="freezing")
    with transaction.atomic():
        assert unfreeze(campaign.pk, "again")
    assert drawn(start(Campaign.objects.get(pk=campaign.pk))) == first
    other = start(make_tested(sender=campaign.sender))
    assert drawn(other) != first
    # Nor does it follow the order of the base.
    in_order = [version for _person, version in sorted(first.items())]
    assert in_order[:30].count(UNDECIDED) < 30


def test_a_removed_letter_gets_nobody() -> None:
    make_people(20)
    campaign = make_tested(versions=3)
    campaign.variants.filter(number=1).delete()
    assert set(drawn(start(campaign)).values()) == {0, 2, UNDECIDED}


def test_without_a_test_nobody_is_parked() -> None:
    make_people(5)
    assert set(drawn(start(make_campaign())).values()) == {0}


def test_parked_rows_are_claimed_by_nobody_and_keep_the_mailing_from_ending(
    sink: SmtpSink, pump: Pump
) -> None:
    make_people(20)
    campaign = start(make_tested(sink))
    assert pump.run(seconds=20).accepted == 10
    assert pump.run(seconds=5).chunks == 0
    assert lifecycle.finish() == 0
    assert books(campaign) == {"accepted": 10, "queued": 10}


def test_a_mailing_whose_others_wait_is_paused_resumed_and_cancelled_as_any(
    sink: SmtpSink, pump: Pump
) -> None:
    make_people(10)
    campaign = start(make_tested(sink))
    pump.run(seconds=20)
    by = make_officer()
    pause(campaign=campaign, by=by)
    resume(campaign=campaign, by=by)
    cancel(campaign=campaign, by=by)
    assert lifecycle.sweep_cancelled() == 5
    assert lifecycle.finish() == 1
    assert books(campaign) == {"accepted": 5, "cancelled": 5}


def test_a_paused_family_is_parked_and_let_go_whatever_its_version() -> None:
    make_people(6)
    campaign = start(make_tested())
    FamilyPause.objects.create(
        campaign=campaign,
        family="example.com",
        domains=["example.com"],
        kind="bounced",
        share=0.1,
        limit=0.05,
    )
    assert breaker.park(campaign) == 6
    assert breaker.unpark(campaign) == 6


def test_rows_that_wait_for_no_test_are_found() -> None:
    make_people(4)
    campaign = start(make_tested())
    campaign.experiment.delete()
    (account,) = verify_ledger(campaign.pk)
    assert account.problems == ["2 rows wait for the result of a test that is not there"]


def test_many_versions_share_a_small_sample() -> None:
    make_people(30)
    campaign = start(make_tested(versions=8))
    assert Counter(drawn(campaign).values()) == {**dict.fromkeys(range(7), 2), 7: 1, UNDECIDED: 15}
