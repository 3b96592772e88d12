"""Which written forms lead to which commune, computed from a small reference."""

from contacts.territories.aliases import territory_aliases
from contacts.territories.reference import ReferenceRow


def row(kind, code, name, parent="department/60", postcodes="", former_codes=""):
    return ReferenceRow(kind, code, name, "0", parent, "", postcodes, former_codes)


def keys(*rows, rule):
    return {alias.key: alias.code for alias in territory_aliases(rows) if alias.rule == rule}


def test_a_commune_is_known_by_its_code_and_its_former_codes():
    assert keys(row("commune", "69123", "Lyon", former_codes="69232"), rule="code") == {
        "69123": "69123",
        "69232": "69123",
    }


def test_a_name_is_known_with_each_postcode_and_with_the_department():
    beauvais = row("commune", "60057", "Beauvais", postcodes="60000 60155")
    assert keys(beauvais, rule="name_postcode") == {"60000 beauvais": "60057", "60155 beauvais": "60057"}
    assert keys(beauvais, rule="name_department") == {"60 beauvais": "60057"}


def test_a_name_or_postcode_of_two_communes_leads_nowhere():
    rows = (
        row("commune", "1", "Saint-Denis", postcodes="93200"),
        row("commune", "2", "Saint-Denis", postcodes="97400"),
        row("commune", "3", "Autre", postcodes="93200"),
    )
    assert keys(*rows, rule="name") == {"autre": "3"}
    assert keys(*rows, rule="postcode") == {"97400": "2"}


def test_a_former_commune_leads_to_the_one_that_absorbed_it():
    rows = (
        row("commune", "1", "Nouvelle", postcodes="60100"),
        row("delegated", "2", "Vieille", parent="commune/1"),
        row("delegated", "1", "Ancienne", parent="commune/1"),
    )
    assert keys(*rows, rule="name_postcode") == {
        "60100 nouvelle": "1",
        "60100 vieille": "1",
        "60100 ancienne": "1",
    }
    assert keys(*rows, rule="code") == {"1": "1", "2": "1"}


def test_a_name_of_today_wins_over_a_former_one():
    rows = (
        row("commune", "1", "Nouvelle", postcodes="60100"),
        row("commune", "2", "Vieille", postcodes="60100"),
        row("delegated", "3", "Vieille", parent="commune/1"),
    )
    assert keys(*rows, rule="name_postcode")["60100 vieille"] == "2"


def test_a_city_gives_its_postcodes_to_its_arrondissements():
    rows = (
        row("commune", "75056", "Paris", postcodes="75015 75016"),
        row("municipal_arrondissement", "75115", "Paris 15e Arrondissement", "commune/75056", "75015"),
    )
    assert keys(*rows, rule="name_postcode") == {
        "75015 paris": "75115",
        "75015 paris 15": "75115",
        "75016 paris": "75056",
    }
    assert keys(*rows, rule="postcode") == {"75015": "75115", "75016": "75056"}
    assert keys(*rows, rule="name") == {"paris": "75056", "paris 15": "75115"}


def test_a_name_is_known_without_its_article_where_the_postcode_helps():
    rows = (row("commune", "1", "L'Haÿ-les-Roses", postcodes="94240"),)
    assert set(keys(*rows, rule="name_postcode")) == {
        "94240 l hay les roses",
        "94240 hay les roses",
        "94240 lhay les roses",
    }
    assert set(keys(*rows, rule="name")) == {"l hay les roses"}


def test_a_name_is_known_without_its_precision():
    rows = (row("commune", "1", "Castillon (Canton de Lembeye)", postcodes="64350"),)
    assert "64350 castillon" in keys(*rows, rule="name_postcode")
