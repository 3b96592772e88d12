"""A person who stood in the base twice is answered and erased under every number they ever had."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.jobs import run_one_due_job
from contacts.merging.service import merge, unmerge
from contacts.models import Contact, Erasure, ImportChange, Merge, Suppression
from contacts.models.import_run import Import
from contacts.requests import ledger
from contacts.requests.erasing import hide_person
from contacts.requests.facts import everything_about
from contacts.requests.removing import who_waits
from contacts.services.people import create_contact
from messaging.models import Campaign, Delivery
from messaging.why.finding import messages_of
from tests.contacts.requests.conftest import ADDRESS

pytestmark = pytest.mark.django_db
MONTH = date(2026, 11, 1)
OTHER = "lea.martin@work.example"


@pytest.fixture(autouse=True)
def var(settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def lea_again(members) -> Contact:
    return create_contact(source=members, by=None, first_name="Lea", last_name="Martin", email=OTHER)


@pytest.fixture
def sent_to_both(lea, lea_again) -> Campaign:
    campaign = Campaign.objects.create(name="Letter", subject="Hello", ledger_month=MONTH)
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_ensure_partition('messaging_delivery', %s::date)", [MONTH])
    for contact, address in ((lea, ADDRESS), (lea_again, OTHER)):
        Delivery.objects.create(
            ledger_month=MONTH, campaign=campaign, contact=contact, state="delivered",
            address=address, address_hash=keyed_hash("email", address),
        )  # fmt: skip
    return campaign


def test_an_answer_tells_the_messages_of_both_records(lea, lea_again, sent_to_both, handler) -> None:
    merge(kept=lea, absorbed=lea_again, by=handler)
    (told,) = [section for section in everything_about(lea) if section.table == "messaging_delivery"]
    assert {row["To"] for row in told.rows} == {ADDRESS, OTHER}
    assert {delivery.address for delivery in messages_of(lea)} == {ADDRESS, OTHER}


def test_an_erasure_empties_what_stayed_under_the_old_number(
    lea, lea_again, members, sent_to_both, handler
) -> None:
    run = Import.objects.create(kind="address-book", source=members, file_name="a.csv", file_path="")
    ImportChange.objects.create(
        import_run=run, table="contact", row_id=lea_again.pk, before={"first_name": "Lela"}, after={}
    )
    merge(kept=lea, absorbed=lea_again, by=handler)
    assert Delivery.objects.filter(contact_id=lea_again.pk).get().address == OTHER, "both got the mailing"
    hide_person(contact=lea, by=handler)
    run_one_due_job()
    assert {delivery.address for delivery in Delivery.objects.all()} == {""}
    hashes = {bytes(delivery.address_hash) for delivery in Delivery.objects.all()}
    assert not hashes & {keyed_hash("email", ADDRESS), keyed_hash("email", OTHER)}
    assert not ImportChange.objects.exists()
    assert not Erasure.objects.filter(gone_at=None).exists()


def test_whoever_has_a_message_in_hand_under_the_old_number_waits(
    lea, lea_again, sent_to_both, handler
) -> None:
    merge(kept=lea, absorbed=lea_again, by=handler)
    Delivery.objects.create(
        ledger_month=MONTH, campaign=sent_to_both, contact_id=lea_again.pk, occasion="ticket",
        state="claimed", lease_until=timezone.now(), address=OTHER,
        address_hash=keyed_hash("email", OTHER),
    )  # fmt: skip
    assert who_waits([lea.pk]) == {lea.pk}


def test_a_backup_from_before_the_merge_brings_neither_record_back(
    lea, lea_again, handler, django_capture_on_commit_callbacks
) -> None:
    merge(kept=lea, absorbed=lea_again, by=handler)
    with django_capture_on_commit_callbacks(execute=True):
        hide_person(contact=lea, by=handler)
    assert {line["number"] for line in ledger.read()} == {lea.pk, lea_again.pk}
    run_one_due_job()
    # As restored from before the merge: two records, nothing known of the erasure.
    Suppression.objects.all().delete()
    Erasure.objects.all().delete()
    Contact.objects.create(pk=lea.pk, created_at=lea.created_at, first_name="Léa", last_name="Martin")
    Contact.objects.create(
        pk=lea_again.pk, created_at=lea_again.created_at, first_name="Lea", last_name="Martin"
    )
    assert ledger.replay().people == 2
    assert not Contact.objects.visible().exists()


def test_a_backup_in_which_they_were_still_one_gives_back_only_the_other(
    lea, lea_again, handler, django_capture_on_commit_callbacks
) -> None:
    done = merge(kept=lea, absorbed=lea_again, by=handler)
    restored = unmerge(merge=done, by=handler)
    with django_capture_on_commit_callbacks(execute=True):
        hide_person(contact=restored, by=handler)
    # As restored from a moment when both were one record: merge them again.
    Contact.objects.filter(pk=restored.pk).update(erased_at=None)
    Erasure.objects.all().delete()
    merge(kept=lea, absorbed=Contact.objects.get(pk=restored.pk), by=handler)
    assert ledger.replay().people == 1
    assert list(Contact.objects.visible()) == [lea]
    assert not lea.emailaddress_set.filter(address=OTHER).exists()


def test_a_merge_that_was_undone_forgets_whoever_is_erased(lea, lea_again, handler) -> None:
    done = merge(kept=lea, absorbed=lea_again, by=handler)
    restored = unmerge(merge=done, by=handler)
    hide_person(contact=restored, by=handler)
    run_one_due_job()
    assert not Merge.objects.exists(), "its snapshot held the record as it was"
    assert list(Contact.objects.visible()) == [lea]
