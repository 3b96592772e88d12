"""What the page of a merge shows of two records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.test import Client
from django.utils import translation

from contacts.enums import TargetingClass
from contacts.merging.fields import merged_values
from contacts.models import Contact, CustomField, Newsletter, Subscription
from contacts.services.lists import add_to_list, create_list
from contacts.services.people import add_note
from contacts.views.merge_facts import FieldFact, TwoRecords, compare_records
from contacts.views.merge_things import KeptFact
from tests.contacts.views.conftest import queries_of

MakePerson = Callable[..., Contact]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def two(person: MakePerson) -> tuple[Contact, Contact]:
    CustomField.objects.create(key="size", label="Shirt size", kind="text")
    CustomField.objects.create(key="since", label="Helps since", kind="date")
    return (
        person("Léa", "Martin", custom={"size": "M"}),
        person("Léa", "Martin", custom={"size": "S", "since": "2024-03-02"}),
    )


def thing(records: TwoRecords, label: str) -> KeptFact | None:
    return next((one for one in records.things if str(one.label) == label), None)


def test_extra_fields_are_shown_and_chosen(client: Client, two: tuple[Contact, Contact]) -> None:
    first, second = two
    page = client.get(f"/people/{first.pk}/merge/?with={second.pk}")
    facts = {fact.name: fact for fact in page.context["records"].extra}
    assert facts["extra_size"] == FieldFact("extra_size", "Shirt size", "M", "S", False, "kept")
    since = facts["extra_since"]
    assert (since.kept, since.absorbed, since.agrees, since.side) == ("", "March 2, 2024", None, "absorbed")
    assert 'name="side_extra_size"' in page.content.decode()
    chosen = {"with": second.pk, "kept": first.pk, "side_extra_size": "absorbed", "side_": "absorbed"}
    client.post(f"/people/{first.pk}/merge/", chosen)
    first.refresh_from_db()
    assert first.custom == {"size": "S", "since": "2024-03-02"}


@pytest.mark.parametrize(("second", "agrees"), [(b"b" * 32, True), (b"c" * 32, False), (None, None)], ids=str)
def test_birthplaces_are_compared_and_not_shown(
    client: Client, two: tuple[Contact, Contact], second: bytes | None, agrees: bool | None
) -> None:
    for one, known in zip(two, (b"b" * 32, second), strict=True):
        one.birthplace_hash = known
        one.save(update_fields=["birthplace_hash"])
    found = thing(compare_records(*two), "Birthplace")
    assert found is not None
    assert found.agrees is agrees


def test_lists_newsletters_and_notes_are_shown_and_tell_nothing_by_differing(
    client: Client, two: tuple[Contact, Contact]
) -> None:
    first, second = two
    hosts = create_list(name="Hosts", targeting_class=TargetingClass.CRITERION, by=None)
    add_to_list(to=hosts, contacts=[first], by=None)
    oise, past = (Newsletter.objects.create(name=name) for name in ("Oise", "Past"))
    Subscription.objects.create(contact=second, newsletter=oise)
    Subscription.objects.create(contact=second, newsletter=past, ended_at="2026-01-01T00:00:00Z")
    for number in range(4):
        add_note(contact=first, body=f"Note {number}", by=None)
    add_note(contact=second, body="Met at the market", by=None)
    records = compare_records(first, second)
    lists, newsletters, notes = (thing(records, label) for label in ("Fixed lists", "Newsletters", "Notes"))
    assert lists is not None
    assert newsletters is not None
    assert notes is not None
    assert (lists.kept, newsletters.absorbed) == (["Hosts"], ["Oise"])
    assert [text.split(" · ")[1] for text in notes.kept] == ["Note 3", "Note 2", "Note 1"]
    assert (notes.agrees, notes.tells) == (False, False)
    page = client.get(f"/people/{first.pk}/merge/?with={second.pk}").content.decode()
    row = page[page.index("Met at the market") :].split("</tr>")[0]
    assert "Different" not in row


def test_more_of_everything_costs_no_more_queries(client: Client, two: tuple[Contact, Contact]) -> None:
    address = f"/people/{two[0].pk}/merge/?with={two[1].pk}"
    before = queries_of(client, address)
    for one in two:
        for number in range(3):
            add_note(contact=one, body=f"Note {number}", by=None)
            Subscription.objects.create(
                contact=one, newsletter=Newsletter.objects.create(name=f"{one.pk} {number}")
            )
    assert queries_of(client, address) == before


def test_a_year_of_birth_is_compared_with_the_year_of_a_day(two: tuple[Contact, Contact]) -> None:
    first, second = two
    assert "birth_year" not in {fact.name for fact in compare_records(*two).fields}
    first.birth_date, second.birth_year = date(1961, 5, 17), 1961
    facts = {fact.name: fact for fact in compare_records(*two).fields}
    label = facts["birth_year"].label
    assert facts["birth_year"] == FieldFact("birth_year", label, "1961", "1961", True, "kept")
    first.birth_date = None
    assert merged_values(first, second, {})["birth_year"] == 1961
