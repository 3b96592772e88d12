"""Erasing somebody while messages to them are prepared, and messages to an address that was nobody's yet."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.jobs import run_one_due_job
from contacts.models import Contact
from contacts.requests.erasing import hide_person
from contacts.requests.removing import remove, who_waits
from messaging.dispatch import freeze as freezing
from messaging.dispatch import snapshot
from messaging.models import Campaign, Delivery, Reply
from messaging.services.campaigns import send_now
from tests.messaging.people import make_campaign, make_officer, make_people

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def var(settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def frozen(people: int) -> tuple[Campaign, list[Contact]]:
    """A campaign whose recipients are known, and none copied to the ledger."""
    found = make_people(people)
    campaign = make_campaign()
    send_now(campaign=campaign, by=make_officer())
    return snapshot.take_snapshot(campaign.pk), found


def address_of(person: Contact) -> str:
    return str(person.emailaddress_set.get().address)


def test_whoever_is_erased_during_a_freeze_is_counted_and_named_nowhere() -> None:
    campaign, (gone, stays) = frozen(2)
    address = address_of(gone)
    hide_person(contact=gone, by=None)
    assert run_one_due_job(), "the freeze's own job, or the erasure's"
    with transaction.atomic():
        remove(list(Contact.objects.filter(pk=gone.pk).values_list("pk", flat=True)))
    freezing._copy_chunk(campaign, 0, 2)
    rows = {row.contact_id: row for row in Delivery.objects.of_campaign(campaign)}
    assert len(rows) == 2
    assert (rows[gone.pk].state, rows[gone.pk].address) == ("suppressed", "")
    assert bytes(rows[gone.pk].address_hash) != keyed_hash("email", address)
    assert (rows[stays.pk].state, rows[stays.pk].address) == ("queued", address_of(stays))


def test_an_erasure_waits_for_a_chunk_that_is_being_copied() -> None:
    campaign, (gone, _stays) = frozen(2)
    hide_person(contact=gone, by=None)
    failed: list[BaseException] = []

    def removing() -> None:
        try:
            with transaction.atomic():
                remove([gone.pk])
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    other_session = threading.Thread(target=removing)
    with transaction.atomic():
        Contact.objects.filter(pk=gone.pk).update(erased_at=None)  # as the chunk saw them
        freezing._copy_chunk(campaign, 0, 2)
        other_session.start()
        other_session.join(1)
        assert other_session.is_alive()
    other_session.join(20)
    assert not failed
    assert Delivery.objects.get(contact_id=gone.pk).address == ""


def nobodys(address: str, state: str, occasion: str) -> Delivery:
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_ensure_partition('messaging_delivery', %s::date)", [MONTH])
    campaign = Campaign.objects.get_or_create(name="Links", subject="Hello", ledger_month=MONTH)[0]
    return Delivery.objects.create(
        ledger_month=MONTH, campaign=campaign, contact_id=0, occasion=occasion, state=state,
        address=address, address_hash=keyed_hash("email", address), context={"p1": "Zoé"},
        lease_until=timezone.now() if state == "claimed" else None,
    )  # fmt: skip


def test_messages_and_answers_of_an_address_go_with_its_owner_only() -> None:
    gone, stays = make_people(2)
    theirs, others = address_of(gone), address_of(stays)
    for number, address in enumerate((theirs, others)):
        nobodys(address, "delivered", f"sent-{number}")
        nobodys(address, "queued", f"waits-{number}")
        Reply.objects.create(digest=bytes([number]) * 32, at=timezone.now(), from_address=address.upper())
    hide_person(contact=gone, by=None)
    with transaction.atomic():
        remove([gone.pk])
    left = Delivery.objects.filter(address="").order_by("occasion")
    assert [(row.state, row.context) for row in left] == [("delivered", None), ("suppressed", None)]
    assert Delivery.objects.filter(address=others, state="queued").exists()
    assert [reply.from_address for reply in Reply.objects.all()] == [others.upper()]


def test_whoever_has_a_message_to_their_address_in_hand_waits() -> None:
    (gone,) = make_people(1)
    nobodys(address_of(gone), "claimed", "link")
    assert who_waits([gone.pk]) == {gone.pk}


def test_an_address_that_a_neighbour_has_too_stays_theirs() -> None:
    gone, stays = make_people(2)
    point = stays.emailaddress_set.get()
    address = address_of(gone)
    point.address = point.normalised = address
    point.save()
    nobodys(address, "delivered", "link")
    hide_person(contact=gone, by=None)
    with transaction.atomic():
        remove([gone.pk])
    assert Delivery.objects.get().address == address
