"""Reach says what the law says, for any mix of sources, words, objections, addresses and dates."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contacts.enums import Channel, ConsentPurpose, LawfulBasis, MessageKind, PointStatus, SourceKind
from contacts.enums import SuppressionReason as Why
from contacts.enums import SuppressionScope as Scope
from contacts.models import (
    Consent,
    Contact,
    ContactSource,
    ElectoralRegistration,
    EmailAddress,
    PhoneNumber,
    PostalAddress,
    Reach,
    Source,
    Suppression,
    Territory,
    TerritoryAncestor,
)
from contacts.models.contact_points import PhoneLine
from contacts.segments.reachability import count_reachable, reachable, why_not_person
from contacts.services.projections import refresh_projections
from tests.contacts.segments.plain_reach import plain_point, plain_reason

TODAY = date(2027, 3, 1)
SHARED_EMAILS = [f"person{number}@example.org" for number in range(3)]
SHARED_PHONES = [f"+3363998000{number}" for number in range(3)]
LETTERS = [  # by their own name, their birth name, their elector's name at an address of theirs
    "0 person zoe|0 rue basse|lyon",
    "0 born zoe|0 rue basse|lyon",
    "0 person zoe|1 rue basse|nice",
    "0 person zoe|3 rue haute|60000",
    "0 ana roll|3 rue haute|60000",
    "0 ana used|0 rue basse|lyon",
    "0 person zoe|0 rue basse|",
]
LEFT = date(2026, 1, 1)
PLACES = ["60057", "69123"]
DAYS = st.sampled_from(
    [TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=40)]
)

sources = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(SourceKind.values),
        "lawful_basis": st.sampled_from(LawfulBasis.values),
        "channels": st.lists(st.sampled_from(Channel.values), unique=True),
        "licence_ends_on": st.none() | DAYS,
        "rank": st.integers(1, 3),
    }
)
emails = st.fixed_dictionaries(
    {
        "normalised": st.sampled_from(SHARED_EMAILS),
        "status": st.sampled_from(PointStatus.values),
        "verified": st.booleans(),
    }
)
phones = st.fixed_dictionaries(
    {
        "e164": st.sampled_from(SHARED_PHONES),
        "status": st.sampled_from(PointStatus.values),
        "line": st.sampled_from(PhoneLine.values),
        "verified": st.booleans(),
    }
)
posts = st.fixed_dictionaries(
    {"city": st.sampled_from(["", "Lyon", "Nice"]), "status": st.sampled_from(PointStatus.values)}
)
consents = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(Channel.values),
        "purpose": st.sampled_from(["messages", "messages", "targeting", "targeting", "measurement"]),
        "given": st.booleans(),
        "minute": st.integers(0, 2),  # several entries of one moment: the later row holds
        "source": st.none() | st.integers(0, 3),
    }
)
people = st.fixed_dictionaries(
    {
        "birth_date": st.none()
        | st.sampled_from([date(2010, 2, 28), date(2010, 3, 1), date(2010, 3, 2), date(1960, 1, 1)]),
        "birth_year": st.none() | st.sampled_from([2009, 2010, 2011, 1960]),
        "erased": st.sampled_from([False, False, False, True]),
        "emails": st.lists(emails, max_size=2, unique_by=lambda point: point["normalised"]),
        "phones": st.lists(phones, max_size=2, unique_by=lambda point: point["e164"]),
        "posts": st.lists(posts, max_size=2, unique_by=lambda point: point["city"]),
        "sources": st.dictionaries(
            st.integers(0, 3),
            st.none() | st.lists(st.lists(st.sampled_from(Channel.values)), min_size=1, max_size=2),
            max_size=3,
        ),
        "registration": st.none()
        | st.tuples(
            st.integers(0, 3), st.sampled_from(["", "3 rue Haute"]), st.sampled_from([None, None, LEFT])
        ),
        "commune": st.none() | st.sampled_from(PLACES),
        "consents": st.lists(consents, max_size=4),
    }
)
suppressions = st.fixed_dictionaries(
    {
        "point": st.sampled_from(
            [("email", one) for one in SHARED_EMAILS]
            + [("phone", one) for one in SHARED_PHONES]
            + [("post", one) for one in LETTERS]
        ),
        "channel": st.sampled_from([*Channel.values, "post"]),
        "scope": st.sampled_from(Scope.values),
        "reason": st.sampled_from(Why.values),
        "lifted": st.booleans(),
    }
)
worlds = st.fixed_dictionaries(
    {
        "sources": st.lists(sources, min_size=4, max_size=4),
        "people": st.lists(people, min_size=1, max_size=3),
        "suppressions": st.lists(
            suppressions,
            max_size=3,
            unique_by=lambda entry: (entry["point"], entry["channel"], entry["scope"]),
        ),
    }
)
sends = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(list(Channel)),
        "kind": st.sampled_from([MessageKind.POLITICAL, MessageKind.POLITICAL, MessageKind.SERVICE]),
        "targeted": st.booleans(),
        "source": st.none() | st.integers(0, 3),
        "scope": st.none() | st.lists(st.sampled_from(PLACES), max_size=1),
        "day": DAYS,
    }
)


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds, asked=st.lists(sends, min_size=6, max_size=6))
def test_reach_agrees_with_the_plain_definition(world: dict[str, Any], asked: list[dict[str, Any]]) -> None:
    with transaction.atomic():
        made, contacts = _make(world)
        refresh_projections([contact.pk for contact in contacts])
        for contact in contacts:
            for channel in Channel.values:
                row = Reach.objects.get(contact=contact, channel=channel)
                assert row.point_id == plain_point(contact, channel)
                _says_why(row, contact, asked[0]["day"])
        for send in asked:
            _compare(made, contacts, send)
        transaction.set_rollback(True)


def _says_why(row: Reach, contact: Contact, day: date) -> None:
    """What one row says of a political message to anybody, and the query that finds the open ones."""
    terms = {"channel": row.channel, "kind": MessageKind.POLITICAL, "targeted": False, "source": None}
    reason = plain_reason(contact, **terms, day=day)
    assert row.closed_because(day) == reason
    assert Reach.objects.open_on(day).filter(pk=row.pk).exists() == (reason is None)


def _compare(made: list[Source], contacts: list[Contact], send: dict[str, Any]) -> None:
    source = None if send["source"] is None else made[send["source"]]
    noon = timezone.make_aware(datetime.combine(send["day"], time(12)))
    scope = None if send["scope"] is None else {_place(code).pk for code in send["scope"]}
    terms = {"channel": send["channel"], "kind": send["kind"], "targeted": send["targeted"], "source": source}
    terms |= {"scope": scope}
    expected = {contact.pk: plain_reason(contact, **(terms | {"day": send["day"]})) for contact in contacts}
    everyone = Contact.objects.filter(pk__in=expected)
    assert {contact.pk: why_not_person(contact, **terms, at=noon) for contact in contacts} == expected
    reached = set(reachable(everyone, **terms, at=noon).values_list("pk", flat=True))
    assert reached == {pk for pk, reason in expected.items() if reason is None}
    counts = count_reachable(everyone, **terms, at=noon)
    assert counts.reachable == len(reached)
    assert counts.audience == len(contacts)
    left_out = [reason for reason in expected.values() if reason is not None]
    assert counts.left_out == {reason: left_out.count(reason) for reason in set(left_out)}


def _make(world: dict[str, Any]) -> tuple[list[Source], list[Contact]]:
    made = [_source(number, values) for number, values in enumerate(world["sources"])]
    contacts = [_person(number, values, made) for number, values in enumerate(world["people"])]
    for entry in world["suppressions"]:
        _suppress(entry)
    return made, contacts


def _source(number: int, values: dict[str, Any]) -> Source:
    if values["kind"] == SourceKind.BROKER_RENTAL and values["licence_ends_on"] is None:
        values = values | {"licence_ends_on": TODAY + timedelta(days=300)}  # the database asks for an end
    return Source.objects.create(name=f"Source {number}", supplier="Example Data", **values)


def _person(number: int, values: dict[str, Any], made: list[Source]) -> Contact:
    contact = Contact.objects.create(
        first_name="Zoé",
        last_name=f"Person {number}",
        birth_name=f"Born {number}",
        birth_date=values["birth_date"],
        birth_year=values["birth_year"],
        commune=None if values["commune"] is None else _place(values["commune"]),
        erased_at=timezone.now() if values["erased"] else None,
    )
    for place, point in enumerate(values["emails"]):
        EmailAddress.objects.create(
            contact=contact,
            address=point["normalised"],
            normalised=point["normalised"],
            status=point["status"],
            is_primary=place == 1,
            verified_at=timezone.now() if point["verified"] else None,
        )
    for place, point in enumerate(values["phones"]):
        PhoneNumber.objects.create(
            contact=contact,
            e164=point["e164"],
            line=point["line"],
            status=point["status"],
            is_primary=place == 0,
            verified_at=timezone.now() if point["verified"] else None,
        )
    for place, point in enumerate(values["posts"]):
        PostalAddress.objects.create(
            contact=contact,
            line1=f"{place} rue Basse",
            city=point["city"],
            status=point["status"],
            is_primary=place == 1,
        )
    for source, silent in values["sources"].items():
        said = None if silent is None else [{"import": 1, "not": channels, "rows": []} for channels in silent]
        ContactSource.objects.create(contact=contact, source=made[source], said=said)
    if values["registration"] is not None:
        source, street, left_on = values["registration"]
        ElectoralRegistration.objects.create(
            identity=uuid.uuid4(),
            source=made[source],
            contact=contact,
            commune=_place("60057"),
            street=street,
            left_on=left_on,
            postcode="60000",
            birth_name=f"ROLL {number}",
            used_name=f"USED {number}",
            first_names="Ana, Marie",
        )
    for said in values["consents"]:
        Consent.objects.create(
            contact=contact,
            channel=said["channel"],
            purpose=ConsentPurpose(said["purpose"]),
            given=said["given"],
            at=datetime(2027, 1, 1, 12, said["minute"], tzinfo=UTC),
            source=None if said["source"] is None else made[said["source"]],
        )
    return contact


def _place(code: str) -> Territory:
    place, made = Territory.objects.get_or_create(kind="commune", code=code, defaults={"name": code})
    if made:
        TerritoryAncestor.objects.create(ancestor=place, descendant=place, depth=0)
    return place


def _suppress(entry: dict[str, Any]) -> None:
    from campaign_crm.platform.crypto import keyed_hash

    purpose, address = entry["point"]
    Suppression.objects.create(
        address_hash=keyed_hash(purpose, address),
        channel=entry["channel"],
        scope=entry["scope"],
        reason=entry["reason"],
        lifted_at=timezone.now() if entry["lifted"] else None,
    )
