"""A workbook inside an archive or a folder: each of its sheets is read, none vanishes without a word."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command

from contacts.imports.formats import limits
from contacts.imports.many_files import words_of_files
from contacts.imports.sketch import Layout
from contacts.invented.rolls import COLUMNS
from contacts.models import ElectoralRegistration, Source
from tests.support.imports import import_file
from tests.support.workbooks import write_xlsx

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]

FEW = [name for name in COLUMNS if name != "libellé du type de liste"]
Rows = list[list[str]]


@pytest.fixture
def sheet(elector: Callable[..., dict[str, str]]) -> Callable[[str], Rows]:
    """A sheet with one elector, without a column of the kind of list."""

    def make(name: str) -> Rows:
        one = elector(nom_de_naissance=name)
        return [FEW, [one[column] for column in FEW]]

    return make


def test_every_sheet_of_a_roll_comes_in_as_the_list_that_it_is_called(
    tmp_path: Path, sheet: Callable[[str], Rows], roll_source: Source
) -> None:
    book = write_xlsx(
        tmp_path / "60057.xlsx",
        {"LP": sheet("MAIN"), "LCM": sheet("TOWN"), "LCE": sheet("EUROPE"), "Notes": [["A"], ["b"]], "Z": []},
    )
    path = tmp_path / "rolls.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(book, "60057.xlsx")
    run = import_file(path, kind="roll", source=roll_source)
    assert run.counts["new"] == 3, run.error
    found = ElectoralRegistration.objects.order_by("roll_kind").values_list("birth_name", "roll_kind")
    assert list(found) == [("MAIN", 1), ("TOWN", 2), ("EUROPE", 3)]
    words = words_of_files(Layout.from_json(run.layout))
    assert "Left out, for they hold no list of people: 60057.xlsx/Notes." in words


def test_the_command_says_which_sheets_it_does_not_read(
    tmp_path: Path, book: Source, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts.management.commands.import_contacts._say_progress", lambda *_args: None)
    people = [["Nom", "Email"], ["Martin", "lea@example.org"]]
    path = write_xlsx(tmp_path / "book.xlsx", {"Members": people, "Donors": people})
    arguments = ["import_contacts", str(path), "--kind", "address-book", "--source", book.name, "--dry-run"]
    call_command(*arguments)
    assert "Only the sheet “Members” is read, not Donors" in capsys.readouterr().err
    call_command(*arguments, "--sheet", "Donors")
    assert "Only the sheet" not in capsys.readouterr().err


def test_one_process_waits_for_itself_no_longer_than_others(tmp_path: Path) -> None:
    limits.hold_alone(tmp_path)
    limits.hold_alone(tmp_path)
