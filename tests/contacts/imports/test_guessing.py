"""Columns guessed by their values: numbers that are no phones, days that are no birthdays."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from contacts.imports.guessing import guess
from contacts.imports.sketch import Layout, Sketch
from contacts.models import Import

KNOWN = {"Email": ["lea@example.org", "jean@example.org", "zoe@example.org"]}


def field_of(name: str, values: list[str], *, kind: str = "") -> str:
    """What a column beside e-mails is guessed to hold."""
    columns = {**KNOWN, name: values}
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    sketch = Sketch(Layout(encoding="utf-8", delimiter=";", header=list(columns)), rows)
    return guess(sketch, kind=kind).columns[1].field


@pytest.mark.parametrize(
    "values",
    [
        ["06 39 98 12 34", "0639981235", "+33639981236"],
        ["0639981234", "0639981235", "639981236"],
        ["06.39.98.12.34", "(0)6 39 98 12 35", "00 33 6 39 98 12 36"],
        ["33639981234", "33639981235", "33639981236"],
    ],
)
def test_numbers_written_as_phones_are_phones(values) -> None:
    assert field_of("X1", values) == "phone"


@pytest.mark.parametrize(
    "values",
    [
        ["123456789", "123456790", "123456791"],
        ["639981234", "639981235", "639981236"],
        ["49.4294567", "48.8566140", "45.7640430"],
        ["0.123456789", "0.223456789", "0.323456789"],
        ["0000123456", "0000123457", "0000123458"],
        ["12/03/2023", "13/03/2023", "14/03/2023"],
        ["2023-03-12", "2023-03-13", "2023-03-14"],
    ],
    ids=["bare", "without their 0", "degrees", "decimals", "members", "days", "ISO days"],
)
def test_numbers_that_are_none_are_no_phones(values) -> None:
    assert field_of("X1", values) == ""


@pytest.mark.parametrize(
    "name",
    [
        *("ID_CONTACT", "IDClient", "N° adhérent", "Numéro d'adhérent", "Réf.", "Code", "SIRET", "SIREN"),
        *(
            "Matricule",
            "Event 1 - Value",
            "Custom Field 2 - Value",
            "Relation 1 - Value",
            "Website 1 - Value",
        ),
    ],
)
@pytest.mark.parametrize("value", ["06 39 98 12 3{n}", "1234{n}", "01/02/195{n}"])
def test_names_that_number_something_else_hold_no_contact_point_and_no_day(name, value) -> None:
    assert field_of(name, [value.format(n=n) for n in range(3)]) == ""


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("Numéro du portable perso", "06 39 98 12 3{n}", "phone"),
        ("N° tél. de contact", "06 39 98 12 3{n}", "phone"),
        ("Code postal actuel", "6000{n}", "postcode_1"),
        ("Né(e) le (date)", "01/02/195{n}", "birth_date"),
        ("Jour d'arrivée au monde, naissance", "01/02/195{n}", "birth_date"),
    ],
)
def test_names_that_say_what_it_is_are_believed(name, value, field) -> None:
    assert field_of(name, [value.format(n=n) for n in range(3)]) == field


@pytest.mark.parametrize("n", [1, 2])
def test_opt_out_files_may_number_their_lines_or_write_bare_numbers(n) -> None:
    values = [f"3363998123{n}", f"3363998124{n}", f"3363998125{n}"]
    assert field_of("Numéro", values, kind=Import.Kind.SUPPRESSION) == "phone"


def years_ago(*years: float) -> list[str]:
    today: date = timezone.localdate()
    return [(today - timedelta(days=one * 365.25)).strftime("%d/%m/%Y") for one in years]


def test_only_days_on_which_people_would_be_of_age_are_birthdays() -> None:
    assert field_of("X1", years_ago(16, 50, 100)) == "birth_date"
    assert field_of("X1", years_ago(1, 2, 3)) == ""
    assert field_of("X1", years_ago(120, 130, 125)) == ""
    assert field_of("X1", years_ago(1, 2, 60)) == ""


def test_birthdays_with_the_month_first_or_by_name_are_known() -> None:
    assert field_of("X1", ["5/17/1980", "1/2/1950", "12/31/1960"]) == "birth_date"
    assert field_of("X1", ["17 mai 1980", "1er février 1950", "31 déc. 1960"]) == "birth_date"


@pytest.mark.parametrize(
    "name",
    [
        *("Date d'adhésion", "Dernier don", "Dernière connexion", "Date de création", "Membre depuis"),
        *("Inscription newsletter", "Last login", "Donation date", "Signed petition", "Date 1er don"),
    ],
)
def test_days_of_joining_and_giving_are_no_birthdays(name) -> None:
    assert field_of(name, years_ago(20, 30, 40)) != "birth_date"
    assert field_of(name, years_ago(20, 30, 40)) != "phone"


def test_a_column_called_address_that_holds_mailboxes_is_no_street() -> None:
    count = len(next(iter(KNOWN.values())))
    assert field_of("ADR", [f"lea{number}@example.org" for number in range(count)]) != "street_1"
    assert field_of("Adresse", [f"{number} rue des Lilas" for number in range(count)]) == "street_1"


def test_birthdays_that_a_spreadsheet_left_as_numbers_are_birthdays() -> None:
    columns = {**KNOWN, "Né(e) le": ["29358", "17/05/1980", "29359"]}
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    sketch = Sketch(Layout(encoding="utf-8", delimiter=";", header=list(columns)), rows)
    column = guess(sketch).columns[1]
    assert (column.field, column.confidence) == ("birth_date", 1.0)
