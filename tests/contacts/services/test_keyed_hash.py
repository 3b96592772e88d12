"""The SQL twin of the keyed hash, and what the database refuses."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.database import lend_hash_key
from contacts.models import Contact, EmailAddress

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=80)


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(purpose=st.sampled_from(["email", "phone", "birthplace"]), value=TEXT)
def test_sql_and_python_hash_alike(purpose: str, value: str) -> None:
    lend_hash_key()
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_keyed_hash(%s, %s)", [purpose, value])
        assert bytes(cursor.fetchone()[0]) == keyed_hash(purpose, value)


@pytest.mark.django_db
@pytest.mark.parametrize("length", [8, 64, 65, 200])
def test_a_key_of_any_length_gives_the_same_hash_in_sql(settings, length: int) -> None:
    settings.HASH_KEY = bytes(range(length))
    lend_hash_key()
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_keyed_hash('email', 'lea@example.org')")
        assert bytes(cursor.fetchone()[0]) == keyed_hash("email", "lea@example.org")


@pytest.mark.django_db
def test_the_key_is_lent_for_one_transaction_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('crm.hash_inner', true), '')")
        assert cursor.fetchone()[0] == ""
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT crm_keyed_hash('email', 'lea@example.org')")


@pytest.mark.django_db
def test_saving_a_point_keeps_its_hash_and_a_row_without_one_is_refused() -> None:
    contact = Contact.objects.create(last_name="Martin")
    email = EmailAddress.objects.create(
        contact=contact, address="Lea@example.org", normalised="lea@example.org"
    )
    assert email.address_hash == keyed_hash("email", "lea@example.org")
    with pytest.raises(IntegrityError, match="email_hashed"), transaction.atomic():
        EmailAddress.objects.bulk_create(
            [
                EmailAddress(
                    contact=contact, address="b@example.org", normalised="b@example.org", is_primary=False
                )
            ]
        )
