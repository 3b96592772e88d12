"""When people joined and left, told by a file: recorded acts with their day, which an undo takes back."""

from datetime import date

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.service import undo_import
from contacts.models import Contact, Import, ImportReject, Membership, Source
from contacts.services.memberships import record_joined, record_left
from contacts.views.import_samples import sample_groups
from contacts.views.import_told import mended_words
from tests.support.imports import import_file, preview, write_rows

pytestmark = pytest.mark.django_db

HEADER = ["Prénom", "Nom", "Email", "Date d'adhésion", "Fin d'adhésion"]


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


@pytest.fixture
def file_of(tmp_path):
    """Write a file of members: a forename and the two days of each."""

    def write(*people: tuple[str, str, str]):
        rows = [[name, "Martin", f"{name.lower()}@example.org", *days] for name, *days in people]
        return write_rows(tmp_path / "members.csv", [HEADER, *rows])

    return write


@pytest.fixture
def members(file_of, book):
    def go(*people: tuple[str, str, str], source: Source = book, kind: str = "address-book") -> Import:
        return import_file(file_of(*people), kind=kind, source=source)

    return go


def undo(run: Import) -> None:
    job = run_job(undo_import(run=run, by=None).pk)
    assert job.state == "succeeded", job.error


def known() -> dict[str, tuple[str, list[tuple[date | None, date | None]]]]:
    """By forename: what they are to us, and their memberships."""
    return {
        person.first_name: (
            person.relationship,
            list(person.memberships.order_by("pk").values_list("joined_on", "left_on")),
        )
        for person in Contact.objects.order_by("pk")
    }


def test_days_of_joining_and_leaving_make_members_and_former_ones(members) -> None:
    run = members(
        ("Lea", "05/01/2020", ""),
        ("Jean", "05/01/2020", "31/12/2021"),
        ("Zoe", "", "31/12/2021"),
        ("Karim", "05/01/2020", "31/12/2999"),
        ("Ines", "", ""),
        ("Paul", "05/01/2022", "31/12/2021"),
    )
    assert run.counts["new"] == 6
    assert known() == {
        "Lea": ("member", [(date(2020, 1, 5), None)]),
        "Jean": ("former", [(date(2020, 1, 5), date(2021, 12, 31))]),
        "Zoe": ("former", [(None, date(2021, 12, 31))]),
        "Karim": ("member", [(date(2020, 1, 5), None)]),
        "Ines": ("occasional", []),
        "Paul": ("occasional", []),
    }
    assert Membership.objects.first().proof == {"how": "import", "import": run.pk, "line": 2}
    assert ImportReject.objects.get().reasons == ["left_early:31/12/2021", "rest_taken"]
    undo(run)
    assert not Contact.objects.exists()


def test_a_newer_file_ends_a_membership_and_its_undo_opens_it_again(members, file_of, book) -> None:
    first = members(("Lea", "05/01/2020", ""), ("Jean", "05/01/2020", ""))
    newer = ("Lea", "05/01/2020", "31/12/2024"), ("Jean", "05/01/2020", "")
    shown = preview(file_of(*newer), kind="address-book", source=book)
    assert (shown.preview["updated"], shown.preview["unchanged"]) == (1, 1)
    (updated,) = [group for group in sample_groups(shown) if group.label == "Updated"]
    assert updated.rows[0][1].text == "left on 12/31/2024"
    second = members(*newer)
    assert known()["Lea"] == ("former", [(date(2020, 1, 5), date(2024, 12, 31))])
    undo(second)
    assert known()["Lea"] == ("member", [(date(2020, 1, 5), None)])
    third = members(*newer)
    undo(first)
    assert known()["Lea"] == ("former", [(date(2020, 1, 5), date(2024, 12, 31))]), "the last file says it too"
    undo(third)
    assert not Contact.objects.exists()


def test_an_old_file_revives_no_membership_and_an_undo_leaves_what_the_team_wrote(members) -> None:
    run = members(("Lea", "05/01/2020", ""), ("Jean", "05/01/2020", ""))
    lea, jean = Contact.objects.order_by("pk")
    record_left(contact=lea, on=date(2023, 5, 1), proof={"how": "letter"}, by=None)
    again = members(("Lea", "05/01/2020", ""), ("Jean", "05/01/2020", "01/06/2022"))
    assert known()["Lea"] == ("former", [(date(2020, 1, 5), date(2023, 5, 1))])
    record_joined(contact=jean, on=date(2024, 2, 1), proof={"how": "form"}, by=None)
    undo(again)
    assert known()["Jean"] == (
        "member",
        [(date(2020, 1, 5), date(2022, 6, 1)), (date(2024, 2, 1), None)],
    ), "whoever joined again is a member once"
    undo(run)
    assert known()["Lea"] == ("former", [(date(2020, 1, 5), date(2023, 5, 1))])


def test_nobody_is_a_member_because_a_broker_says_so(members, file_of) -> None:
    bought = Source.objects.create(
        name="Bought",
        kind="broker_purchase",
        lawful_basis="consent",
        channels=["email"],
        supplier="Data SA",
        proof="Contract 12",
        consent_wording="I agree",
    )
    run = preview(file_of(("Lea", "05/01/2020", "")), kind="broker", source=bought)
    assert mended_words(run) == [
        "When people joined or left is not taken from a file that was bought, rented or only adds."
    ]
    members(("Lea", "05/01/2020", ""), source=bought, kind="broker")
    assert known() == {"Lea": ("occasional", [])}
