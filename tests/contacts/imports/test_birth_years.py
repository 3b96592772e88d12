"""A year of birth whose day nobody knows is kept, shown, undone and compared; alone it makes nobody one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.people.born import NOBODY_SAYS, Born, read_born
from contacts.imports.service import undo_import
from contacts.models import Contact, DuplicatePair, ElectoralRegistration, Import, ImportReject, Source
from contacts.provenance import origins_of
from contacts.services.people import update_contact
from tests.support.imports import fingerprint, import_file, write_rows

pytestmark = pytest.mark.usefixtures("places")

NO_PARTS = ("", "", "")
HEADER = ["Prénom", "Nom", "Email", "Date de naissance", "CP", "Ville"]
Bring = Callable[..., Import]


@pytest.fixture
def second(db: None) -> Source:
    return Source.objects.create(name="Second", kind="address_book", lawful_basis="none", rank=10)


@pytest.fixture
def bring(tmp_path: Path, book: Source) -> Bring:
    def imported(*rows: tuple[str, ...], source: Source = book, name: str = "book.csv") -> Import:
        filled = [[*row, *[""] * (len(HEADER) - len(row))] for row in rows]
        run = import_file(write_rows(tmp_path / name, [HEADER, *filled]), kind="address-book", source=source)
        assert run.state == Import.State.DONE, run.error
        return run

    return imported


@pytest.mark.parametrize(
    ("written", "born", "told"),
    [
        ("1961", Born(year=1961), []),
        ("00/00/1953", Born(year=1953), []),
        ("0/0/1953", Born(year=1953), []),
        ("1953-00-00", Born(year=1953), []),
        ("vers 1953", Born(year=1953), []),
        ("00/05/1953", Born(year=1953), ["year_only:00/05/1953"]),
        ("05/1953", Born(year=1953), ["year_only:05/1953"]),
        ("31/02/1953", Born(year=1953), ["year_only:31/02/1953"]),
        ("17/05/1953", Born(date(1953, 5, 17)), []),
        ("01/01/1953", Born(date(1953, 1, 1)), []),
        ("61", NOBODY_SAYS, ["extra_date:61"]),
        ("1799", NOBODY_SAYS, ["extra_date:1799"]),
        ("2190", NOBODY_SAYS, ["extra_date:2190"]),
        ("0/0/00", NOBODY_SAYS, []),
        ("-", NOBODY_SAYS, []),
        ("--05-17", NOBODY_SAYS, []),
        ("--0517", NOBODY_SAYS, []),
        ("29358", Born(date(1980, 5, 17)), []),
    ],
)
def test_years_and_days_are_told_apart(written: str, born: Born, told: list[str]) -> None:
    wrong: list[str] = []
    assert (read_born(written, NO_PARTS, wrong), wrong) == (born, told)


@pytest.mark.parametrize(
    ("parts", "born", "told"),
    [
        (("1961", "5", "17"), Born(date(1961, 5, 17)), []),
        (("1961", "", ""), Born(year=1961), []),
        (("1961", "5", ""), Born(year=1961), ["year_only:5/1961"]),
        (("61", "", ""), NOBODY_SAYS, ["extra_date:61"]),
        (("", "5", "17"), NOBODY_SAYS, []),
    ],
)
def test_three_columns_may_say_the_year_alone(
    parts: tuple[str, str, str], born: Born, told: list[str]
) -> None:
    wrong: list[str] = []
    assert (read_born("", parts, wrong), wrong) == (born, told)


def test_a_year_comes_in_with_its_origin_and_nothing_is_told_back(bring: Bring) -> None:
    run = bring(
        ("Léa", "Martin", "lea@example.org", "00/00/1953"), ("Jean", "Petit", "j@example.org", "1961")
    )
    assert (run.counts["left_out"], ImportReject.objects.count()) == (0, 0)
    lea, jean = Contact.objects.order_by("pk")
    assert (lea.birth_date, lea.birth_year, jean.birth_year, jean.year_of_birth) == (None, 1953, 1961, 1961)
    assert origins_of(lea)["birth_year"].import_run == run


def test_a_day_goes_before_a_year_and_a_year_never_replaces_a_day(bring: Bring, second: Source) -> None:
    bring(("Léa", "Martin", "lea@example.org", "1953"))
    run = bring(("Léa", "Martin", "lea@example.org", "17/05/1953"), source=second, name="day.csv")
    lea = Contact.objects.get()
    assert (str(lea.birth_date), run.counts["updated"]) == ("1953-05-17", 1)
    again = bring(("Léa", "Martin", "lea@example.org", "1953"), name="again.csv")
    assert (again.counts["unchanged"], Contact.objects.get().birth_date) == (1, date(1953, 5, 17))


def test_an_undo_takes_the_year_back(bring: Bring, second: Source) -> None:
    bring(("Léa", "Martin", "lea@example.org"))
    before = fingerprint("contacts_importchange", "contacts_contact")
    run = bring(("Léa", "Martin", "lea@example.org", "1953"), source=second)
    assert Contact.objects.get().birth_year == 1953
    run_job(undo_import(run=run, by=None).pk)
    assert Contact.objects.get().birth_year is None
    assert fingerprint("contacts_importchange", "contacts_contact") == before


def test_what_somebody_typed_stays_unless_replacing_was_chosen(bring: Bring, second: Source) -> None:
    bring(("Léa", "Martin", "lea@example.org", "1953"))
    lea = Contact.objects.get()
    update_contact(contact=lea, by=None, birth_year=1954)
    bring(("Léa", "Martin", "lea@example.org", "1953"), name="again.csv")
    assert list(Contact.objects.values_list("birth_year", flat=True)) == [1954]


@pytest.mark.parametrize(
    ("known", "given"), [("1931", "1961"), ("17/05/1931", "1961"), ("1931", "17/05/1961")]
)
def test_a_father_and_a_son_at_one_address_are_told_apart_by_the_year(
    bring: Bring, second: Source, known: str, given: str
) -> None:
    bring(("Jean", "Martin", "martin@example.org", known))
    bring(("Jean", "Martin", "martin@example.org", given), source=second, name="other.csv")
    assert Contact.objects.count() == 2
    assert not DuplicatePair.objects.exists()  # a generation apart: nobody has to be asked


def test_a_father_and_a_son_in_one_file_are_two(bring: Bring) -> None:
    run = bring(
        ("Jean", "Martin", "martin@example.org", "1931"), ("Jean", "Martin", "martin@example.org", "1961")
    )
    assert sorted(Contact.objects.values_list("birth_year", flat=True)) == [1931, 1961]
    again = bring(
        ("Jean", "Martin", "martin@example.org", "1961"),
        ("Jean", "Martin", "martin@example.org", "1931"),
        name="again.csv",
    )
    assert (run.counts["new"], again.counts["new"]) == (2, 0)


def test_namesakes_without_an_address_in_two_files_of_a_source_are_two(bring: Bring) -> None:
    bring(("Jean", "Martin", "", "1931"))
    bring(("Jean", "Martin", "", "1961"), name="next.csv")
    again = bring(("Jean", "Martin", "", "1931"), name="again.csv")
    assert (Contact.objects.count(), again.counts["unchanged"]) == (2, 1)


def test_a_name_and_a_year_alone_make_nobody_one(bring: Bring, second: Source) -> None:
    bring(("Zénobie", "Vasseur", "z@example.org", "1961", "60000", "Beauvais"))
    bring(("Zénobie", "Vasseur", "", "1961", "60000", "Beauvais"), source=second, name="other.csv")
    assert Contact.objects.count() == 2
    pair = DuplicatePair.objects.get()
    assert pair.evidence["birth_year"] == "same"


def test_an_elector_of_another_year_is_no_candidate(
    bring: Bring, elector: Callable[..., dict[str, str]], roll_file: Callable[..., Path], roll_source: Source
) -> None:
    electors = [
        elector(date_de_naissance="17/05/1980", numéro_d_ordre_dans_le_bureau_de_vote="1"),
        elector(date_de_naissance="03/02/1950", numéro_d_ordre_dans_le_bureau_de_vote="2"),
    ]
    import_file(roll_file(electors), kind="roll", source=roll_source)
    run = bring(("Léa", "Martin", "lea@example.org", "1980", "60000", "Beauvais"))
    assert (run.counts["linked"], run.counts["to_review"]) == (0, 1)
    waiting = ElectoralRegistration.objects.get(matches__contact__birth_year=1980)
    assert waiting.birth_date == date(1980, 5, 17)
