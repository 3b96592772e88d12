"""What stands below a table is nobody; people whose names look like it are."""

import pytest

from contacts.imports.labels import line_below


@pytest.mark.parametrize(
    "row",
    [
        ["Total : 123", "", ""],
        ["", "TOTAL", "123", "45,00"],
        ["Total général", "12"],
        ["Nombre d'adhérents : 12", ""],
        ["Fait à Beauvais, le 12 mars 2025", ""],
        ["Édité le 12/03/2025", ""],
        ["Page 1/3", ""],
    ],
)
def test_lines_below_a_table(row) -> None:
    assert line_below(row)


@pytest.mark.parametrize(
    "row",
    [
        ["Total", "Jean", ""],
        ["Page", "Hélène", "1"],
        ["Page", "", ""],
        ["Nombre", "Paul", ""],
        ["Fait", "Anaïs", "60000"],
        ["Martin", "", "3"],
        ["", "", ""],
    ],
)
def test_people(row) -> None:
    assert line_below(row) == ""
