"""The look: once, when its hour has come; what the others get, and who is told."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from campaign_crm.platform.models import AuditEntry, Notification, User
from campaign_crm.platform.rights import Role
from messaging.dispatch import lifecycle, standing, watch
from messaging.dispatch.pump import Pump
from messaging.enums import CampaignState, Moment
from messaging.errors import MessagingError, NotAllowed, WrongState
from messaging.experiments import deciding, release
from messaging.experiments.verdict import Trouble, Verdict, verdict_of
from messaging.models import Campaign, CampaignWatch, Delivery, Experiment
from messaging.models.experiment import UNDECIDED, Outcome
from messaging.selectors import progress_of
from messaging.services import experiments
from messaging.tasks import decide_tests
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.experiments.conftest import Did, hours_pass, make_tested
from tests.messaging.people import make_officer, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)

WINS = {0: 1, 1: 14}  # of twenty each


def sample_sent(sink: SmtpSink, pump: Pump, **fields: object) -> Campaign:
    """80 recipients: 20 get A, 20 get B, 40 wait, and the hour has come."""
    make_people(80)
    campaign = start(make_tested(sink, **fields))  # type: ignore[arg-type]
    pump.run(seconds=30)
    deciding.note_sent_samples()
    hours_pass(campaign)
    return campaign


def numbers(campaign: Campaign) -> dict[int, int]:
    rows = Delivery.objects.of_campaign(campaign).values_list("variant", flat=True)
    return {number: list(rows).count(number) for number in set(rows)}


def told(kind: str) -> list[str]:
    return list(Notification.objects.filter(kind=kind).order_by("pk").values_list("message", flat=True))


def test_the_others_get_the_winner_once_its_hour_has_come(sink: SmtpSink, pump: Pump, did: Did) -> None:
    make_people(80)
    sink.start_over(keep_messages=True)
    campaign = start(make_tested(sink))
    assert (deciding.decide_due(), Experiment.objects.get().sample_sent_at) == (0, None)
    pump.run(seconds=30)
    last = max(Delivery.objects.exclude(handed_at=None).values_list("handed_at", flat=True))
    did(goal=WINS)
    assert deciding.decide_due() == 0
    assert Experiment.objects.get().sample_sent_at == last
    hours_pass(campaign, 3)
    assert deciding.decide_due() == 0
    assert Experiment.objects.get().outcome == ""

    hours_pass(campaign, 4)
    assert decide_tests() == 40
    test = Experiment.objects.get()
    assert (test.outcome, test.chosen, test.is_open, test.decided_by) == (Outcome.WINNER, 1, False, None)
    assert test.figures == [
        {"number": number, "recipients": 20, "reached": 20, "goal": goal, "unsubscribed": 0, "complained": 0}
        for number, goal in WINS.items()
    ]
    assert numbers(campaign) == {0: 20, 1: 60}
    did(goal={0: 20})  # what comes later changes nothing: it was looked at
    assert deciding.decide_due() == 0
    assert Experiment.objects.get().looked_at == test.looked_at

    pump.run(seconds=30)
    assert books(campaign) == {"accepted": 80}
    assert lifecycle.finish() == 1
    messages = sink.messages()
    subjects = [str(message["Subject"]) for message in messages]
    assert (subjects.count("Subject A"), subjects.count("Subject B")) == (20, 60)
    assert len({message["To"].addresses[0].addr_spec for message in messages}) == 80
    assert told("campaign.test_decided") == [
        "“Newsletter”: Version B won the test. The others get version B."
    ]
    assert AuditEntry.objects.get(action="test.look").detail["outcome"] == "winner"


def test_without_a_winner_the_others_get_the_first_version_or_wait(
    sink: SmtpSink, pump: Pump, did: Did
) -> None:
    did(goal={0: 5, 1: 6})
    campaign = sample_sent(sink, pump)
    assert deciding.decide_due() == 40
    test = Experiment.objects.get()
    assert (test.outcome, test.chosen) == (Outcome.NONE, 0)
    assert numbers(campaign) == {0: 60, 1: 20}
    assert told("campaign.test_decided") == [
        "“Newsletter”: No version won the test. The others get version A."
    ]


def test_where_a_person_wants_to_choose_the_others_wait_until_they_do(
    sink: SmtpSink, pump: Pump, did: Did
) -> None:
    did(goal={0: 5, 1: 6})
    User.objects.create_user(email="reader@example.org", full_name="R", role=Role.READ_ONLY)
    User.objects.create_user(email="second@example.org", full_name="S", role=Role.DIRECTOR)
    campaign = sample_sent(sink, pump, settings={"if_none": "wait"})
    assert deciding.decide_due() == 0
    test = Experiment.objects.get()
    assert (test.outcome, test.chosen, test.waits_for_person) == (Outcome.NONE, None, True)
    assert len(told("campaign.test_waits")) == 2, "those who may send, and nobody else"
    assert standing.why_it_stands(campaign).text.endswith(
        "the others wait until somebody chooses their version."
    )
    assert deciding.decide_due() == 0
    assert len(told("campaign.test_waits")) == 2
    by = make_officer()
    choice = experiments.choose(campaign=campaign, number=1, reason="It reads better", by=by)
    assert (choice.outcome, choice.chosen, choice.decided_by) == (Outcome.NONE, 1, by)
    assert AuditEntry.objects.get(action="test.choose").reason == "It reads better"
    assert deciding.decide_due() == 40
    pump.run(seconds=30)
    assert books(campaign) == {"accepted": 80}
    with pytest.raises(WrongState):
        experiments.choose(campaign=campaign, number=0, reason="Too late", by=by)


def test_a_winner_whose_readers_leave_waits_for_a_person(sink: SmtpSink, pump: Pump, did: Did) -> None:
    did(goal=WINS, left={1: 8})
    campaign = sample_sent(sink, pump)
    assert deciding.decide_due() == 0
    test = Experiment.objects.get()
    assert (test.outcome, test.chosen, test.waits_for_person) == (Outcome.WITHHELD, None, True)
    assert verdict_of(test) == Verdict(Outcome.WITHHELD, 1, 1, Trouble.UNSUBSCRIBED)
    assert numbers(campaign)[UNDECIDED] == 40
    assert told("campaign.test_waits") == [
        "“Newsletter”: Too many readers of version B left. The others wait until somebody chooses."
    ]
    experiments.choose(campaign=campaign, number=0, reason="Fewer leave", by=make_officer())
    assert deciding.decide_due() == 40
    assert numbers(campaign) == {0: 60, 1: 20}


def test_complaints_withhold_as_well(sink: SmtpSink, pump: Pump, did: Did) -> None:
    did(goal=WINS)
    campaign = sample_sent(sink, pump)
    complained = Delivery.objects.of_campaign(campaign).filter(variant=1, state="accepted")[:7]
    keys = [row.contact_id for row in complained]
    Delivery.objects.of_campaign(campaign).filter(contact_id__in=keys).update(state="complained")
    deciding.decide_due()
    assert verdict_of(Experiment.objects.get()).trouble == Trouble.COMPLAINED


def test_a_person_may_choose_before_the_look_and_that_is_said(sink: SmtpSink, pump: Pump, did: Did) -> None:
    did(goal=WINS)
    make_people(80)
    campaign = start(make_tested(sink))
    pump.run(seconds=30)
    for number, reason, error in ((7, "Because", MessagingError), (1, "  ", MessagingError)):
        with pytest.raises(error):
            experiments.choose(campaign=campaign, number=number, reason=reason, by=make_officer())
    reader = User.objects.create_user(email="reader@example.org", full_name="R", role=Role.READ_ONLY)
    with pytest.raises(NotAllowed):
        experiments.choose(campaign=campaign, number=1, reason="Mine", by=reader)
    test = experiments.choose(campaign=campaign, number=0, reason="The meeting is tonight", by=make_officer())
    assert (test.outcome, test.chosen, test.figures[1]["goal"]) == (Outcome.PERSON, 0, 14)
    assert deciding.decide_due() == 40
    assert Experiment.objects.get().outcome == Outcome.PERSON


def test_a_test_of_everybody_leaves_nothing_to_decide_and_is_looked_at_all_the_same(
    sink: SmtpSink, pump: Pump, did: Did
) -> None:
    make_people(40)
    did(goal=WINS)
    campaign = start(make_tested(sink, settings={"sample_percent": 100}))
    pump.run(seconds=30)
    assert lifecycle.finish() == 1
    deciding.note_sent_samples()
    hours_pass(campaign)
    assert deciding.decide_due() == 0
    test = Experiment.objects.get()
    assert (test.outcome, test.chosen, test.is_open) == (Outcome.WINNER, 1, False)
    assert told("campaign.test_decided") == ["“Newsletter”: Version B won the test."]
    with pytest.raises(WrongState):
        experiments.choose(campaign=campaign, number=0, reason="Mine", by=make_officer())


@pytest.mark.parametrize("hours_left", [None, -1])
def test_where_everybody_was_in_the_sample_nobody_is_asked_to_choose(
    sink: SmtpSink, pump: Pump, did: Did, hours_left: int | None
) -> None:
    make_people(2)
    campaign = start(make_tested(sink, settings={"if_none": "wait", "sample_percent": 20}))
    pump.run(seconds=30)
    assert lifecycle.finish() == 1
    deciding.note_sent_samples()
    hours_pass(campaign)
    if hours_left is not None:
        Campaign.objects.update(send_until=timezone.now() + timedelta(hours=hours_left))
    assert deciding.decide_due() == 0
    test = Experiment.objects.get()
    assert (test.outcome, test.chosen, test.is_open) == (Outcome.NONE, None, False)
    assert told("campaign.test_waits") == []
    assert told("campaign.test_decided") == ["“Newsletter”: No version won the test."]


def test_a_test_that_cannot_be_counted_keeps_nobody_elses_others(
    sink: SmtpSink, pump: Pump, did: Did
) -> None:
    did(goal=WINS)
    make_people(80)
    broken, sound = (start(make_tested(sink, name=name)) for name in ("Broken", "Sound"))
    pump.run(seconds=30)
    deciding.note_sent_samples()
    hours_pass(broken)
    hours_pass(sound)
    Experiment.objects.filter(campaign=broken).update(goal="gone")
    assert deciding.decide_due() == 40
    assert Experiment.objects.get(campaign=broken).looked_at is None
    assert Experiment.objects.get(campaign=sound).chosen == 1


def test_two_schedulers_at_once_look_once(sink: SmtpSink, pump: Pump, did: Did) -> None:
    did(goal=WINS)
    campaign = sample_sent(sink, pump)
    found: list[Verdict | None] = []

    def scheduler() -> None:
        try:
            found.append(deciding.look(campaign.pk))
            release.release_chosen()
        finally:
            connection.close()

    threads = [threading.Thread(target=scheduler) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(one is None for one in found) == [False, True, True, True]
    assert AuditEntry.objects.filter(action="test.look").count() == 1
    assert numbers(campaign) == {0: 20, 1: 60}


def test_whoever_is_killed_while_the_others_are_let_go_leaves_the_rest_to_the_next(
    sink: SmtpSink, pump: Pump, did: Did, monkeypatch: pytest.MonkeyPatch
) -> None:
    did(goal=WINS)
    campaign = sample_sent(sink, pump)
    assert deciding.look(campaign.pk) is not None  # and killed before anybody was let go
    assert numbers(campaign)[UNDECIDED] == 40
    monkeypatch.setattr(release, "CHUNK", 15)
    did(goal={0: 20})
    assert deciding.decide_due() == 40
    assert numbers(campaign) == {0: 20, 1: 60}
    # One that comes back later (two records that are two again) is let go as well.
    late = Delivery.objects.of_campaign(campaign).filter(state="queued").first()
    Delivery.objects.of_campaign(campaign).filter(contact_id=late.contact_id).update(variant=UNDECIDED)
    assert deciding.decide_due() == 1


def test_messages_to_be_tried_again_and_paused_families_keep_nobody_waiting(
    sink: SmtpSink, pump: Pump, did: Did
) -> None:
    make_people(80)
    campaign = start(make_tested(sink))
    rows = Delivery.objects.of_campaign(campaign)
    waiting = list(rows.filter(variant=0).values_list("contact_id", flat=True)[:2])
    rows.filter(contact_id=waiting[0]).update(due_at=timezone.now() + timedelta(days=36_500))
    rows.filter(contact_id=waiting[1]).update(due_at=timezone.now() + timedelta(hours=1))
    pump.run(seconds=30)
    deciding.note_sent_samples()
    assert Experiment.objects.get().sample_sent_at is None
    rows.filter(contact_id=waiting[1]).update(attempts=1)
    deciding.note_sent_samples()
    assert Experiment.objects.get().sample_sent_at is not None


def test_too_late_to_send_ends_the_test_and_the_others(sink: SmtpSink, pump: Pump, did: Did) -> None:
    did(goal=WINS)
    campaign = sample_sent(sink, pump)
    Campaign.objects.filter(pk=campaign.pk).update(send_until=timezone.now())
    assert deciding.decide_due() == 40
    test = Experiment.objects.get()
    assert (test.outcome, test.chosen, test.is_open) == (Outcome.TOO_LATE, 0, False)
    assert test.figures[1]["goal"] == 14
    pump.run(seconds=30)
    assert books(campaign) == {"accepted": 40, "expired": 40}
    assert len(told("campaign.test_too_late")) == 1
    assert lifecycle.finish() == 1


def test_a_choice_that_nobody_made_in_time_ends_the_same_way(sink: SmtpSink, pump: Pump, did: Did) -> None:
    did(goal={0: 5, 1: 6})
    campaign = sample_sent(sink, pump, settings={"if_none": "wait"})
    deciding.decide_due()
    Campaign.objects.filter(pk=campaign.pk).update(send_until=timezone.now())
    assert deciding.decide_due() == 40
    test = Experiment.objects.get()
    assert (test.outcome, test.chosen, test.decided_by) == (Outcome.NONE, 0, None)


def test_a_paused_mailing_is_decided_and_its_others_leave_when_it_goes_on(
    sink: SmtpSink, pump: Pump, did: Did
) -> None:
    did(goal=WINS)
    campaign = sample_sent(sink, pump)
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.PAUSED)
    assert deciding.decide_due() == 40
    assert pump.run(seconds=5).accepted == 0


def test_a_cancelled_mailing_is_not_looked_at(sink: SmtpSink, pump: Pump, did: Did) -> None:
    campaign = sample_sent(sink, pump)
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.CANCELLED)
    assert deciding.decide_due() == 0
    assert Experiment.objects.get().outcome == ""


def test_at_the_hour_of_each_person_the_others_get_it_at_theirs(did: Did) -> None:
    make_people(10)
    campaign = start(make_tested(moment=Moment.BEST_HOUR))
    now = timezone.now()
    rows = Delivery.objects.of_campaign(campaign).filter(variant=UNDECIDED)
    past, coming = now - timedelta(hours=30), now + timedelta(hours=2)
    first = rows.order_by("contact_id").first().contact_id
    rows.update(due_at=coming)
    rows.filter(contact_id=first).update(due_at=past)
    release.release(campaign, 1)
    released = Delivery.objects.of_campaign(campaign).filter(variant=1)
    assert released.get(contact_id=first).due_at == past + timedelta(days=2)
    assert released.filter(due_at=coming).count() == 4  # theirs is still to come


def test_while_the_others_wait_the_mailing_says_for_what_and_is_not_called_stuck(
    sink: SmtpSink, pump: Pump, did: Did
) -> None:
    did(goal=WINS)
    campaign = sample_sent(sink, pump)
    Experiment.objects.update(sample_sent_at=timezone.now())
    found = standing.why_it_stands(campaign)
    assert (found.code, found.planned) == ("test", True)
    assert found.text.startswith("Waits for the result of the test, looked at: ")
    then = timezone.now() - timedelta(hours=3)
    watch.look_at(campaign)
    Campaign.objects.update(started_at=then)
    CampaignWatch.objects.update(progressed_at=then, counted_at=then)
    watch.look_at(campaign)
    assert told("campaign.stands") == []
    # Nor just after it was decided, before the first of the others has left.
    hours_pass(campaign)
    assert deciding.decide_due() == 40
    watch.look_at(campaign)
    assert told("campaign.stands") == []


def test_the_end_that_is_told_is_of_what_leaves_without_a_decision(
    sink: SmtpSink, pump: Pump, did: Did
) -> None:
    did(goal=WINS)
    make_people(80)
    campaign = start(make_tested(sink))
    Campaign.objects.update(started_at=timezone.now() - timedelta(seconds=100))
    pump.run(seconds=30)
    campaign.refresh_from_db()
    cache.clear()
    found = progress_of(campaign)
    assert (found.left, found.ends_at) == (40, None)
    deciding.note_sent_samples()
    hours_pass(campaign)
    deciding.decide_due()
    cache.clear()
    assert progress_of(campaign).ends_at is not None
