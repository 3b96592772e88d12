"""The audience becomes ledger rows: once, at one instant, with the reasons kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from campaign_crm.platform.models import Job, Notification
from contacts.enums import (
    BROKER_KINDS,
    Channel,
    ConsentPurpose,
    LawfulBasis,
    SourceKind,
    SuppressionReason,
    SuppressionScope,
    TerritoryKind,
)
from contacts.models import Contact, EmailAddress, Newsletter, Reach, Territory, TerritoryAncestor
from contacts.services.consents import record_consent
from contacts.services.people import add_source
from contacts.services.sources import update_source
from contacts.services.subscriptions import subscribe
from contacts.services.suppressions import suppress
from messaging.dispatch import freeze as freezing
from messaging.dispatch import lifecycle, snapshot
from messaging.enums import CampaignState, DeliveryState
from messaging.models import Campaign, Delivery, Link
from messaging.services.campaigns import cancel, send_now
from messaging.services.origins import source_for
from messaging.views.campaign import progress_context
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import give_addresses, make_campaign, make_officer, make_people, make_source

pytestmark = pytest.mark.django_db(transaction=True)


def test_everyone_reachable_gets_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    people = make_people(25)
    campaign = start_in_chunks(make_campaign(), monkeypatch, chunk=10)
    rows = Delivery.objects.of_campaign(campaign)  # type: ignore[attr-defined]
    assert sorted(rows.values_list("contact_id", flat=True)) == sorted(person.pk for person in people)
    assert (campaign.state, campaign.audience_count, campaign.freeze_cursor) == ("sending", 25, 25)
    assert books(campaign) == {"queued": 25}
    assert not _staging_exists(campaign)


def test_people_who_share_an_address_get_one_message_and_are_counted() -> None:
    source = make_source()
    people = make_people(3, source=source)
    couple = Contact.objects.bulk_create([Contact(first_name="Lou"), Contact(first_name="Max")])
    give_addresses(couple, ["shared@example.com", "shared@example.com"], source)

    campaign = start(make_campaign())

    assert campaign.audience_count == 4
    assert campaign.excluded == {"same_address": 1}
    assert set(Delivery.objects.values_list("contact_id", flat=True)) == {
        *(person.pk for person in people),
        couple[0].pk,
    }


def test_people_left_out_are_counted_by_reason() -> None:
    people = make_people(5)
    suppress(
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE,
        address="person1@example.com",
        by=None,
    )
    record_consent(
        contact=people[1], channel=Channel.EMAIL, purpose=ConsentPurpose.MESSAGES, given=False, by=None
    )
    Contact.objects.create(first_name="Nobody", last_name="Known")

    campaign = start(make_campaign())

    assert campaign.audience_count == 3
    assert sum(campaign.excluded.values()) == 3
    assert campaign.excluded["suppressed"] == 1
    assert campaign.excluded["withdrawn"] == 1


def test_a_row_keeps_why_it_was_allowed() -> None:
    source = make_source(lawful_basis=LawfulBasis.LEGITIMATE_INTEREST)
    (person,) = make_people(1, source=source)
    commune, department = _places()
    Contact.objects.filter(pk=person.pk).update(commune=commune, language="en")
    Reach.objects.filter(contact=person, channel="email").update(measurement=True)

    campaign = start(make_campaign())

    row = Delivery.objects.get(contact_id=person.pk)
    point = EmailAddress.objects.get(contact=person)
    assert (row.address, bytes(row.address_hash)) == (point.address, bytes(point.address_hash))
    assert (row.source_id, row.basis, row.consent_id) == (source.pk, "legitimate_interest", None)
    assert (row.measured, row.department, row.language) == (True, department.code, "en")
    assert (row.notice_version, row.rulebook_version, row.ledger_month) == (
        "1",
        "fr-2",
        campaign.ledger_month,
    )


def test_a_consent_is_kept_with_the_row() -> None:
    (person,) = make_people(1)
    entry = record_consent(
        contact=person,
        channel=Channel.EMAIL,
        purpose=ConsentPurpose.MESSAGES,
        given=True,
        source=make_source(),
        by=None,
    )
    start(make_campaign())
    row = Delivery.objects.get(contact_id=person.pk)
    assert (row.basis, row.consent_id) == ("consent", entry.pk)


def test_a_newsletter_goes_to_its_readers_and_keeps_their_subscription() -> None:
    people = make_people(3)
    newsletter = Newsletter.objects.create(name="Lettre de l'Oise")
    entry = subscribe(contact=people[0], newsletter=newsletter, source=make_source(), by=None)
    start(make_campaign(audience={"type": "newsletter", "id": newsletter.pk}))
    row = Delivery.objects.get()
    assert (row.contact_id, row.subscription_id) == (people[0].pk, entry.pk)


def test_a_broker_file_is_written_to_as_a_whole() -> None:
    source = make_source(
        "Broker",
        kind=SourceKind.BROKER_PURCHASE,
        supplier="Example Data",
        lawful_basis=LawfulBasis.CONSENT,
        proof="contract 12",
    )
    assert source.kind in BROKER_KINDS
    (person,) = make_people(1, source=source)
    make_people(1, start=100)
    start(make_campaign(audience={"type": "source", "id": source.pk}))
    row = Delivery.objects.get()
    assert (row.contact_id, row.basis, row.source_id) == (person.pk, "broker", source.pk)


def test_whose_own_licence_ended_is_written_to_because_of_the_file() -> None:
    broker = make_source(
        "Broker", kind=SourceKind.BROKER_PURCHASE, supplier="Example Data", proof="contract 12"
    )
    members = make_source(
        "Members", licence_ends_on=timezone.localdate() - timedelta(days=1), channels=[Channel.EMAIL]
    )
    (person,) = make_people(1, source=members)
    add_source(contact=person, source=broker, by=None)
    assert Reach.objects.get(contact=person, channel="email").political  # as it was projected
    start(make_campaign(audience={"type": "source", "id": broker.pk}))
    row = Delivery.objects.get()
    assert (row.basis, row.source_id) == ("broker", broker.pk)
    assert source_for(person, {"type": "source", "id": broker.pk}) == broker.pk


def test_a_freeze_waits_until_a_change_of_a_source_has_reached_its_people() -> None:
    people = make_people(3)
    campaign = make_campaign()
    send_now(campaign=campaign, by=make_officer())
    update_source(source=make_source(), by=None, channels=[])
    Job.objects.update(state=Job.State.RUNNING, lease_until=timezone.now() + timedelta(minutes=1))
    assert lifecycle.freeze_waiting() == 0
    campaign.refresh_from_db()
    assert progress_context(campaign)["waits_for_source"]
    with pytest.raises(snapshot.FreezeStopped, match="waits for the people"):
        freezing.freeze(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.frozen_at) == (CampaignState.FREEZING, None)
    update_source(source=make_source(), by=None, channels=[Channel.EMAIL.value])
    Job.objects.update(state=Job.State.QUEUED, lease_until=None)  # behind an import of hours, perhaps
    assert lifecycle.freeze_waiting() == 1
    assert Delivery.objects.count() == len(people)


def test_service_messages_do_not_wait_for_sources() -> None:
    update_source(source=make_source(), by=None, channels=[])
    snapshot.wait_for_sources(make_campaign(kind="service"))


def test_a_killed_freeze_goes_on_with_the_people_of_its_first_instant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = make_people(30)
    campaign = make_campaign()
    send_now(campaign=campaign, by=make_officer())
    _stop_after(monkeypatch, chunks=1, chunk=10)
    with pytest.raises(KeyboardInterrupt):
        freezing.freeze(campaign.pk, chunk=10)
    make_people(5, start=100)  # too late to be written to
    monkeypatch.undo()

    found = freezing.freeze(campaign.pk, chunk=10)

    campaign.refresh_from_db()
    assert (found.recipients, campaign.state) == (30, CampaignState.SENDING)
    assert set(Delivery.objects.values_list("contact_id", flat=True)) == {person.pk for person in people}
    assert books(campaign) == {"queued": 30}


def test_a_freeze_whose_instant_is_lost_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make_people(30)
    campaign = make_campaign()
    send_now(campaign=campaign, by=make_officer())
    _stop_after(monkeypatch, chunks=1, chunk=10)
    with pytest.raises(KeyboardInterrupt):
        freezing.freeze(campaign.pk, chunk=10)
    monkeypatch.undo()
    with connection.cursor() as cursor:  # as PostgreSQL leaves an unlogged table after a crash
        cursor.execute(f"TRUNCATE staging.freeze_{campaign.pk}")
    make_people(5, start=100)

    found = freezing.freeze(campaign.pk, chunk=10)

    assert found.recipients == 35
    assert books(campaign) == {"queued": 35}


def test_a_campaign_cancelled_while_freezing_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make_people(30)
    campaign = make_campaign()
    send_now(campaign=campaign, by=make_officer())
    _stop_after(monkeypatch, chunks=2, chunk=10)
    with pytest.raises(KeyboardInterrupt):
        freezing.freeze(campaign.pk, chunk=10)
    monkeypatch.undo()
    cancel(campaign=campaign, by=make_officer())

    assert lifecycle.freeze_waiting() == 0
    assert lifecycle.sweep_cancelled() == 20
    assert lifecycle.finish() == 1

    campaign.refresh_from_db()
    assert (campaign.state, campaign.audience_count) == (CampaignState.CANCELLED, 20)
    assert books(campaign) == {"cancelled": 20}
    assert not _staging_exists(campaign)


def test_content_and_links_are_frozen_with_the_audience() -> None:
    make_people(1)
    campaign = start(make_campaign())
    assert campaign.compiled["subject"] == "Bonjour {{ first_name }}"
    assert list(Link.objects.filter(campaign=campaign).values_list("number", "url", "label")) == [
        (1, "https://example.org/programme", "Read on")
    ]


def test_what_cannot_be_frozen_is_a_draft_again_and_its_author_is_told() -> None:
    make_people(2)
    campaign = make_campaign()
    send_now(campaign=campaign, by=make_officer())
    Campaign.objects.filter(pk=campaign.pk).update(subject="")  # an edit that slipped through

    assert lifecycle.freeze_waiting() == 0

    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
    assert "The subject is empty." in campaign.pause_reason
    assert Delivery.objects.count() == 0
    assert Notification.objects.get().kind == "campaign.failed"


def start_in_chunks(campaign: Campaign, monkeypatch: pytest.MonkeyPatch, *, chunk: int) -> Campaign:
    send_now(campaign=campaign, by=make_officer())
    freezing.freeze(campaign.pk, chunk=chunk)
    campaign.refresh_from_db()
    return campaign


def _stop_after(monkeypatch: pytest.MonkeyPatch, *, chunks: int, chunk: int) -> None:
    """The worker dies before it begins the chunk after `chunks`."""
    copy = freezing._copy_chunk

    def dying(campaign: Campaign, start: int, end: int) -> int:
        if start >= chunks * chunk:
            raise KeyboardInterrupt
        return copy(campaign, start, end)

    monkeypatch.setattr(freezing, "_copy_chunk", dying)


def _staging_exists(campaign: Campaign) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"staging.freeze_{campaign.pk}"])
        return cursor.fetchone()[0] is not None


def _places() -> tuple[Territory, Territory]:
    department = Territory.objects.create(kind=TerritoryKind.DEPARTMENT, code="60", name="Oise")
    commune = Territory.objects.create(
        kind=TerritoryKind.COMMUNE, code="60057", name="Beauvais", parent=department
    )
    links: list[tuple[Any, Any, int]] = [(department, commune, 1), (commune, commune, 0)]
    TerritoryAncestor.objects.bulk_create(
        TerritoryAncestor(ancestor=ancestor, descendant=descendant, depth=depth)
        for ancestor, descendant, depth in links
    )
    return commune, department


def test_rows_lie_in_the_month_of_their_campaign() -> None:
    make_people(1)
    campaign = make_campaign(ledger_month=date(2026, 1, 1))
    start(campaign)
    assert Delivery.objects.get().ledger_month == date(2026, 1, 1)
    assert Delivery.objects.get().state == DeliveryState.QUEUED


def test_a_freeze_that_is_whole_needs_its_snapshot_no_more() -> None:
    make_people(3)
    campaign = make_campaign()
    send_now(campaign=campaign, by=make_officer())
    Campaign.objects.update(window_until=timezone.now() + timedelta(hours=1))
    with pytest.raises(snapshot.FreezeStopped, match="can still be cancelled"):
        freezing.freeze(campaign.pk)
    rows = list(Delivery.objects.values_list("contact_id", "due_at"))
    with connection.cursor() as cursor:  # as PostgreSQL leaves an unlogged table after a crash
        cursor.execute(f"TRUNCATE staging.freeze_{campaign.pk}")
    make_people(2, start=100)
    Campaign.objects.update(window_until=timezone.now())

    assert freezing.freeze(campaign.pk).recipients == 3

    assert list(Delivery.objects.values_list("contact_id", "due_at")) == rows


def test_the_planner_knows_the_partition_before_anything_can_leave() -> None:
    make_people(3)
    campaign = make_campaign()
    send_now(campaign=campaign, by=make_officer())
    Campaign.objects.update(window_until=timezone.now() + timedelta(hours=1))
    with pytest.raises(snapshot.FreezeStopped, match="can still be cancelled"):
        freezing.freeze(campaign.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [_partition(campaign)])
        assert cursor.fetchone() == (3,)


def _partition(campaign: Campaign) -> str:
    return f"messaging_delivery_y{campaign.ledger_month:%Y}m{campaign.ledger_month:%m}"
