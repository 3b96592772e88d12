"""Reach and the search text are kept true, in the transaction of the fact, whoever else writes."""

from __future__ import annotations

import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from campaign_crm.platform.crypto import keyed_hash
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.models import Consent, Contact, ContactSource, EmailAddress, Reach, Source, Territory
from contacts.services.consents import record_consent
from contacts.services.people import create_contact, update_contact
from contacts.services.projections import (
    refresh_all,
    refresh_people_of_source,
    refresh_projections,
    refresh_projections_from,
)
from contacts.services.suppressions import suppress


def people(source: Source, count: int) -> list[Contact]:
    """People written without the services, as an import does: nothing is projected yet."""
    made = Contact.objects.bulk_create(Contact(last_name=f"Person {number}") for number in range(count))
    EmailAddress.objects.bulk_create(
        EmailAddress(
            contact=person,
            address=f"p{number}@example.org",
            normalised=f"p{number}@example.org",
            address_hash=keyed_hash("email", f"p{number}@example.org"),
        )
        for number, person in enumerate(made)
    )
    ContactSource.objects.bulk_create(ContactSource(contact=person, source=source) for person in made)
    return made


def rows() -> list[tuple[Any, ...]]:
    fields = [field.attname for field in Reach._meta.concrete_fields]
    return sorted(Reach.objects.values_list(*fields), key=str)


def test_a_batch_costs_the_same_queries_as_one_person(form: Source) -> None:
    made = people(form, 3)
    with CaptureQueriesContext(connection) as one:
        refresh_projections([made[0].pk])
    with CaptureQueriesContext(connection) as three:
        refresh_projections([person.pk for person in made])
    assert len(one) == len(three)
    assert Reach.objects.filter(political=True, channel="email").count() == 3
    assert Reach.objects.count() == 12


def test_nothing_is_written_when_nothing_changed(form: Source) -> None:
    made = people(form, 2)
    refresh_projections([person.pk for person in made])
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(xmin::text ORDER BY contact_id, channel) FROM contacts_reach")
        before = cursor.fetchone()
        refresh_projections([person.pk for person in made])
        cursor.execute("SELECT array_agg(xmin::text ORDER BY contact_id, channel) FROM contacts_reach")
        assert cursor.fetchone() == before


def test_ids_come_from_a_query_too_and_may_repeat_or_be_unknown(form: Source) -> None:
    made = people(form, 3)
    ids = [made[0].pk, made[0].pk, made[1].pk, 999_999_999]
    assert refresh_projections_from("SELECT unnest(%s::bigint[])", [ids]) == 3
    assert set(Reach.objects.values_list("contact_id", flat=True)) == {made[0].pk, made[1].pk}


def test_everyone_of_a_source_is_projected_again(form: Source) -> None:
    people(form, 2)
    other = Source.objects.create(name="Other", kind="hand", lawful_basis="none")
    people_of_other = Contact.objects.create(last_name="Elsewhere")
    ContactSource.objects.create(contact=people_of_other, source=other)
    assert refresh_people_of_source(form.pk) == 2


def test_rebuilding_gives_what_the_services_kept(lea: Contact, form: Source) -> None:
    record_consent(
        contact=lea, channel=Channel.EMAIL, purpose=ConsentPurpose.TARGETING, given=True, source=form, by=None
    )
    kept = rows()
    Reach.objects.all().delete()
    Contact.objects.update(search_text="")
    seen: list[int] = []
    people(form, 4)
    assert refresh_all(batch=2, on_batch=seen.append) == 5
    assert seen == [2, 4, 5]
    assert [row for row in rows() if row[0] == lea.pk] == kept
    lea.refresh_from_db()
    assert lea.search_text == "martin lea lea example org 33639980001 0639980001"


def test_the_command_says_how_many(form: Source) -> None:
    people(form, 3)
    out = StringIO()
    call_command("rebuild_reach", batch=2, stdout=out, verbosity=2)
    assert "2 people…" in out.getvalue()
    assert out.getvalue().splitlines()[-1].startswith("3 people projected in ")


def test_the_search_text_holds_the_commune_and_nothing_of_somebody_erased(form: Source) -> None:
    place, _new = Territory.objects.get_or_create(kind="commune", code="60057", defaults={"name": "Beauvais"})
    person = create_contact(source=form, by=None, last_name="D'Ÿs", birth_name="Œuvré", commune=place)
    person.refresh_from_db()
    assert person.search_text == "d ys oeuvre beauvais"
    Contact.objects.filter(pk=person.pk).update(erased_at=person.created_at)
    refresh_projections([person.pk])
    person.refresh_from_db()
    assert person.search_text == ""
    assert set(Reach.objects.values_list("reason", flat=True)) == {"erased"}


def test_a_failed_act_leaves_the_projection_as_it_was(lea: Contact) -> None:
    before = rows()
    with transaction.atomic():
        Consent.objects.create(contact=lea, channel="email", purpose="messages", given=False)
        refresh_projections([lea.pk])
        assert rows() != before
        transaction.set_rollback(True)
    assert rows() == before


@pytest.mark.django_db(transaction=True)
def test_two_transactions_at_once_lose_neither_fact() -> None:
    """One withdraws for SMS and waits, the other objects by e-mail: Reach holds both at the end."""
    form = Source.objects.create(
        name="Form", kind="form", lawful_basis="consent", channels=["email", "sms", "call", "post"]
    )
    lea = create_contact(
        source=form, by=None, last_name="Martin", email="lea@example.org", phone="0639980001"
    )
    projected, go_on = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def withdraw() -> None:
        try:
            with transaction.atomic():
                record_consent(
                    contact=lea, channel=Channel.SMS, purpose=ConsentPurpose.MESSAGES, given=False, by=None
                )
                projected.set()
                go_on.wait(10)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def object_to_email() -> None:
        try:
            projected.wait(10)
            suppress(
                address="lea@example.org", channel=Channel.EMAIL, scope=SuppressionScope.POLITICAL,
                reason=SuppressionReason.UNSUBSCRIBE, by=None,
            )  # fmt: skip
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=withdraw), threading.Thread(target=object_to_email)]
    for thread in threads:
        thread.start()
    projected.wait(10)
    threads[1].join(0.5)  # it waits for the first one's row
    assert threads[1].is_alive()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert errors == []
    reasons = dict(Reach.objects.filter(contact=lea).values_list("channel", "reason"))
    assert reasons == {"email": "suppressed", "sms": "withdrawn", "call": "", "post": "no_address"}


def test_renaming_somebody_changes_what_they_are_found_by(lea: Contact) -> None:
    update_contact(contact=lea, by=None, last_name="Roy")
    assert Contact.objects.get(search_text__startswith="roy lea") == lea
