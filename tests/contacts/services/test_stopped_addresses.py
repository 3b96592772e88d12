"""Many addresses are stopped at once, each with its entry in the journal, and everybody projected again."""

from __future__ import annotations

import pytest

from campaign_crm.platform.models import AuditEntry
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.models import EmailAddress, Reach, Suppression
from contacts.services.stopped_addresses import Stopped, stop_addresses
from tests.messaging.people import make_people

pytestmark = pytest.mark.django_db


def stop(reason: SuppressionReason, hashes: list[bytes], campaign: int = 1) -> int:
    return stop_addresses(
        channel=Channel.EMAIL,
        scope=SuppressionScope.EVERYTHING,
        reason=reason,
        stopped=[Stopped(digest, {"campaign": campaign}) for digest in hashes],
    )


def hashes() -> list[bytes]:
    return [bytes(point.address_hash) for point in EmailAddress.objects.order_by("pk")]


def test_returned_addresses_are_stopped_for_everybody_who_has_them() -> None:
    first, second = make_people(2)
    EmailAddress.objects.filter(contact=second).update(address_hash=hashes()[0])
    assert stop(SuppressionReason.HARD_BOUNCE, hashes()) == 1
    assert stop(SuppressionReason.HARD_BOUNCE, hashes()) == 0
    assert set(EmailAddress.objects.values_list("status", flat=True)) == {"bounced"}
    assert AuditEntry.objects.filter(action="suppression.add").count() == 1
    reached = Reach.objects.filter(contact__in=[first, second], channel="email", political=True)
    assert not reached.exists()


def test_what_a_person_did_is_worth_more_than_a_return_and_never_the_other_way_round() -> None:
    make_people(1)
    stop(SuppressionReason.HARD_BOUNCE, hashes())
    stop(SuppressionReason.COMPLAINT, hashes(), campaign=2)
    stop(SuppressionReason.HARD_BOUNCE, hashes(), campaign=3)
    kept = Suppression.objects.get()
    assert (kept.reason, kept.detail) == ("complaint", {"campaign": 2})


def test_nobody_is_nothing() -> None:
    assert stop(SuppressionReason.COMPLAINT, []) == 0
