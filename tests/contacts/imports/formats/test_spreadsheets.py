"""Spreadsheets: values as people see them, the right sheet, the right rows, and refusals with a reason."""

from datetime import date, datetime, time

import pytest

from contacts.imports.choices import set_sheet
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats import spreadsheets
from contacts.imports.formats.opening import open_file
from contacts.imports.service import start_import
from contacts.models import ElectoralRegistration, Import, ImportReject
from tests.support.imports import import_file
from tests.support.workbooks import write_ods, write_xls, write_xlsx

DAY = date(2027, 3, 1)
PEOPLE = [
    ["Prénom", "Nom", "Né le", "Code postal", "Mobile", "E-mail", "Code INSEE"],
    ["Léa", "Martin", date(1980, 5, 17), 1000, 639981234, "lea@example.org", 1004],
    ["Zoé", "O'Été", None, "60000", "06 39 98 12 35", "zoe@example.org\nz@example.org", "2A004"],
]
AS_TEXT = [
    ["Léa", "Martin", "17/05/1980", "01000", "0639981234", "lea@example.org", "01004"],
    ["Zoé", "O'Été", "", "60000", "06 39 98 12 35", "zoe@example.org; z@example.org", "2A004"],
]


@pytest.mark.parametrize("write", [write_xlsx, write_xls, write_ods])
def test_values_are_what_people_see(tmp_path, looked_at, write) -> None:
    path = write(tmp_path / "people", {"Feuil1": PEOPLE})
    assert looked_at(path) == (PEOPLE[0], AS_TEXT)


def test_numbers_days_and_hours_in_words() -> None:
    seen = [
        spreadsheets._text(value)
        for value in (3.0, 3.25, True, False, datetime.combine(DAY, time(14, 30)), DAY, time(9, 5))
    ]
    assert seen == ["3", "3.25", "1", "0", "01/03/2027 14:30", "01/03/2027", "09:05"]


def test_the_first_sheet_that_is_seen_and_filled_counts(tmp_path, looked_at) -> None:
    path = write_xlsx(
        tmp_path / "book.xlsx",
        {
            "Notes": [["secret", "x"], ["1", "2"]],
            "Vide": [],
            "Liste": PEOPLE,
            "Autres": [["Nom", "E-mail"], ["A", "a@b.fr"]],
        },
        hidden=["Notes"],
    )
    sketch = open_file(path)
    assert (sketch.layout.sheet, sketch.layout.sheets) == ("Liste", ["Vide", "Liste", "Autres"])
    assert looked_at(path, sheet="Autres") == (["Nom", "E-mail"], [["A", "a@b.fr"]])
    with pytest.raises(UnreadableFile, match=r"no sheet “Autre”\. The sheets are: Vide, Liste, Autres"):
        open_file(path, sheet="Autre")


def test_titles_above_and_emptiness_around_the_table_are_left_out(tmp_path, looked_at) -> None:
    above = [["Adhérents de l'Oise"], [], ["", "Mis à jour le 3 mars"], []]
    below = [[], ["", "", ""]]
    path = write_xlsx(tmp_path / "book.xlsx", {"A": [*above, *PEOPLE, *below]})
    assert looked_at(path) == (PEOPLE[0], AS_TEXT)


def test_a_list_without_header_keeps_its_first_row(tmp_path, looked_at) -> None:
    path = write_xlsx(tmp_path / "book.xlsx", {"A": [["lea@example.org"], ["zoe@example.org"]]})
    assert looked_at(path) == (["Column 1"], [["lea@example.org"], ["zoe@example.org"]])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "damaged"),
    ],
)
def test_damage_is_said_and_leaves_nothing(tmp_path, kept, content, words) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=words):
        open_file(path)
    assert list(kept.iterdir()) == []


def test_an_empty_workbook_is_said(tmp_path) -> None:
    with pytest.raises(UnreadableFile, match="spreadsheet is empty"):
        open_file(write_xlsx(tmp_path / "book.xlsx", {"A": [], "B": []}))


@pytest.mark.django_db
def test_a_roll_saved_again_as_a_spreadsheet_comes_in_whole(
    places, elector, roll_source, tmp_path, kept
) -> None:
    one = elector()
    rows = [
        [int(cell) if name in ("code du bureau de vote", "code postal", "code du l'ugle") else cell
         for name, cell in row.items()]
        for row in (one, elector(nom_de_naissance=""), elector(prénoms="Zoé"))
    ]  # fmt: skip
    path = write_xlsx(tmp_path / "roll.xlsx", {"Liste": [["Liste de Beauvais"], [], list(one), *rows]})
    run = import_file(path, kind="roll", source=roll_source)
    assert (run.state, run.counts["new"], run.counts["rejected"]) == (Import.State.DONE, 2, 1), run.error
    found = ElectoralRegistration.objects.order_by("first_names").first()
    assert (found.polling_station.code, found.postcode, str(found.birth_date)) == (
        "60057-0001",
        "60000",
        "1980-05-17",
    )
    assert ImportReject.objects.get().line == 5  # as the spreadsheet numbers it
    assert list(kept.iterdir()) == []
    assert path.exists()


@pytest.mark.django_db
def test_another_sheet_may_be_taken(places, book, tmp_path, kept) -> None:
    path = write_xlsx(
        tmp_path / "book.xlsx", {"A": PEOPLE, "B": [["Nom", "Courriel"], ["Petit", "p@example.org"]]}
    )
    run = start_import(file=path, file_name=path.name, source=book, by=None)
    set_sheet(run=run, sheet="B", by=None)
    run.refresh_from_db()
    assert (run.layout["sheet"], run.mapping) == ("B", {"0": "last_name", "1": "email"})
    assert len(list(kept.iterdir())) == 1
