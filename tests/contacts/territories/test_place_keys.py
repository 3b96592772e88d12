"""What people write for a commune, and the equality of the Python and SQL twins."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contacts.territories.place_keys import clean_insee_code, clean_postcode, fold_place, postcode_area
from contacts.territories.reference import read_reference


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Beauvais", "beauvais"),
        ("BEAUVAIS CEDEX", "beauvais"),
        ("Lille Cedex 9", "lille"),
        ("60000 Beauvais", "beauvais"),
        ("Beauvais (60)", "beauvais"),
        ("BEAUVAIS 60", "beauvais"),
        ("Ajaccio 2A", "ajaccio"),
        ("Saint-Denis (974)", "saint denis"),
        ("ST DENIS", "saint denis"),
        ("Ste-Geneviève-des-Bois", "sainte genevieve des bois"),
        ("CHALONS S/ MARNE", "chalons sur marne"),
        ("Bois s/s Roche", "bois sous roche"),
        ("ND de Bellecombe", "notre dame de bellecombe"),
        ("Hallennes-lez-Haubourdin", "hallennes les haubourdin"),
        ("Castelnau-le-Lez", "castelnau le lez"),
        ("MANS (LE)", "le mans"),
        ("L'Haÿ-les-Roses", "l hay les roses"),
        ("Paris", "paris"),
        ("PARIS 15", "paris 15"),
        ("Paris 15ème", "paris 15"),
        ("Paris 1er Arrondissement", "paris 1"),
        ("PARIS CEDEX 15", "paris 15"),
        ("PARIS CEDEX 07 SP", "paris"),
        ("Paris (75)", "paris"),
        ("PARIS 75", "paris"),
        ("75015 Paris 15", "paris 15"),
        ("Lyon 3e", "lyon 3"),
        ("LYON 03", "lyon 3"),
        ("MARSEILLE 08", "marseille 8"),
        ("Marseille (13)", "marseille"),
        ("", ""),
    ],
)
def test_a_place_is_the_same_however_it_is_written(written, key):
    assert fold_place(written) == key
    assert fold_place(key) == key


def test_no_official_name_is_changed_by_being_folded_twice():
    for row in read_reference():
        assert fold_place(fold_place(row.name)) == fold_place(row.name), row


@pytest.mark.parametrize(
    ("written", "postcode"),
    [
        ("60000", "60000"),
        (" 75 015 ", "75015"),
        ("1000", "01000"),
        ("1000.0", "01000"),
        ("F-75015", "75015"),
        ("FR75015", "75015"),
        ("SW1A 1AA", ""),
        ("L-1234", ""),
        ("750155", ""),
        ("", ""),
    ],
)
def test_a_postcode_is_five_digits_or_nothing(written, postcode):
    assert clean_postcode(written) == postcode


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("60057", "60057"),
        ("com60057", "60057"),
        ("1053", "01053"),
        ("2a004", "2A004"),
        ("Beauvais", ""),
        ("", ""),
    ],
)
def test_an_insee_code_is_five_characters_or_nothing(written, code):
    assert clean_insee_code(written) == code


def test_overseas_postcodes_name_their_department_with_three_digits():
    assert [postcode_area(postcode) for postcode in ("60000", "20000", "97400", "98800")] == [
        "60",
        "20",
        "974",
        "988",
    ]


WORDS = st.sampled_from(
    [
        *("paris", "Lyon", "MARSEILLE", "cedex", "CEDEX", "st", "Ste", "sts", "s", "/", "nd", "fr", "arrdt"),
        *("lez", "le", "la", "les", "L'", "(LE)", "(60)", "(2A)", "(13)", "15", "15e", "3ème", "01", "1er"),
        *("75", "69", "2B", "974", "007", "60000", "75015", "arrondissement", "Château", "Œuilly", "-"),
    ]
)
WRITTEN = st.one_of(
    st.lists(WORDS, max_size=6).map(" ".join),
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40),
)
CODES = st.one_of(WRITTEN, st.from_regex(r"\A(com|COM|F-|FR|fr )?[0-9 ]?[0-9ABab]{0,2}[0-9]{2,4}(\.0)?\n?\Z"))
MANY = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def in_sql(function, value):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [value])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@MANY
@given(WRITTEN)
@example("75015 paris 15")
def test_fold_place_is_the_same_in_sql(written):
    assert in_sql("fold_place", written) == fold_place(written)


@pytest.mark.django_db
@MANY
@given(CODES)
@example("75015\n")
def test_postcodes_and_insee_codes_are_the_same_in_sql(written):
    assert in_sql("clean_postcode", written) == clean_postcode(written)
    assert in_sql("clean_insee_code", written) == clean_insee_code(written)
