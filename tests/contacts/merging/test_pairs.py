"""What becomes of proposed pairs and of answers on them when records are merged, and are two again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now

from campaign_crm.platform.models import User
from contacts.merging.pairs import keep_apart
from contacts.merging.service import merge, unmerge
from contacts.models import Contact, DuplicatePair, Import, Source
from contacts.services.people import create_contact

State = DuplicatePair.State


@pytest.fixture
def twin(book: Source) -> Contact:
    return create_contact(source=book, by=None, first_name="Lou", last_name="Martin")


@pytest.fixture
def run(db: None, officer: User) -> Import:
    return Import.objects.create(kind="people", state="done", created_by=officer)


def pairs() -> list[dict[str, Any]]:
    return list(DuplicatePair.objects.order_by("first", "second").values())


def pair_of(one: Contact, other: Contact) -> DuplicatePair | None:
    first, second = sorted((one.pk, other.pk))
    return DuplicatePair.objects.filter(first=first, second=second).first()


def test_an_undo_gives_both_records_their_pairs_as_they_were(
    lea: Contact, lea_again: Contact, twin: Contact, run: Import, officer: User
) -> None:
    DuplicatePair.objects.create(
        first=lea, second=twin, score=0.9, evidence={"email": "same"}, created_by_import=run
    )
    keep_apart(one=lea_again, other=twin, by=officer)
    before = pairs()
    done = merge(kept=lea, absorbed=lea_again, by=None)
    merged = pair_of(lea, twin)
    assert merged is not None
    assert (merged.state, merged.decided_by, merged.decided_at is not None) == ("different", officer, True)
    unmerge(merge=done, by=None)
    DuplicatePair.objects.filter(first=lea, second=lea_again).delete()  # written by the undo
    assert pairs() == before


def test_a_pair_of_the_absorbed_record_leaves_with_it(
    lea: Contact, lea_again: Contact, twin: Contact, run: Import
) -> None:
    DuplicatePair.objects.create(first=lea_again, second=twin, score=0.7, created_by_import=run)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    merged = pair_of(lea, twin)
    assert merged is not None
    assert (merged.state, merged.created_by_import) == ("pending", run)
    unmerge(merge=done, by=None)
    assert pair_of(lea, twin) is None
    returned = pair_of(lea_again, twin)
    assert returned is not None
    assert (returned.score, returned.created_by_import) == (0.7, run)


def test_an_answer_given_to_the_merged_record_stays(
    lea: Contact, lea_again: Contact, twin: Contact, officer: User
) -> None:
    DuplicatePair.objects.create(first=lea_again, second=twin, score=0.7)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    keep_apart(one=lea, other=twin, by=officer)
    unmerge(merge=done, by=None)
    answered, asked = pair_of(lea, twin), pair_of(lea_again, twin)
    assert answered is not None
    assert (answered.state, answered.decided_by) == (State.DIFFERENT, officer)
    assert asked is not None
    assert asked.state == State.PENDING


def test_the_first_of_two_answers_keeps_its_reviewer(
    lea: Contact, lea_again: Contact, twin: Contact, officer: User
) -> None:
    keep_apart(one=lea, other=twin, by=officer)
    keep_apart(one=lea_again, other=twin, by=None)
    merge(kept=lea, absorbed=lea_again, by=None)
    merged = pair_of(lea, twin)
    assert merged is not None
    assert merged.decided_by == officer


def test_a_decision_holds_though_the_other_person_was_merged_meanwhile(
    lea: Contact, lea_again: Contact, twin: Contact, book: Source, officer: User
) -> None:
    same_as_twin = create_contact(source=book, by=None, first_name="Lou", last_name="Martin")
    keep_apart(one=lea_again, other=twin, by=officer)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    merge(kept=same_as_twin, absorbed=twin, by=None)
    unmerge(merge=done, by=None)
    decided = pair_of(lea_again, same_as_twin)
    assert decided is not None
    assert (decided.state, decided.decided_by) == (State.DIFFERENT, officer)
    assert pair_of(lea, same_as_twin) is None


def test_a_decision_is_returned_to_the_record_of_today(
    lea: Contact, lea_again: Contact, twin: Contact, book: Source, officer: User
) -> None:
    keep_apart(one=lea_again, other=twin, by=officer)
    inner = merge(kept=lea, absorbed=lea_again, by=None)
    keeps_all = create_contact(source=book, by=None, first_name="Léa", last_name="Martin")
    merge(kept=keeps_all, absorbed=lea, by=None)
    unmerge(merge=inner, by=None)
    assert pair_of(lea_again, twin) is not None
    assert pair_of(keeps_all, twin) is None


def test_a_pair_of_an_undone_import_is_not_proposed_again(
    lea: Contact, lea_again: Contact, twin: Contact, run: Import
) -> None:
    DuplicatePair.objects.create(first=lea_again, second=twin, created_by_import=run)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    Import.objects.filter(pk=run.pk).update(state="undone", undone_at=Now())
    unmerge(merge=done, by=None)
    assert pair_of(lea_again, twin) is None


def test_a_pair_with_a_person_who_is_gone_is_not_written(
    lea: Contact, lea_again: Contact, twin: Contact
) -> None:
    keep_apart(one=lea_again, other=twin, by=None)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    Contact.objects.filter(pk=twin.pk).delete()
    unmerge(merge=done, by=None)
    assert [(pair["first_id"], pair["second_id"]) for pair in pairs()] == [(lea.pk, lea_again.pk)]
