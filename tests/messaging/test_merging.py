"""Merging two records, and undoing it, while messages to them are prepared, wait or leave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation

from contacts.merging.errors import MergeRefused
from contacts.merging.service import merge, unmerge
from contacts.models import Contact, Newsletter
from contacts.services.subscriptions import end_subscription, subscribe
from messaging.dispatch import freeze as freezing
from messaging.dispatch import ledger, snapshot
from messaging.dispatch.ledger import Key, Ledger
from messaging.dispatch.outcomes import judge, record
from messaging.dispatch.pump import Pump
from messaging.enums import CampaignState, DeliveryState
from messaging.models import Campaign, Delivery
from messaging.providers.base import Outcome, Result
from messaging.services.campaigns import cancel, send_now
from tests.messaging.dispatch.conftest import books, pump, shared_sink, sink, start
from tests.messaging.people import give_addresses, make_campaign, make_officer, make_people, make_source
from tests.support.smtp_sink import SmtpSink

__all__ = ["pump", "shared_sink", "sink"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("english")]


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def row_of(person: Contact) -> Delivery:
    return Delivery.objects.get(contact_id=person.pk)


def states(*people: Contact) -> list[str]:
    found = dict(Delivery.objects.values_list("contact_id", "state"))
    return [found.get(person.pk, "") for person in people]


def take_row(person: Contact, state: str) -> int:
    """A worker has claimed the message, or handed it over and waits for the answer; returns its token."""
    lease = timezone.now() + timedelta(minutes=2)
    row = Delivery.objects.filter(contact_id=person.pk)
    row.update(state="claimed", token=7, lease_until=lease)
    if state == "handed":
        row.update(state="handed", handed_at=timezone.now())
    return 7


@pytest.mark.parametrize("state", ["claimed", "handed"])
def test_a_merge_is_not_undone_while_a_message_leaves(state: str) -> None:
    (other,) = make_people(1)
    kept = Contact.objects.create(first_name="Lou", last_name="Martin")
    campaign = start(make_campaign())
    done = merge(kept=kept, absorbed=other, by=None)  # the waiting message of the other is theirs now
    token = take_row(kept, state)
    with pytest.raises(MergeRefused, match="just leaving"):
        unmerge(merge=done, by=None)
    assert states(kept, other) == [state, ""]
    if state == "handed":
        claim = ledger.Claim(Ledger(campaign.ledger_month, campaign.pk), token, [])
        answer = Result(Outcome.ACCEPTED, message_id="1")
        assert record(claim, [judge(Key(kept.pk, ""), answer, attempts=0)]) == 1
        unmerge(merge=done, by=None)
        assert states(kept, other) == ["", "accepted"]


def test_whose_second_message_was_cancelled_by_a_merge_gets_it_after_its_undo(
    sink: SmtpSink, pump: Pump
) -> None:
    kept, other = make_people(2)
    campaign = start(make_campaign(sink))
    done = merge(kept=kept, absorbed=other, by=None)
    assert states(kept, other) == ["queued", "cancelled"]
    unmerge(merge=done, by=None)
    assert states(kept, other) == ["queued", "queued"]
    assert (row_of(other).settled_at, row_of(other).answer) == (None, "")
    assert books(campaign) == {"queued": 2}
    pump.run()
    assert states(kept, other) == ["accepted", "accepted"]


@pytest.mark.parametrize("state", [CampaignState.SENT, CampaignState.CANCELLED])
def test_a_mailing_that_has_ended_sends_nothing_after_an_undo(state: str) -> None:
    kept, other = make_people(2)
    campaign = start(make_campaign())
    done = merge(kept=kept, absorbed=other, by=None)
    if state == CampaignState.CANCELLED:
        cancel(campaign=campaign, by=make_officer())
    else:
        Campaign.objects.filter(pk=campaign.pk).update(state=state, finished_at=timezone.now())
    unmerge(merge=done, by=None)
    assert states(other) == ["cancelled"]


def test_a_message_that_waits_at_the_address_of_the_restored_record_is_theirs(
    sink: SmtpSink, pump: Pump
) -> None:
    (other,) = make_people(1)
    kept = Contact.objects.create(first_name="Lou", last_name="Martin")
    done = merge(kept=kept, absorbed=other, by=None)
    start(make_campaign(sink))
    assert states(kept, other) == ["queued", ""]
    unmerge(merge=done, by=None)
    assert states(kept, other) == ["", "queued"]
    pump.run()
    assert states(other) == ["accepted"]


def frozen_until(campaign: Campaign, monkeypatch: pytest.MonkeyPatch, *, copied: int) -> None:
    """The audience is read, and some of it copied one by one: the worker dies there."""
    send_now(campaign=campaign, by=make_officer())
    copy = freezing._copy_chunk

    def dying(campaign: Campaign, first: int = 0, last: int = 0) -> int:
        if not last or first >= copied:
            raise KeyboardInterrupt
        return copy(campaign, first, last)

    monkeypatch.setattr(freezing, "_copy_chunk", dying)
    monkeypatch.setattr(freezing, "_let_it_send", dying)
    with pytest.raises(KeyboardInterrupt):
        freezing.freeze(campaign.pk, chunk=1)
    monkeypatch.undo()


@pytest.mark.parametrize("copied", [0, 1, 2])
@pytest.mark.parametrize("older_stays", [True, False])
def test_of_two_records_merged_during_a_freeze_one_is_written_to(
    monkeypatch: pytest.MonkeyPatch, sink: SmtpSink, pump: Pump, copied: int, older_stays: bool
) -> None:
    people = make_people(2)
    kept, other = people if older_stays else people[::-1]
    campaign = make_campaign(sink)
    frozen_until(campaign, monkeypatch, copied=copied)
    done = merge(kept=kept, absorbed=other, by=None)
    assert books(campaign).keys() <= {"queued", "cancelled"}
    freezing.freeze(campaign.pk, chunk=1)
    assert states(kept, other) == ["queued", "cancelled"]
    assert books(campaign) == {"queued": 1, "cancelled": 1}
    unmerge(merge=done, by=None)
    pump.run()
    assert states(kept, other) == ["accepted", "accepted"]


@pytest.mark.parametrize("copied", [0, 1])
def test_whom_only_an_absorbed_record_represented_is_written_to(
    monkeypatch: pytest.MonkeyPatch, sink: SmtpSink, pump: Pump, copied: int
) -> None:
    (other,) = make_people(1)
    kept = Contact.objects.create(first_name="Lou", last_name="Martin")
    campaign = make_campaign(sink)
    frozen_until(campaign, monkeypatch, copied=copied)
    merge(kept=kept, absorbed=other, by=None)
    freezing.freeze(campaign.pk, chunk=1)
    assert row_of(kept).address == "person1@example.com"
    assert books(campaign) == {"queued": 1}
    pump.run()
    assert states(kept) == ["accepted"]


@pytest.mark.parametrize("chunk", [1, 3])
@pytest.mark.parametrize("copied", [0, 1])
def test_of_two_absorbed_records_one_is_written_to(
    monkeypatch: pytest.MonkeyPatch, copied: int, chunk: int
) -> None:
    first, second = make_people(2)
    kept = Contact.objects.create(first_name="Lou", last_name="Martin")
    campaign = make_campaign()
    frozen_until(campaign, monkeypatch, copied=copied)
    for absorbed in (first, second):
        merge(kept=kept, absorbed=absorbed, by=None)
    freezing.freeze(campaign.pk, chunk=chunk)
    assert states(kept, first, second) == ["queued", "", "cancelled"]
    assert books(campaign) == {"queued": 1, "cancelled": 1}


def test_a_merge_and_a_chunk_of_a_freeze_wait_for_each_other() -> None:
    kept, other = make_people(2)
    campaign = make_campaign()
    send_now(campaign=campaign, by=make_officer())
    failed: list[BaseException] = []

    def merging() -> None:
        try:
            merge(kept=kept, absorbed=other, by=None)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    other_session = threading.Thread(target=merging)
    campaign = snapshot.take_snapshot(campaign.pk)
    with transaction.atomic():
        freezing._copy_chunk(campaign, 0, 2)
        other_session.start()
        other_session.join(1)
        assert other_session.is_alive()
    other_session.join(20)
    assert not failed
    assert states(kept, other) == ["queued", "cancelled"]


def test_who_left_a_newsletter_after_a_merge_is_not_sent_what_waits(sink: SmtpSink, pump: Pump) -> None:
    other, kept = make_people(2)
    newsletter = Newsletter.objects.create(name="Lettre de l'Oise")
    subscribe(contact=other, newsletter=newsletter, source=make_source(), by=None)
    start(make_campaign(sink, audience={"type": "newsletter", "id": newsletter.pk}))
    subscribe(contact=kept, newsletter=newsletter, source=make_source(), by=None)
    merge(kept=kept, absorbed=other, by=None)  # one subscription is left: another than the message's
    end_subscription(contact=kept, newsletter=newsletter, by=None)
    pump.run()
    assert states(kept) == [DeliveryState.SUPPRESSED]


def test_two_records_at_one_address_need_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_source()
    couple = Contact.objects.bulk_create([Contact(first_name="Lou"), Contact(first_name="Max")])
    give_addresses(couple, ["shared@example.com", "shared@example.com"], source)
    campaign = make_campaign()
    frozen_until(campaign, monkeypatch, copied=0)
    merge(kept=couple[1], absorbed=couple[0], by=None)
    freezing.freeze(campaign.pk)
    assert states(couple[1]) == ["queued"]
