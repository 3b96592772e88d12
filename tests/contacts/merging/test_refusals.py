"""What was refused before a merge, or since, is refused after its undo as well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from contacts.enums import Channel, ConsentPurpose
from contacts.merging.refusals import newsletters_left
from contacts.merging.service import merge, unmerge
from contacts.models import Consent, Contact, Newsletter, Reach, Source, Subscription
from contacts.services.consents import record_consent
from contacts.services.people import create_contact
from contacts.services.subscriptions import end_subscription, subscribe
from contacts.views.merge_facts import compare_records

pytestmark = pytest.mark.django_db(transaction=True)  # the clock of the database goes on

Dump = Callable[..., dict[str, Any]]


@pytest.fixture
def letter(db: None) -> Newsletter:
    return Newsletter.objects.create(name="Lettre de l'Oise")


def says(person: Contact, given: bool, source: Source | None = None, **more: Any) -> Consent:
    return record_consent(
        contact=person, channel=Channel.EMAIL, purpose=ConsentPurpose.MESSAGES, given=given, source=source,
        by=None, **more,
    )  # fmt: skip


def mailable(person: Contact) -> bool:
    return Reach.objects.get(contact=person, channel="email").reason == ""


def receives(person: Contact, newsletter: Newsletter) -> bool:
    return Subscription.objects.filter(contact=person, newsletter=newsletter, ended_at=None).exists()


def test_an_agreement_since_a_merge_does_not_lift_an_earlier_refusal(
    lea: Contact, lea_again: Contact, form: Source
) -> None:
    says(lea, False)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    says(lea, True, form)
    assert mailable(lea)
    restored = unmerge(merge=done, by=None)
    assert not mailable(lea)
    assert mailable(restored)
    newest = Consent.objects.filter(contact=lea).latest("at")
    assert (newest.given, newest.proof) == (False, {"undone_merge": done.pk})


def test_a_withdrawal_since_a_merge_is_both_records(lea: Contact, lea_again: Contact) -> None:
    done = merge(kept=lea, absorbed=lea_again, by=None)
    said = says(lea, False, proof={"how": "preferences page"})
    restored = unmerge(merge=done, by=None)
    assert not mailable(lea)
    assert not mailable(restored)
    copied = Consent.objects.get(contact=restored)
    assert (copied.at, copied.proof) == (said.at, {"how": "preferences page", "undone_merge": done.pk})


def test_a_withdrawal_and_a_later_agreement_may_be_of_two_people(
    lea: Contact, lea_again: Contact, form: Source
) -> None:
    done = merge(kept=lea, absorbed=lea_again, by=None)
    says(lea, False)
    says(lea, True, form)
    restored = unmerge(merge=done, by=None)
    assert not mailable(lea)
    assert not mailable(restored)


def test_an_agreement_since_a_merge_stays_where_nobody_refused(
    lea: Contact, lea_again: Contact, form: Source
) -> None:
    done = merge(kept=lea, absorbed=lea_again, by=None)
    said = says(lea, True, form)
    restored = unmerge(merge=done, by=None)
    assert list(Consent.objects.filter(contact__in=[lea, restored])) == [said]


def test_an_old_refusal_that_a_file_brings_since_is_both_records(
    lea: Contact, lea_again: Contact, form: Source
) -> None:
    done = merge(kept=lea, absorbed=lea_again, by=None)
    says(lea, False, at=timezone.now() - timedelta(days=400))
    assert not mailable(unmerge(merge=done, by=None))


def test_what_a_third_record_said_is_not_given_to_the_second(
    lea: Contact, lea_again: Contact, book: Source
) -> None:
    third = create_contact(source=book, by=None, last_name="Martin", email="l@example.org")
    says(third, False)
    first = merge(kept=lea, absorbed=lea_again, by=None)
    merge(kept=lea, absorbed=third, by=None)
    restored = unmerge(merge=first, by=None)
    assert mailable(restored)
    assert not mailable(lea)


@pytest.mark.parametrize("order", [0, 1])
def test_of_a_chain_each_record_has_the_refusals_of_its_own_time(
    lea: Contact, lea_again: Contact, book: Source, order: int
) -> None:
    third = create_contact(source=book, by=None, last_name="Martin", email="l@example.org")
    says(third, False, at=timezone.now() - timedelta(days=1))
    inner = merge(kept=lea, absorbed=lea_again, by=None)
    outer = merge(kept=third, absorbed=lea, by=None)
    for done in (inner, outer)[:: 1 if order == 0 else -1]:
        unmerge(merge=done, by=None)
    assert [mailable(person) for person in (lea, lea_again, third)] == [True, True, False]


def test_a_newsletter_left_by_one_record_is_left(
    lea: Contact, lea_again: Contact, letter: Newsletter, form: Source, everything: Dump
) -> None:
    for person, other in ((lea, lea_again), (lea_again, lea)):
        Subscription.objects.all().delete()
        for one in (lea, lea_again):
            subscribe(contact=one, newsletter=letter, source=form, by=None)
        end_subscription(contact=person, newsletter=letter, by=None)
        before = everything(lea, lea_again)
        assert newsletters_left(lea, lea_again) == [letter]
        assert compare_records(lea, lea_again).refusals == ["Lettre de l'Oise"]
        done = merge(kept=lea, absorbed=lea_again, by=None)
        assert not receives(lea, letter)
        unmerge(merge=done, by=None)
        assert everything(lea, lea_again) == before
        assert receives(other, letter)


def test_two_readers_of_a_newsletter_refuse_nothing(
    lea: Contact, lea_again: Contact, letter: Newsletter, form: Source
) -> None:
    subscribe(contact=lea, newsletter=letter, source=form, by=None)
    end_subscription(contact=lea, newsletter=letter, by=None)
    for one in (lea, lea_again):
        subscribe(contact=one, newsletter=letter, source=form, by=None)  # she came back herself
    assert newsletters_left(lea, lea_again) == []
    merge(kept=lea, absorbed=lea_again, by=None)
    assert receives(lea, letter)


def test_a_newsletter_left_since_a_merge_is_left_by_both(
    lea: Contact, lea_again: Contact, letter: Newsletter, form: Source
) -> None:
    for one in (lea, lea_again):
        subscribe(contact=one, newsletter=letter, source=form, by=None)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    end_subscription(contact=lea, newsletter=letter, by=None)
    restored = unmerge(merge=done, by=None)
    assert not receives(lea, letter)
    assert not receives(restored, letter)
    assert len(set(Subscription.objects.values_list("ended_at", flat=True))) == 1


def test_a_newsletter_left_since_is_left_by_whoever_is_still_merged(
    lea: Contact, lea_again: Contact, letter: Newsletter, form: Source, book: Source
) -> None:
    third = create_contact(source=book, by=None, last_name="Martin", email="l@example.org")
    for one in (lea_again, third):
        subscribe(contact=one, newsletter=letter, source=form, by=None)
    first = merge(kept=lea, absorbed=lea_again, by=None)
    second = merge(kept=lea, absorbed=third, by=None)
    end_subscription(contact=lea, newsletter=letter, by=None)
    for done in (first, second):
        unmerge(merge=done, by=None)
    assert not Subscription.objects.filter(ended_at=None).exists()


def test_a_newsletter_chosen_since_is_not_for_the_record_that_had_left_it(
    lea: Contact, lea_again: Contact, letter: Newsletter, form: Source
) -> None:
    for one in (lea, lea_again):
        subscribe(contact=one, newsletter=letter, source=form, by=None)
    end_subscription(contact=lea, newsletter=letter, by=None)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    subscribe(contact=lea, newsletter=letter, source=form, by=None)
    restored = unmerge(merge=done, by=None)
    assert not receives(lea, letter)
    assert receives(restored, letter)


def test_a_newsletter_left_again_since_a_merge_is_not_begun_by_its_undo(
    lea: Contact, lea_again: Contact, letter: Newsletter, form: Source
) -> None:
    for one in (lea, lea_again):
        subscribe(contact=one, newsletter=letter, source=form, by=None)
    end_subscription(contact=lea, newsletter=letter, by=None)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    subscribe(contact=lea, newsletter=letter, source=form, by=None)
    end_subscription(contact=lea, newsletter=letter, by=None)
    unmerge(merge=done, by=None)
    assert not Subscription.objects.filter(ended_at=None).exists()


def test_a_newsletter_chosen_since_stays_where_nobody_left_it(
    lea: Contact, lea_again: Contact, letter: Newsletter, form: Source
) -> None:
    done = merge(kept=lea, absorbed=lea_again, by=None)
    subscribe(contact=lea, newsletter=letter, source=form, by=None)
    unmerge(merge=done, by=None)
    assert receives(lea, letter)
