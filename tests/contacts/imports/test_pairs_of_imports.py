"""An import leaves pairs to review, once each; stopped it goes on, undone it leaves none of them."""

from collections import Counter

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.people import duplicates
from contacts.imports.people.duplicates import find_pairs_of_import
from contacts.imports.progress import Progress
from contacts.imports.service import undo_import
from contacts.imports.staging import Staging
from contacts.models import Contact, DuplicatePair, Import, Note, Source
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.django_db

HEADER = ["Prénom", "Nom", "Email", "Mobile", "Date de naissance"]
LEA, LEA_AGAIN = ("Léa", "Martinez", "lea@example.org"), ("Léna", "Martinez", "lea@example.org", "0639981234")
CATHY = ("Cathy", "Petit", "cathy@example.org", "0639985555")
CATHERINE = ("Catherine", "Petit", "", "0639985555")


@pytest.fixture
def second(db):
    return Source.objects.create(name="Second", kind="address_book", lawful_basis="none")


@pytest.fixture
def import_people(tmp_path):
    def go(source, *people):
        rows = [HEADER, *[[*one, *[""] * (len(HEADER) - len(one))] for one in people]]
        return import_file(write_rows(tmp_path / "book.csv", rows), kind="address-book", source=source)

    return go


def pairs() -> list[tuple[str, str]]:
    found = DuplicatePair.objects.filter(state="pending").order_by("pk")
    return [(pair.first.first_name, pair.second.first_name) for pair in found]


def undo(run: Import) -> None:
    assert run_job(undo_import(run=run, by=None).pk).state == "succeeded"


def test_people_an_import_brings_are_compared_with_the_base_and_each_other(
    import_people, book, second
) -> None:
    first = import_people(book, CATHY)
    run = import_people(second, CATHERINE, ("Cath", "Petit", "", "0639985555"))
    assert (first.counts["pairs"], run.counts["pairs"]) == (0, 3)
    assert pairs() == [("Cathy", "Catherine"), ("Cathy", "Cath"), ("Catherine", "Cath")]
    assert set(DuplicatePair.objects.values_list("created_by_import", flat=True)) == {run.pk}


def test_the_same_file_again_asks_nothing_new(import_people, book, second) -> None:
    import_people(book, CATHY)
    import_people(second, CATHERINE)
    again = import_people(second, CATHERINE)
    assert (again.counts["pairs"], len(pairs())) == (0, 1)


def test_somebody_who_gains_a_number_is_compared_again(import_people, book, second) -> None:
    import_people(book, CATHY, ("Catherine", "Petit", "catherine@example.org"))
    run = import_people(second, ("Catherine", "Petit", "catherine@example.org", "0639985555"))
    assert (run.counts["new"], run.counts["pairs"]) == (0, 1)
    undo(run)
    assert pairs() == []


def test_an_undone_import_leaves_no_pair(import_people, book, second) -> None:
    import_people(book, CATHY)
    run = import_people(second, CATHERINE)
    undo(run)
    assert (Contact.objects.count(), DuplicatePair.objects.count()) == (1, 0)


def test_whoever_stays_after_an_undo_is_compared_as_they_are_then(import_people, book, second) -> None:
    import_people(book, CATHY)
    run = import_people(second, ("Catherine", "Petit", "cathy@example.org", "0639985555", "17/05/1980"))
    Note.objects.create(contact=Contact.objects.get(first_name="Catherine"), body="Spoke to her")
    undo(run)
    assert Contact.objects.count() == 2
    assert pairs() == [], "her number and her address went, and a name alone is no evidence"


class NoJob:
    def progress(self, *_values: object, **_named: object) -> None:
        pass

    got_on = progress


def test_stopped_half_way_it_goes_on_with_the_others(import_people, book, monkeypatch) -> None:
    run = import_people(book, *((f"Léa{'abcde'[n]}", "Martin", f"lea{n}@example.org") for n in range(5)))
    staging, told = Staging(run.pk), Progress(NoJob())
    monkeypatch.setattr(duplicates, "PEOPLE_AT_A_TIME", 2)
    asked: Counter[int] = Counter()

    def find(ids, *, import_id):
        if len(asked) == 4 and not go_on:
            raise RuntimeError("killed")
        asked.update(ids)
        return 0

    go_on = False
    monkeypatch.setattr(duplicates, "find_pairs", find)
    with pytest.raises(RuntimeError):
        find_pairs_of_import(staging, import_id=run.pk, told=told)
    go_on = True
    find_pairs_of_import(staging, import_id=run.pk, told=told)
    assert sorted(asked.values()) == [1, 1, 1, 1, 1]
