"""Extra fields of two records: each returns by itself when the merge is undone."""

from __future__ import annotations

import pytest

from contacts.merging.service import merge, unmerge
from contacts.models import Contact, Source
from contacts.services.people import create_contact, update_contact


def extra(person: Contact) -> dict[str, object]:
    found: dict[str, object] = Contact.objects.values_list("custom", flat=True).get(pk=person.pk)
    return found


@pytest.fixture
def pair(lea: Contact, lea_again: Contact) -> tuple[Contact, Contact]:
    update_contact(contact=lea, by=None, custom={"shirt": "S", "diet": "none"})
    update_contact(contact=lea_again, by=None, custom={"shirt": "M", "car": "yes", "bus": "no"})
    return lea, lea_again


def test_one_value_changed_since_keeps_no_other(pair: tuple[Contact, Contact]) -> None:
    kept, absorbed = pair
    done = merge(kept=kept, absorbed=absorbed, by=None, fields={"extra_shirt": "absorbed"})
    assert extra(kept) == {"shirt": "M", "diet": "none", "car": "yes", "bus": "no"}
    update_contact(contact=kept, by=None, custom={"car": "sold", "phone": "old"})
    restored = unmerge(merge=done, by=None)
    assert extra(kept) == {"shirt": "S", "diet": "none", "car": "sold", "phone": "old"}
    assert extra(restored) == {"shirt": "M", "car": "yes", "bus": "no"}


def test_a_value_taken_away_since_stays_away(pair: tuple[Contact, Contact]) -> None:
    kept, absorbed = pair
    done = merge(kept=kept, absorbed=absorbed, by=None, fields={"extra_shirt": "absorbed"})
    update_contact(contact=kept, by=None, custom={"shirt": None, "bus": None})
    unmerge(merge=done, by=None)
    assert extra(kept) == {"diet": "none"}


def test_values_return_inside_a_record_that_was_absorbed_since(
    pair: tuple[Contact, Contact], book: Source
) -> None:
    kept, absorbed = pair
    keeps_all = create_contact(source=book, by=None, first_name="Léa", last_name="Martin")
    inner = merge(kept=kept, absorbed=absorbed, by=None)
    update_contact(contact=kept, by=None, custom={"car": "sold"})
    outer = merge(kept=keeps_all, absorbed=kept, by=None)
    unmerge(merge=inner, by=None)
    unmerge(merge=outer, by=None)
    assert extra(kept) == {"shirt": "S", "diet": "none", "car": "sold"}
    assert extra(keeps_all) == {}
