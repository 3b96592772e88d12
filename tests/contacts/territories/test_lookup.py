"""Finding the commune that people mean, one by one and by the thousand."""

import pytest
from django.db import connection
from django.utils import translation

from contacts.enums import TerritoryKind
from contacts.models import Territory
from contacts.segments.standard.pieces import territories
from contacts.territories.lookup import (
    PLACES_OF_RESIDENCE,
    resolution_sql,
    resolve_commune,
    suggest_absorbed,
    suggest_territories,
)

CASES = [
    # code, postcode, name → code of the territory, rule
    ("60057", "", "", "60057", "code"),
    ("com60057", "75001", "Paris", "60057", "code"),
    ("69232", "", "", "69123", "code"),  # absorbed by Lyon
    ("93059", "", "", "93066", "code"),  # Pierrefitte-sur-Seine, delegated
    ("75115", "", "", "75115", "code"),
    ("1053", "", "", "01053", "code"),
    ("", "60000", "BEAUVAIS", "60057", "name_postcode"),
    ("", "1000", "bourg en bresse", "01053", "name_postcode"),
    ("", "75015", "Paris", "75115", "name_postcode"),
    ("", "75116", "PARIS", "75116", "name_postcode"),
    ("", "69003", "LYON 03", "69383", "name_postcode"),
    ("", "72000", "MANS (LE)", "72181", "name_postcode"),
    ("", "93380", "Pierrefitte-sur-Seine", "93066", "name_postcode"),
    ("", "94240", "LHAY LES ROSES", "94038", "name_postcode"),
    ("", "94240", "L'Haÿ-les-Roses", "94038", "name_postcode"),
    ("", "34170", "CASTELNAU LE LEZ", "34057", "name_postcode"),
    ("", "97133", "Saint Barthelemy", "97701", "name_postcode"),
    ("", "60021", "Beauvais Cedex", "60057", "name_department"),
    ("", "75737", "PARIS CEDEX 15", "75115", "name_department"),
    ("", "75737", "PARIS CEDEX", "75056", "name_department"),
    ("", "20090", "Bastia", "2B033", "name_department"),
    ("", "", "60021 BEAUVAIS CEDEX", "60057", "name_department"),
    ("", "60021 CEDEX", "BEAUVAIS CEDEX 9", "60057", "name"),
    ("", "", "F-93200 Saint-Denis", "93066", "name_postcode"),
    ("", "", "Saint-Denis (93)", "93066", "name_department"),
    ("", "", "SAINT-DENIS (974)", "97411", "name_department"),
    ("", "", "Bastia (2B)", "2B033", "name_department"),
    ("", "97490", "ST DENIS", "97411", "name_postcode"),
    ("", "75015", "", "75115", "postcode"),
    ("", "60000", "", None, None),  # nine communes share it
    ("", "75015", "Grenelle", "75115", "postcode"),
    ("", "", "Le Havre", "76351", "name"),
    ("", "", "Paris 15e", "75115", "name"),
    ("", "", "Marseille", "13055", "name"),
    ("", "", "Saint-Denis", None, None),  # several in France
    ("", "60000", "Lyon", None, None),  # a postcode that contradicts the name
    ("", "92052", "PARIS LA DEFENSE CEDEX", None, None),  # three communes
    ("99134", "", "MADRID", None, None),
    ("", "", "", None, None),
]


@pytest.fixture
def codes(loaded):
    return dict(Territory.objects.values_list("id", "code"))


def test_one_address_finds_its_commune(codes):
    for code, postcode, name, expected, rule in CASES:
        found = resolve_commune(code=code, postcode=postcode, name=name)
        answer = (codes[found.territory_id], found.rule) if found else (None, None)
        assert answer == (expected, rule), (code, postcode, name)


def test_many_addresses_find_their_communes_in_one_statement(codes):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE rows (insee text, cp text, ville text) ON COMMIT DROP")
        for code, postcode, name, *_ in CASES:
            cursor.execute("INSERT INTO rows VALUES (%s, NULLIF(%s, ''), %s)", [code, postcode, name])
        cursor.execute("INSERT INTO rows SELECT * FROM rows")
        cursor.execute(resolution_sql("rows", code="rows.insee", postcode="rows.cp", name="rows.ville"))
        found = {row[:3]: (codes.get(row[3]), row[4]) for row in cursor.fetchall()}
    assert found == {tuple(case[:3]): tuple(case[3:]) for case in CASES}


def test_every_commune_is_found_by_its_own_name_and_postcode(codes):
    with connection.cursor() as cursor:
        cursor.execute(
            resolution_sql(
                "(SELECT name, unnest(postcodes) AS cp FROM contacts_territory "
                "WHERE kind = 'commune' AND replaced_by_id IS NULL) AS own",
                postcode="own.cp",
                name="own.name",
            )
        )
        missed = [row for row in cursor.fetchall() if row[3] is None]
    # Two communes of one name share the postcode: nobody can tell them apart.
    assert {(row[1], row[2]) for row in missed} == SAME_NAME_AND_POSTCODE


SAME_NAME_AND_POSTCODE: set[tuple[str, str]] = set()


def names(typed, **options):
    return [territory.name for territory in suggest_territories(typed, **options)]


def test_typing_offers_the_largest_places_that_begin_so(loaded):
    assert names("beauv", kinds=PLACES_OF_RESIDENCE)[0] == "Beauvais"
    assert names("BEAUVAIS")[0] == "Beauvais"
    assert names("mans", kinds=PLACES_OF_RESIDENCE)[0] == "Le Mans"
    assert names("hay les")[0] == "L'Haÿ-les-Roses"
    assert names("paris 15") == ["Paris 15e Arrondissement"]
    assert names("oise", kinds=(TerritoryKind.DEPARTMENT,)) == ["Oise"]
    assert len(names("saint")) == 20


def test_typing_a_code_or_a_postcode_offers_its_places(loaded):
    assert names("60057") == ["Beauvais"]
    assert "Beauvais" in names("60000")
    assert names("75015", kinds=(TerritoryKind.MUNICIPAL_ARRONDISSEMENT,)) == ["Paris 15e Arrondissement"]
    assert names("2a", kinds=(TerritoryKind.DEPARTMENT,)) == ["Corse-du-Sud"]


def test_typing_never_offers_a_former_commune(loaded):
    assert names("pierrefitte-sur-seine") == []


def test_a_former_commune_is_offered_as_what_it_is_part_of_today(loaded):
    with translation.override("en"):
        assert [place.said_today() for place in suggest_absorbed("pierrefitte-sur-s")] == [
            "Pierrefitte-sur-Seine, today Saint-Denis (93066)"
        ]
        offered = list(territories(*PLACES_OF_RESIDENCE).suggest("pierrefitte-sur-seine"))
    assert [label for _pk, label in offered] == ["Pierrefitte-sur-Seine, today Saint-Denis (93066)"]
    assert Territory.objects.get(pk=offered[0][0]).code == "93066"


def test_typing_nothing_offers_nothing(loaded):
    assert names("") == names(" - ") == []
    assert list(suggest_absorbed(" - ")) == []
