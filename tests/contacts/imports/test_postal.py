"""Whole addresses in one cell, taken apart."""

import pytest

from contacts.imports.people.postal import read_addresses, whole_address


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("12 rue des Lilas, 60000 Beauvais, France", "12 rue des Lilas||60000|Beauvais|France"),
        ("12 rue des Lilas\n60000 Beauvais", "12 rue des Lilas||60000|Beauvais|"),
        ("12 rue des Lilas  60000 Beauvais", "12 rue des Lilas||60000|Beauvais|"),
        ("12 rue des Lilas  Beauvais  60000  FR", "12 rue des Lilas||60000|Beauvais|FR"),
        ("12 rue des Lilas  Beauvais    60000  FR", "12 rue des Lilas||60000|Beauvais|FR"),
        ("12 rue des Lilas  Bât. A  Beauvais  Oise  60000  FR", "12 rue des Lilas|Bât. A|60000|Beauvais|FR"),
        ("12 rue des Lilas  Beauvais  Hauts-de-France  60000  FR", "12 rue des Lilas||60000|Beauvais|FR"),
        ("Mairie  BP 12  Paris 15  75015", "Mairie|BP 12|75015|Paris 15|"),
        ("Beauvais  60000  FR", "||60000|Beauvais|FR"),
        ("10 Downing Street  London    SW1A 2AA  GB", "10 Downing Street||SW1A 2AA|London|GB"),
        ("somewhere  in the fields", ""),
        ("", ""),
    ],
)
def test_a_whole_address(text, parts) -> None:
    found = whole_address(text)
    order = ("line1", "line2", "postcode", "city", "country")
    assert "|".join(found.get(name, "") for name in order) == (parts or "||||")


def test_the_home_is_taken_and_the_place_of_work_left() -> None:
    columns = {"kind_1": [0], "city_1": [1], "kind_2": [2], "city_2": [3]}

    def cities(*row: str) -> list[str]:
        return [one["city"] for one in read_addresses(columns, list(row))]

    assert cities("Work", "Paris", "Home", "Creil") == ["Creil"]
    assert cities("", "Paris", "Autre", "Creil") == ["Paris", "Creil"]
    assert cities("Home office", "Paris", "Professionnelle", "Creil") == ["Paris"]
