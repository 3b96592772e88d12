"""Names that may be one person's, and names that are not."""

import pytest

from contacts.duplicates.forenames import FREQUENT, is_short_form
from contacts.duplicates.names import Name, Names, compare_names
from contacts.folding import fold


def name(text: str) -> Name:
    """ "Léa Martin (Petit)": forename before the comma when there is one."""
    first, _comma, rest = text.partition(", ")
    last, _bracket, birth = rest.partition(" née ")
    return Name(fold(first), fold(last), fold(birth))


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ("Léa, Martin", "LEA, MARTIN", Names.SAME),
        ("Léa, Martin", "Martin, Léa", Names.SAME),
        ("Jean-Pierre, Le Gall", "jean pierre, LEGALL", Names.SAME),
        ("Anne, de la Tour", "Anne, Delatour", Names.SAME),
        ("Anne, d'Almeida", "Anne, Almeida", Names.SAME),
        ("Anne, St Martin", "Anne, Saint-Martin", Names.SAME),
        ("Anne, de Ste Marie", "Anne, SAINTE MARIE", Names.SAME),
        ("Anne, Durand née Martin", "Anne, Martin", Names.SAME),
        ("Anne, Durand née Martin", "Anne, Petit née Martin", Names.SAME),
        ("Catherine, Martin", "Cathy, Martin", Names.SHORT_FORM),
        ("Jean-Pierre, Martin", "JP, Martin", Names.SHORT_FORM),
        ("Julie, Martin", "J., Martin", Names.SHORT_FORM),
        ("Marie Jeanne Louise, Martin", "Marie, Martin", Names.SHORT_FORM),
        ("Julie, Martin", "Julie, Matrin", Names.ALIKE),
        ("Kévin, Martin", "Kvin, Martin", Names.ALIKE),
        ("Anne, Martin-Durand", "Anne, Durand", Names.ALIKE),
        ("Cathy, Matrin", "Catherine, Martin", Names.ALIKE),
        ("Catherine, Chamileroneau", "Catherine, Chamilernoeua", Names.ALIKE),
        (", Martin", "Anne, Martin", Names.PART),
        ("Anne, ", "Anne, Martin", Names.PART),
        ("Anne, Martin", "Anne, Durand", Names.LAST_DIFFERS),
        ("Anne, Martin", "Paul, Martin", Names.FIRST_DIFFERS),
        ("Julie, Martin", "Julien, Martin", Names.FIRST_DIFFERS),
        ("Léa, Martin", "Léo, Martin", Names.FIRST_DIFFERS),
        ("Anne, Roy", "Anne, Rey", Names.LAST_DIFFERS),
        ("Anne, Martin", "Paul, Durand", Names.DIFFER),
        (", ", "Paul, Durand", Names.DIFFER),
    ],
)
def test_two_names_compare_both_ways(one, other, says) -> None:
    assert compare_names(name(one), name(other)) is says
    assert compare_names(name(other), name(one)) is says


@pytest.mark.parametrize(
    ("one", "other"), [("steph", "stephane"), ("jc", "jean claude"), ("m", "marie"), ("jo", "josette")]
)
def test_short_forms_are_known_both_ways(one, other) -> None:
    assert is_short_form(one, other)
    assert is_short_form(other, one)


def test_two_frequent_forenames_are_no_short_forms() -> None:
    assert {"marie", "marine", "michel", "michele", "julie", "julien"} <= FREQUENT
    assert not is_short_form("marie", "marine")
    assert not is_short_form("michel", "michele")
