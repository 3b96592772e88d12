"""Named cases of reachability; the property test beside it holds the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.enums import Channel, ConsentPurpose, MessageKind, SuppressionReason, SuppressionScope
from contacts.enums import UnreachableReason as Reason
from contacts.models import Contact, Source, Territory, TerritoryAncestor
from contacts.segments.audience import resolve_audience
from contacts.segments.reachability import Counts, count_reachable, reachable, why_not, why_not_person
from contacts.services.consents import record_consent
from contacts.services.people import create_contact
from contacts.services.suppressions import suppress

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
EMAIL: Any = {"channel": Channel.EMAIL, "kind": MessageKind.POLITICAL, "targeted": False, "at": NOON}
TARGETED = EMAIL | {"targeted": True}
SERVICE = EMAIL | {"kind": MessageKind.SERVICE}


@pytest.fixture
def form(db: None) -> Source:
    return Source.objects.create(
        name="Form", kind="form", lawful_basis="consent", channels=["email", "sms", "call", "post"]
    )


@pytest.fixture
def lea(form: Source) -> Contact:
    return create_contact(
        source=form, by=None, last_name="Martin", email="lea@example.org", phone="0639980001"
    )


def agree(contact: Contact, source: Source, *, given: bool = True, channel: Channel = Channel.EMAIL) -> None:
    record_consent(
        contact=contact,
        channel=channel,
        purpose=ConsentPurpose.TARGETING,
        given=given,
        source=source,
        by=None,
    )


@pytest.mark.parametrize(
    ("born", "reason"),
    [
        (None, None),
        (date(2010, 3, 1), None),  # 17 on the day
        (date(2010, 3, 2), Reason.UNDER_AGE),  # 17 tomorrow
        (date(1950, 1, 1), None),
    ],
)
def test_nobody_known_to_be_under_17_is_targeted(
    lea: Contact, form: Source, born: date | None, reason: Reason | None
) -> None:
    agree(lea, form)
    Contact.objects.filter(pk=lea.pk).update(birth_date=born)
    assert why_not_person(lea, **TARGETED) == reason
    assert reachable(Contact.objects.filter(pk=lea.pk), **TARGETED).exists() == (reason is None)
    assert why_not_person(lea, **EMAIL) is None


@pytest.mark.parametrize(
    ("born", "year", "reason"),
    [
        (None, 2010, None),  # 16 or 17: nobody knows
        (None, 2011, Reason.UNDER_AGE),
        (date(1950, 1, 1), 2011, None),  # a day goes before a year
    ],
)
def test_a_year_of_birth_that_leaves_no_doubt_counts(
    lea: Contact, form: Source, born: date | None, year: int, reason: Reason | None
) -> None:
    agree(lea, form)
    Contact.objects.filter(pk=lea.pk).update(birth_date=born, birth_year=year)
    assert why_not_person(lea, **TARGETED) == reason
    assert reachable(Contact.objects.filter(pk=lea.pk), **TARGETED).exists() == (reason is None)


def test_a_birthday_on_29_february_counts_from_1_march(lea: Contact, form: Source) -> None:
    agree(lea, form)
    Contact.objects.filter(pk=lea.pk).update(birth_date=date(2008, 2, 29))
    eve = TARGETED | {"at": datetime(2025, 2, 28, 12, tzinfo=UTC)}
    assert why_not_person(lea, **eve) == Reason.UNDER_AGE
    assert why_not_person(lea, **TARGETED | {"at": datetime(2025, 3, 1, 12, tzinfo=UTC)}) is None


def test_post_calls_and_service_messages_ask_for_no_targeting_consent(lea: Contact) -> None:
    assert why_not_person(lea, **TARGETED) == Reason.NO_TARGETING_CONSENT
    assert why_not_person(lea, **TARGETED | {"channel": Channel.SMS}) == Reason.NO_TARGETING_CONSENT
    assert why_not_person(lea, **TARGETED | {"channel": Channel.CALL}) is None
    assert why_not_person(lea, **TARGETED | {"kind": MessageKind.SERVICE}) is None


def test_a_targeting_consent_that_a_broker_sold_counts_for_nothing(lea: Contact) -> None:
    broker = Source.objects.create(
        name="Broker", kind="broker_purchase", lawful_basis="consent", channels=["email"], supplier="Example"
    )
    agree(lea, broker)
    assert why_not_person(lea, **TARGETED) == Reason.NO_TARGETING_CONSENT


def test_a_broker_file_is_opened_as_a_whole_and_never_by_a_criterion(db: None) -> None:
    broker = Source.objects.create(
        name="Broker", kind="broker_rental", lawful_basis="consent", channels=["email"], supplier="Example",
        licence_ends_on=date(2027, 3, 1),
    )  # fmt: skip
    ana = create_contact(source=broker, by=None, last_name="Almeida", email="ana@example.org")
    assert why_not_person(ana, **EMAIL) == Reason.BROKER_ONLY
    assert why_not_person(ana, **EMAIL | {"source": broker}) is None
    assert why_not_person(ana, **TARGETED | {"source": broker}) == Reason.BROKER_ONLY
    after = EMAIL | {"source": broker, "at": datetime(2027, 3, 2, 12, tzinfo=UTC)}
    assert why_not_person(ana, **after) == Reason.LICENCE_ENDED


def test_the_last_day_of_a_licence_is_a_day_of_the_local_calendar(db: None) -> None:
    source = Source.objects.create(
        name="Partner",
        kind="api",
        lawful_basis="consent",
        channels=["email"],
        licence_ends_on=date(2027, 3, 1),
    )
    ana = create_contact(source=source, by=None, last_name="Almeida", email="ana@example.org")
    late = datetime(2027, 3, 1, 22, 59, tzinfo=UTC)  # 23:59 in Paris
    assert why_not_person(ana, **EMAIL | {"at": late}) is None
    midnight = datetime(2027, 3, 1, 23, 0, tzinfo=UTC)
    assert why_not_person(ana, **EMAIL | {"at": midnight}) == Reason.LICENCE_ENDED


def test_a_withdrawal_beats_every_source_and_not_a_service_message(lea: Contact) -> None:
    record_consent(
        contact=lea, channel=Channel.EMAIL, purpose=ConsentPurpose.MESSAGES, given=False, by=None
    )  # fmt: skip
    assert why_not_person(lea, **EMAIL) == Reason.WITHDRAWN
    assert why_not_person(lea, **EMAIL | {"channel": Channel.SMS}) is None
    assert why_not_person(lea, **SERVICE) is None


def test_an_objection_ends_political_messages_and_an_erasure_all(lea: Contact) -> None:
    suppress(
        address="LEA@example.org", channel=Channel.EMAIL, scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE, by=None,
    )  # fmt: skip
    assert (why_not_person(lea, **EMAIL), why_not_person(lea, **SERVICE)) == (Reason.SUPPRESSED, None)
    suppress(
        address="lea@example.org", channel=Channel.EMAIL, scope=SuppressionScope.EVERYTHING,
        reason=SuppressionReason.ERASURE, by=None,
    )  # fmt: skip
    assert why_not_person(lea, **SERVICE) == Reason.SUPPRESSED


def test_people_who_share_an_address_count_once(form: Source) -> None:
    for first, last in (("Léa", "Martin"), ("Tom", "Martin"), ("Ana", "Almeida")):
        email = "ana@example.org" if first == "Ana" else "home@example.org"
        create_contact(source=form, by=None, first_name=first, last_name=last, email=email)
    everyone = Contact.objects.visible()
    assert count_reachable(everyone, **EMAIL) == Counts(3)
    assert count_reachable(everyone, **EMAIL, one_per_address=True) == Counts(2, {Reason.SAME_ADDRESS: 1})
    post = EMAIL | {"channel": Channel.POST}
    assert count_reachable(everyone, **post, one_per_address=True) == Counts(0, {Reason.NO_ADDRESS: 3})


def test_reasons_come_from_the_most_final_one_and_add_up(form: Source, lea: Contact) -> None:
    gone = create_contact(source=form, by=None, last_name="Erased", email="gone@example.org")
    Contact.objects.filter(pk=gone.pk).update(erased_at=NOON)
    create_contact(source=form, by=None, last_name="Silent")
    left_out = why_not(Contact.objects.all(), **EMAIL)
    assert list(left_out.items()) == [(Reason.ERASED, 1), (Reason.NO_ADDRESS, 1)]
    assert count_reachable(Contact.objects.all(), **EMAIL).audience == 3
    assert Contact.objects.visible().reachable(**EMAIL).get() == lea


def test_an_audience_is_counted_in_one_query_whatever_its_size(form: Source) -> None:
    for number in range(3):
        create_contact(source=form, by=None, last_name=f"P{number}", email=f"p{number}@example.org")
    with CaptureQueriesContext(connection) as queries:
        assert count_reachable(Contact.objects.visible(), **TARGETED).audience == 3
        assert reachable(Contact.objects.visible(), **EMAIL).count() == 3
    assert len(queries) == 3, "the two, and whether the rule of targeting refuses"


def test_a_person_never_projected_is_not_reachable(db: None) -> None:
    person = Contact.objects.create(last_name="New")
    assert why_not_person(person, **EMAIL) == Reason.NO_ADDRESS
    assert not reachable(Contact.objects.all(), **EMAIL).exists()


def test_whoever_lives_outside_the_territories_of_who_sends_is_left_out_and_counted(form: Source) -> None:
    region, inside, outside = (
        Territory.objects.create(kind=kind, code=code, name=code)
        for kind, code in (("region", "32"), ("commune", "60057"), ("commune", "69123"))
    )
    for place in (region, inside):  # a place is inside itself
        TerritoryAncestor.objects.create(ancestor=region, descendant=place, depth=0)
    for place in (inside, outside, None):
        name = place.name if place else "Nowhere"
        email = f"{name}@example.org"
        create_contact(source=form, by=None, last_name=name, commune=place, email=email)
    here = EMAIL | {"scope": {region.pk}}
    assert [person.last_name for person in Contact.objects.visible().reachable(**here)] == ["60057"]
    assert why_not(Contact.objects.all(), **here) == {Reason.OUT_OF_SCOPE: 2}
    assert count_reachable(Contact.objects.all(), **EMAIL | {"scope": set()}) == Counts(
        0, {Reason.OUT_OF_SCOPE: 3}
    )
    audience = resolve_audience({"type": "everyone"})
    terms: Any = {"channel": Channel.EMAIL, "kind": MessageKind.POLITICAL, "scope": {region.pk}}
    assert audience.counts(**terms) == Counts(0, {Reason.OUT_OF_SCOPE: 2, Reason.NO_TARGETING_CONSENT: 1})
    letters = terms | {"channel": Channel.POST}
    assert audience.counts(**letters).left_out.get(Reason.NO_TARGETING_CONSENT) is None
