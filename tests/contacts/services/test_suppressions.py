"""The do-not-contact list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import AuditEntry
from contacts.enums import Channel, MessageKind, SuppressionReason, SuppressionScope
from contacts.models import Contact, Reach, Source, Suppression
from contacts.services.addresses import InvalidAddress
from contacts.services.people import create_contact
from contacts.services.suppressions import (
    address_hash_for,
    lift_by_person,
    lift_hard_bounce,
    suppress,
    suppressed_hashes,
)

HASH = keyed_hash("email", "lea@example.org")
POLITICAL, EVERYTHING = SuppressionScope.POLITICAL, SuppressionScope.EVERYTHING


def _suppress(scope: SuppressionScope, reason: SuppressionReason, **detail: int) -> Suppression:
    return suppress(
        address="Lea@Example.org", channel=Channel.EMAIL, scope=scope, reason=reason, detail=detail, by=None
    )


@pytest.mark.django_db
def test_an_entry_is_a_hash_and_holds_no_address() -> None:
    entry = _suppress(POLITICAL, SuppressionReason.UNSUBSCRIBE, campaign=3)
    assert bytes(entry.address_hash) == HASH == address_hash_for(Channel.EMAIL, "lea@example.org")
    assert entry.detail == {"campaign": 3}
    audited = AuditEntry.objects.get(action="suppression.add")
    assert "lea" not in str(audited.detail)


@pytest.mark.django_db
def test_twice_is_once_and_the_first_reason_stays() -> None:
    first = _suppress(POLITICAL, SuppressionReason.UNSUBSCRIBE, campaign=3)
    second = _suppress(POLITICAL, SuppressionReason.OBJECTION, campaign=4)
    assert second == first
    assert (second.reason, second.detail) == (SuppressionReason.UNSUBSCRIBE, {"campaign": 3})
    assert _suppress(EVERYTHING, SuppressionReason.COMPLAINT) != first


@pytest.mark.django_db
def test_what_a_person_said_takes_over_a_bounce_and_not_the_reverse() -> None:
    _suppress(EVERYTHING, SuppressionReason.HARD_BOUNCE)
    entry = _suppress(EVERYTHING, SuppressionReason.COMPLAINT, campaign=9)
    assert (entry.reason, entry.detail) == (SuppressionReason.COMPLAINT, {"campaign": 9})
    entry = _suppress(EVERYTHING, SuppressionReason.HARD_BOUNCE)
    assert entry.reason == SuppressionReason.COMPLAINT
    assert not lift_hard_bounce(address_hash=HASH, channel=Channel.EMAIL, by=None)


def test_an_objection_waits_for_a_person_who_comes_later(form: Source, reach: Callable[..., Reach]) -> None:
    """The entry survives erasure: the address imported again is not written to."""
    _suppress(POLITICAL, SuppressionReason.OBJECTION)
    lea = create_contact(source=form, by=None, last_name="Martin", email="lea@example.org")
    assert not reach(lea).political


def test_only_a_confirmed_act_of_the_person_lifts_an_objection(
    lea: Contact, reach: Callable[..., Reach]
) -> None:
    entry = _suppress(POLITICAL, SuppressionReason.UNSUBSCRIBE)
    with pytest.raises(ValueError, match="confirmed act of the person"):
        lift_by_person(address_hash=HASH, channel=Channel.EMAIL, proof={})
    assert lift_by_person(address_hash=HASH, channel=Channel.EMAIL, proof={"submission": 7})
    entry.refresh_from_db()
    assert entry.lifted_at is not None
    assert entry.detail == {"lifted_by": {"submission": 7}}
    assert reach(lea).political
    assert not lift_by_person(address_hash=HASH, channel=Channel.EMAIL, proof={"submission": 8})


def test_an_erasure_is_lifted_by_nobody(lea: Contact, reach: Callable[..., Reach]) -> None:
    _suppress(EVERYTHING, SuppressionReason.ERASURE)
    assert not lift_by_person(address_hash=HASH, channel=Channel.EMAIL, proof={"submission": 7})
    assert not lift_hard_bounce(address_hash=HASH, channel=Channel.EMAIL, by=None)
    assert not reach(lea).service


def test_stop_by_sms_leaves_calls_and_e_mail_alone(lea: Contact, reach: Callable[..., Reach]) -> None:
    suppress(
        address="0639980001",
        channel=Channel.SMS,
        scope=POLITICAL,
        reason=SuppressionReason.STOP,
        by=None,
    )
    assert [reach(lea, channel).political for channel in ("sms", "call", "email")] == [False, True, True]


@pytest.mark.django_db
def test_the_last_look_before_handing_over() -> None:
    other = keyed_hash("email", "tom@example.org")
    _suppress(POLITICAL, SuppressionReason.UNSUBSCRIBE)
    suppress(
        address_hash=other,
        channel=Channel.EMAIL,
        scope=EVERYTHING,
        reason=SuppressionReason.HARD_BOUNCE,
        by=None,
    )
    asked = [HASH, other, keyed_hash("email", "ana@example.org")]
    for kind, expected in ((MessageKind.POLITICAL, {HASH, other}), (MessageKind.SERVICE, {other})):
        assert suppressed_hashes(asked, channel=Channel.EMAIL, kind=kind) == expected
    assert suppressed_hashes(asked, channel=Channel.SMS, kind=MessageKind.POLITICAL) == set()


@pytest.mark.django_db
def test_what_is_no_address_is_not_suppressed() -> None:
    with pytest.raises(InvalidAddress):
        suppress(
            address="nobody",
            channel=Channel.EMAIL,
            scope=POLITICAL,
            reason=SuppressionReason.OBJECTION,
            by=None,
        )
