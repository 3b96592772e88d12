"""What people refused outlives the database: kept as it happens, and refused again after a restore."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.merging.service import merge
from contacts.models import Consent, Contact, Newsletter, Reach, Source, Subscription, Suppression
from contacts.services import kept_refusals
from contacts.services.consents import record_consent
from contacts.services.people import create_contact
from contacts.services.sources import create_source
from contacts.services.stop_entries import add_entries, take_back
from contacts.services.stopped_addresses import Stopped, stop_addresses
from contacts.services.subscriptions import end_all_subscriptions, end_subscription, subscribe
from contacts.services.suppressions import lift_by_person, suppress

pytestmark = pytest.mark.django_db
ADDRESS = "tom@example.org"


@pytest.fixture(autouse=True)
def var(settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def members(db) -> Source:
    return create_source(
        by=None, name="Members", kind="hand", lawful_basis="member", channels=["email", "sms"]
    )


@pytest.fixture
def tom(members) -> Contact:
    return create_contact(source=members, by=None, first_name="Tom", last_name="Roy", email=ADDRESS)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def refuse(at=None) -> Suppression:
    return suppress(
        channel=Channel.EMAIL, scope=SuppressionScope.POLITICAL, reason=SuppressionReason.UNSUBSCRIBE,
        address=ADDRESS, at=at, by=None,
    )  # fmt: skip


def withdraw(contact: Contact, at=None) -> Consent:
    return record_consent(
        contact=contact, channel=Channel.SMS, purpose=ConsentPurpose.MESSAGES, given=False, at=at, by=None
    )


def test_a_refusal_holds_again_once_and_names_nobody(tom, committed) -> None:
    with committed():
        refuse()
    assert ADDRESS not in kept_refusals.path().read_text()
    assert kept_refusals.path().stat().st_mode & 0o777 == 0o600
    Suppression.objects.all().delete()
    assert (kept_refusals.replay(), kept_refusals.replay()) == (1, 0)
    entry = Suppression.objects.in_force().get()
    assert (entry.channel, entry.reason) == ("email", "unsubscribe")
    assert not Reach.objects.filter(contact=tom, channel="email", political=True).exists()


def test_a_refusal_that_the_person_lifted_before_the_backup_stays_lifted(tom, committed) -> None:
    with committed():
        refuse()
    lift_by_person(address_hash=keyed_hash("email", ADDRESS), channel=Channel.EMAIL, proof={"submission": 1})
    assert kept_refusals.replay() == 0
    assert not Suppression.objects.in_force().exists()


def test_what_providers_report_and_files_say_is_kept_too_until_a_file_is_taken_back(tom, committed) -> None:
    digest, other = keyed_hash("email", ADDRESS), keyed_hash("email", "ana@example.org")
    with committed():
        stop_addresses(
            channel=Channel.EMAIL, scope=SuppressionScope.EVERYTHING, reason=SuppressionReason.COMPLAINT,
            stopped=[Stopped(digest, {})],
        )  # fmt: skip
    entries = (
        "SELECT %(hash)s::bytea AS address_hash, 'email' AS channel, 'political' AS scope,"
        " 'imported' AS reason, now() AS at"
    )
    with committed():
        add_entries(entries, {"hash": other}, import_id=7)
    Suppression.objects.all().delete()
    assert kept_refusals.replay() == 2
    with committed():
        take_back(7)
    Suppression.objects.all().delete()
    assert kept_refusals.replay() == 1
    assert bytes(Suppression.objects.get().address_hash) == digest


def test_a_withdrawal_is_said_again_with_its_own_day(tom, committed) -> None:
    at = timezone.now() - timedelta(days=2)
    with committed():
        withdraw(tom, at)
    Consent.objects.all().delete()
    assert (kept_refusals.replay(), kept_refusals.replay()) == (1, 0)
    assert Consent.objects.get().at == at


def test_a_number_given_out_again_withdraws_nothing_of_anybody_else(tom, committed) -> None:
    with committed():
        record_consent(
            contact=tom, channel=Channel.SMS, purpose=ConsentPurpose.MESSAGES, given=False, by=None
        )
    number = tom.pk
    tom.delete()
    Contact.objects.create(pk=number, first_name="Ana")
    assert kept_refusals.replay() == 0


def test_somebody_merged_since_is_found_under_the_number_of_today(tom, members, committed) -> None:
    with committed():
        record_consent(
            contact=tom, channel=Channel.SMS, purpose=ConsentPurpose.MESSAGES, given=False, by=None
        )
    Consent.objects.all().delete()
    kept = create_contact(source=members, by=None, first_name="Thomas", last_name="Roy")
    merge(kept=kept, absorbed=tom, by=None)
    assert kept_refusals.replay() == 1
    assert Consent.objects.get().contact == kept


def test_newsletters_that_people_left_stay_left(tom, members, committed) -> None:
    local, other = (Newsletter.objects.create(name=name) for name in ("Local", "Europe"))
    for newsletter in (local, other):
        subscribe(contact=tom, newsletter=newsletter, source=members, by=None)
    with committed():
        assert end_subscription(contact=tom, newsletter=local, by=None)
    with committed():
        assert end_all_subscriptions(contact=tom, by=None) == 1
    Subscription.objects.update(ended_at=None)
    assert (kept_refusals.replay(), kept_refusals.replay()) == (2, 0)
    assert not Subscription.objects.filter(ended_at=None).exists()


def test_the_database_that_is_replaced_tells_what_the_file_lacks(tom, committed) -> None:
    with committed():
        refuse()
    withdraw(tom)
    kept_refusals.save_all()
    kept_refusals.save_all()
    assert len(kept_refusals.path().read_text().splitlines()) == 2
