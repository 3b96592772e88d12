"""Recognising files by the names of their columns, and columns by their values."""

import csv
import io

import pytest

from contacts.imports.guessing import guess
from contacts.imports.layouts import Format, never_imported, recognise
from contacts.imports.sketch import Layout, Sketch
from contacts.invented.address_books import google, google_legacy, outlook_en, outlook_fr
from contacts.invented.people import people
from contacts.invented.rolls import COLUMNS

PEOPLE = list(people(3, seed=1, departments=["60"]))


def fields(header: list[str]) -> dict[str, str]:
    """Column name → field; the last of two columns of one name counts."""
    mapping = recognise(header).mapping
    return {header[index]: field for index, field in mapping.items()}


def sketch_of(*rows: list[str]) -> Sketch:
    return Sketch(Layout(encoding="utf-8", delimiter=";", header=rows[0]), list(rows[1:]))


def test_the_export_of_the_national_register_is_recognised_whole() -> None:
    found = recognise(list(COLUMNS))
    assert found.format == Format.ROLL
    left_out = {COLUMNS[index] for index in range(len(COLUMNS)) if index not in found.mapping}
    assert left_out == {"libellé nationalité", "libellé circonscription métropolitaine du bureau de vote"}
    assert [COLUMNS[index] for index in never_imported(list(COLUMNS))] == ["libellé nationalité"]


@pytest.mark.parametrize(
    ("rows", "format"),
    [
        (google(PEOPLE), Format.GOOGLE),
        (google_legacy(PEOPLE), Format.GOOGLE_LEGACY),
        (outlook_en(PEOPLE), Format.OUTLOOK_EN),
        (outlook_fr(PEOPLE), Format.OUTLOOK_FR),
    ],
)
def test_address_books_are_recognised(rows, format) -> None:
    found = recognise(list(rows[0]))
    assert found.format == format
    assert {"first_name", "last_name", "email", "phone", "birth_date", "city_1"} <= set(
        found.mapping.values()
    )


def test_the_first_titre_of_a_french_outlook_is_the_title() -> None:
    header = list(outlook_fr(PEOPLE)[0])
    mapping = recognise(header).mapping
    places = [index for index, name in enumerate(header) if name == "Titre"]
    assert [mapping.get(index, "") for index in places] == ["civility", ""]


def test_the_work_address_is_left_out_and_the_home_taken() -> None:
    assert {name: field for name, field in fields(list(outlook_fr(PEOPLE)[0])).items() if "Rue" in name} == {
        "Rue (domicile)": "street_1"
    }


@pytest.mark.parametrize(
    "name", ["Adresse de messagerie", "Adresse de courrier", "Courriel", "E-mail", "MAIL"]
)
def test_names_of_an_e_mail_column(name) -> None:
    assert fields([name, "Nom"])[name] == "email"


def test_columns_without_a_known_name_recognise_themselves_by_their_values() -> None:
    found = guess(
        sketch_of(
            ["A1", "B2", "C3", "D4", "E5", "F6"],
            ["Mme", "lea@example.org", "06 39 98 12 34", "60000", "17/05/1980", "blue"],
            ["M.", "jean@example.org", "+33639981235", "75011", "01/02/1950", "red"],
        )
    )
    assert [column.field for column in found.columns] == [
        "civility",
        "email",
        "phone",
        "postcode_1",
        "birth_date",
        "",
    ]
    assert all(0 < column.confidence < 1 for column in found.columns[:5])
    assert found.columns[1].samples == ["lea@example.org", "jean@example.org"]


def test_a_known_name_whose_values_say_otherwise_is_doubted() -> None:
    found = guess(sketch_of(["Email", "Nom"], ["Beauvais", "Martin"], ["Creil", "Petit"]))
    assert (found.columns[0].field, found.columns[0].confidence) == ("email", 0.3)
    assert found.columns[1].confidence == 1.0


def test_a_file_of_a_csv_writer_is_read_as_it_was_written() -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(google(PEOPLE))
    rows = list(csv.reader(io.StringIO(buffer.getvalue())))
    assert guess(sketch_of(*rows)).format == Format.GOOGLE
