"""Objections that staff write down, to letters most of all: a name at an address, whoever bears it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contacts.enums import Channel
from contacts.models import Contact, ElectoralRegistration, Reach, Source, Suppression, Territory
from contacts.services.contact_points import add_email, add_postal_address, remove_point
from contacts.services.objections import ObjectionRefused, object_to_post, record_objection
from contacts.services.people import create_contact, update_contact
from contacts.services.post_keys import post_key
from contacts.services.projections import refresh_all

Row = Callable[..., Reach]
HOME = {"line1": "3, rue de l'Église", "postcode": "60000", "city": "Beauvais"}
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


def make(form: Source, last: str = "Martin", first: str = "Léa", **home: str) -> Contact:
    return create_contact(source=form, by=None, last_name=last, first_name=first, address=HOME | home)


def may_get_letters(contact: Contact) -> bool:
    row = Reach.objects.get(contact=contact, channel="post")
    assert row.political or row.reason in ("suppressed", "withdrawn")
    return row.political


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=st.tuples(TEXT, TEXT, TEXT, TEXT, TEXT))
def test_sql_and_python_make_the_same_key(parts: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT post_key(%s, %s, %s, %s, %s)", list(parts))
        assert cursor.fetchone()[0] == post_key(*parts)


def test_a_letter_ends_for_a_name_at_an_address_and_for_nobody_else(form: Source) -> None:
    lea, tom = make(form), make(form, first="Tom")
    elsewhere = make(form, line1="4 rue Basse")
    object_to_post(name="MARTIN Lea", line="3 RUE DE L EGLISE", postcode="60 000".replace(" ", ""), by=None)
    assert [may_get_letters(one) for one in (lea, tom, elsewhere)] == [False, True, True]
    refresh_all()
    assert [may_get_letters(one) for one in (lea, tom, elsewhere)] == [False, True, True]


def test_it_survives_the_person_and_meets_them_when_they_come_back(form: Source) -> None:
    lea = make(form)
    record_objection(contact=lea, channels=[Channel.POST], by=None)
    assert not may_get_letters(lea)
    lea.delete()
    assert not may_get_letters(make(form))
    renamed = make(form, first="Anne")
    assert may_get_letters(renamed)
    update_contact(contact=renamed, by=None, first_name="LÉA")
    assert not may_get_letters(renamed)


def test_an_elector_known_from_a_roll_only_is_found_by_their_forename(form: Source) -> None:
    roll = Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])
    stub = Contact.objects.create(is_stub=True, relationship="roll_only")
    ElectoralRegistration.objects.create(
        identity=uuid.uuid4(),
        source=roll,
        contact=stub,
        commune=Territory.objects.create(kind="commune", code="60057", name="Beauvais"),
        birth_name="PETIT",
        used_name="MARTIN",
        first_names="Léa Marie",
        street="3 RUE DE L'EGLISE",
        postcode="60000",
    )
    refresh_all()
    assert may_get_letters(stub)
    object_to_post(name="Léa Martin", line="3 rue de l'Église", postcode="60000", by=None)
    assert not may_get_letters(stub)


def test_a_second_address_is_not_a_way_around(form: Source) -> None:
    lea = make(form)
    object_to_post(name="Léa Martin", line=HOME["line1"], postcode="60000", by=None)
    add_postal_address(contact=lea, source=form, by=None, line1="9 rue Neuve", city="Lille")
    assert not may_get_letters(lea)


def test_neither_moving_nor_another_name_opens_letters_again(form: Source) -> None:
    lea = make(form)
    object_to_post(name="Léa Martin", line=HOME["line1"], postcode="60000", by=None)
    update_contact(contact=lea, by=None, last_name="Roy")
    remove_point(point=lea.postaladdress_set.get(), by=None)
    add_postal_address(contact=lea, source=form, by=None, line1="9 rue Neuve", city="Lille")
    assert not may_get_letters(lea)
    back = make(form)  # imported again: known by the list only
    remove_point(point=back.postaladdress_set.get(), by=None)
    add_postal_address(contact=back, source=form, by=None, line1="9 rue Neuve", city="Lille")
    assert not may_get_letters(back)


@pytest.mark.parametrize(
    "said",
    [
        {"name": "", "line": "3 rue A", "city": "Lille"},
        {"name": "Léa Martin", "city": "Lille"},
        {"name": "Léa Martin", "line": "3 rue A"},
    ],
)
def test_an_objection_says_who_and_where(db: None, said: dict[str, str]) -> None:
    with pytest.raises(ObjectionRefused):
        object_to_post(**said, by=None)
    assert not Suppression.objects.exists()


def test_every_address_of_a_channel_is_stopped(lea: Contact, form: Source, reach: Row) -> None:
    add_email(contact=lea, address="second@example.org", source=form, by=None)
    record_objection(contact=lea, channels=[Channel.EMAIL, Channel.POST], by=None)
    assert Suppression.objects.filter(channel="email").count() == 2
    assert reach(lea).reason == "suppressed"
    assert reach(lea, "post").reason == "withdrawn", "no address yet: the ledger keeps it"
    assert reach(lea, "sms").political
