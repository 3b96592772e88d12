"""Addresses and numbers of a person, and what follows for their reach."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import AuditEntry, User
from contacts.enums import Channel, PointStatus, SuppressionReason, SuppressionScope, UnreachableReason
from contacts.models import Consent, Contact, EmailAddress, Reach, Source, Suppression
from contacts.services.contact_points import (
    add_email,
    add_phone,
    add_postal_address,
    confirm_point,
    remove_point,
    set_primary,
)
from contacts.services.suppressions import suppress
from tests.support.bounces import bounce

Row = Callable[..., Reach]


def test_the_first_address_is_the_main_one_and_twice_is_once(
    lea: Contact, form: Source, officer: User
) -> None:
    second = add_email(contact=lea, address="Lea.Martin@Example.com", source=form, by=officer)
    again = add_email(contact=lea, address="lea.martin@example.com", source=form, by=officer)
    assert again == second
    assert [(point.normalised, point.is_primary) for point in lea.emailaddress_set.order_by("pk")] == [
        ("lea@example.org", True),
        ("lea.martin@example.com", False),
    ]
    assert second.address == "Lea.Martin@Example.com"
    entry = AuditEntry.objects.filter(action="contact.add_emailaddress").latest("pk")
    assert (entry.actor, entry.object_id, entry.detail) == (officer, str(lea.pk), {"point": second.pk})


def test_search_and_reach_follow_a_new_address(form: Source, reach: Row) -> None:
    person = Contact.objects.create(last_name="Almeida")
    add_email(contact=person, address="ana@example.org", source=form, by=None)
    add_phone(contact=person, number="0639980009", source=form, by=None)
    person.refresh_from_db()
    assert person.search_text == "almeida ana example org 33639980009 0639980009"
    assert reach(person, "email").service
    assert reach(person, "sms").point_id == person.phonenumber_set.get().pk


def test_one_postal_address_written_in_two_ways_is_one(lea: Contact, form: Source) -> None:
    first = add_postal_address(
        contact=lea, source=form, by=None, line1="3, rue de l'Église", postcode="60000", city="Beauvais"
    )
    second = add_postal_address(
        contact=lea, source=form, by=None, line1="3 RUE DE L EGLISE", postcode="60000", city="BEAUVAIS"
    )
    assert second == first
    assert lea.postaladdress_set.count() == 1


def test_two_hamlets_of_one_postcode_are_two_addresses(lea: Contact, form: Source) -> None:
    place = {"postcode": "60000", "city": "Beauvais"}
    for lines in (
        {"locality": "Le Moulin"},
        {"locality": "LE MOULIN"},
        {"locality": "La Forge"},
        {"locality": "La Forge", "line1": "3 bis"},
        {"line2": "Chez Petit"},
        {"line1": "3 rue Haute"},
        {"line1": "3 rue Haute", "locality": "Le Moulin", "line2": "Apt 3"},  # the same home
    ):
        add_postal_address(contact=lea, source=form, by=None, **lines, **place)
    assert sorted(lea.postaladdress_set.values_list("folded", flat=True)) == [
        "3 bis la forge 60000 beauvais",
        "3 rue haute 60000 beauvais",
        "chez petit 60000 beauvais",
        "la forge 60000 beauvais",
        "le moulin 60000 beauvais",
    ]


def test_the_main_address_is_the_one_written_to(lea: Contact, form: Source, reach: Row) -> None:
    second = add_email(contact=lea, address="second@example.org", source=form, by=None)
    set_primary(point=second, by=None)
    assert reach(lea).point_id == second.pk
    assert lea.emailaddress_set.get(is_primary=True) == second


def test_a_bounce_falls_back_to_another_address_and_then_ends_the_channel(
    lea: Contact, form: Source, reach: Row
) -> None:
    second = add_email(contact=lea, address="second@example.org", source=form, by=None)
    bounce(keyed_hash("email", "lea@example.org"))
    assert lea.emailaddress_set.get(normalised="lea@example.org").status == PointStatus.BOUNCED
    assert (reach(lea).political, reach(lea).point_id) == (True, second.pk)
    bounce(second.address_hash)
    assert (reach(lea).reason, reach(lea).service_reason) == (UnreachableReason.BOUNCED,) * 2
    assert Suppression.objects.filter(reason=SuppressionReason.HARD_BOUNCE, scope="everything").count() == 2


def test_a_bounce_is_everybodys_who_has_the_address(lea: Contact, form: Source, reach: Row) -> None:
    tom = Contact.objects.create(last_name="Martin")
    add_email(contact=tom, address="lea@example.org", source=form, by=None)
    bounce(keyed_hash("email", "lea@example.org"))
    assert [reach(person).service for person in (lea, tom)] == [False, False]


def test_an_address_that_answers_works_for_everybody_who_has_it(
    lea: Contact, form: Source, reach: Row
) -> None:
    tom, invalid = (Contact.objects.create(last_name=name) for name in ("Roy", "Petit"))
    for person in (tom, invalid):
        add_email(contact=person, address="lea@example.org", source=form, by=None)
    bounce(keyed_hash("email", "lea@example.org"))
    invalid.emailaddress_set.update(status=PointStatus.INVALID)
    confirm_point(point=lea.emailaddress_set.get())
    theirs = tom.emailaddress_set.get()
    assert (theirs.status, theirs.verified_at) == (PointStatus.ACTIVE, None)
    assert [reach(person).service for person in (lea, tom, invalid)] == [True, True, False]


def test_answering_from_a_bounced_address_brings_it_back(lea: Contact, reach: Row) -> None:
    point = lea.emailaddress_set.get()
    bounce(point.address_hash)
    confirm_point(point=point)
    assert reach(lea).political
    point.refresh_from_db()
    assert point.verified_at is not None
    assert not Suppression.objects.filter(lifted_at__isnull=True).exists()


def test_removing_an_address_hands_the_main_place_on(lea: Contact, form: Source, reach: Row) -> None:
    second = add_email(contact=lea, address="second@example.org", source=form, by=None)
    remove_point(point=EmailAddress.objects.get(normalised="lea@example.org"), by=None)
    second.refresh_from_db()
    assert second.is_primary
    assert reach(lea).point_id == second.pk


@pytest.mark.parametrize("scope", list(SuppressionScope))
def test_removing_the_address_somebody_objected_by_does_not_open_the_next(
    lea: Contact, form: Source, reach: Row, officer: User, scope: SuppressionScope
) -> None:
    add_email(contact=lea, address="second@example.org", source=form, by=None)
    suppress(
        address="lea@example.org",
        channel=Channel.EMAIL,
        scope=scope,
        reason=SuppressionReason.OBJECTION,
        by=None,
    )
    assert reach(lea).reason == UnreachableReason.SUPPRESSED
    remove_point(point=EmailAddress.objects.get(normalised="lea@example.org"), by=officer)
    assert reach(lea).reason == UnreachableReason.WITHDRAWN
    kept = Consent.objects.get(contact=lea)
    assert (kept.given, kept.proof, kept.recorded_by) == (False, {"removed_address": True}, officer)


def test_a_bounced_address_goes_without_a_trace_of_refusal(lea: Contact) -> None:
    bounce(lea.emailaddress_set.get().address_hash)
    remove_point(point=lea.emailaddress_set.get(), by=None)
    assert not Consent.objects.exists()
