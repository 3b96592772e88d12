"""Whoever did not come by an import is compared at night."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaign_crm.platform.models import Job
from contacts.duplicates.nightly import changed_since, enqueue_comparison
from contacts.models import Contact, DuplicatePair, EmailAddress
from contacts.tasks import compare_people
from tests.support.imports import run_job

pytestmark = pytest.mark.django_db

AT = "lea@example.org"


def person(last: str, email: str = AT) -> Contact:
    made = Contact.objects.create(first_name="Léa", last_name=last)
    EmailAddress.objects.create(contact=made, address=email, normalised=email)
    return made


def run_it() -> Job:
    compare_people()
    return run_job(Job.objects.unfinished().get().pk)


def test_the_first_night_looks_at_everyone_and_the_next_at_who_changed() -> None:
    person("Martinez")
    person("Matrinez")
    assert run_it().payload == {"since": None}
    assert DuplicatePair.objects.count() == 1
    first = Job.objects.get()
    by_form = person("Martines")
    again = run_it()
    assert again.payload == {"since": first.started_at.isoformat()}
    assert DuplicatePair.objects.filter(second=by_form).count() == 2


def test_an_address_more_is_a_change_and_an_old_record_is_none() -> None:
    old, other = person("Martinez"), person("Durand", "other@example.org")
    long_ago, yesterday = timezone.now() - timedelta(days=9), timezone.now() - timedelta(days=1)
    for model in (Contact, EmailAddress):
        model.objects.update(created_at=long_ago)
    Contact.objects.update(updated_at=long_ago)
    assert changed_since(yesterday) == []
    EmailAddress.objects.filter(contact=other).update(created_at=timezone.now())
    assert changed_since(yesterday) == [other.pk]
    Contact.objects.filter(pk=old.pk).update(updated_at=timezone.now())
    assert changed_since(yesterday) == [old.pk, other.pk]


def test_a_second_comparison_waits_for_the_first() -> None:
    assert enqueue_comparison() is not None
    assert enqueue_comparison() is None
