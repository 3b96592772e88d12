"""Every department and region in a sentence, and communes by rule."""

import pytest

from contacts.territories.french_names import DEPARTMENTS, REGIONS
from contacts.territories.grammar import place
from contacts.territories.reference import read_reference

REFERENCE = read_reference()
NAMES = {(row.kind, row.code): row.name for row in REFERENCE}

# code | with its article | place | "of"
SPOKEN_REGIONS = """
01 | la Guadeloupe | en Guadeloupe | de la Guadeloupe
02 | la Martinique | en Martinique | de la Martinique
03 | la Guyane | en Guyane | de la Guyane
04 | La Réunion | à La Réunion | de La Réunion
06 | Mayotte | à Mayotte | de Mayotte
11 | l'Île-de-France | en Île-de-France | d'Île-de-France
24 | le Centre-Val de Loire | dans le Centre-Val de Loire | du Centre-Val de Loire
27 | la Bourgogne-Franche-Comté | en Bourgogne-Franche-Comté | de Bourgogne-Franche-Comté
28 | la Normandie | en Normandie | de Normandie
32 | les Hauts-de-France | dans les Hauts-de-France | des Hauts-de-France
44 | le Grand Est | dans le Grand Est | du Grand Est
52 | les Pays de la Loire | dans les Pays de la Loire | des Pays de la Loire
53 | la Bretagne | en Bretagne | de Bretagne
75 | la Nouvelle-Aquitaine | en Nouvelle-Aquitaine | de Nouvelle-Aquitaine
76 | l'Occitanie | en Occitanie | d'Occitanie
84 | l'Auvergne-Rhône-Alpes | en Auvergne-Rhône-Alpes | d'Auvergne-Rhône-Alpes
93 | la Provence-Alpes-Côte d'Azur | en Provence-Alpes-Côte d'Azur | de Provence-Alpes-Côte d'Azur
94 | la Corse | en Corse | de Corse
"""

SPOKEN_DEPARTMENTS = """
01 | l'Ain | dans l'Ain | de l'Ain
02 | l'Aisne | dans l'Aisne | de l'Aisne
03 | l'Allier | dans l'Allier | de l'Allier
04 | les Alpes-de-Haute-Provence | dans les Alpes-de-Haute-Provence | des Alpes-de-Haute-Provence
05 | les Hautes-Alpes | dans les Hautes-Alpes | des Hautes-Alpes
06 | les Alpes-Maritimes | dans les Alpes-Maritimes | des Alpes-Maritimes
07 | l'Ardèche | en Ardèche | de l'Ardèche
08 | les Ardennes | dans les Ardennes | des Ardennes
09 | l'Ariège | en Ariège | de l'Ariège
10 | l'Aube | dans l'Aube | de l'Aube
11 | l'Aude | dans l'Aude | de l'Aude
12 | l'Aveyron | en Aveyron | de l'Aveyron
13 | les Bouches-du-Rhône | dans les Bouches-du-Rhône | des Bouches-du-Rhône
14 | le Calvados | dans le Calvados | du Calvados
15 | le Cantal | dans le Cantal | du Cantal
16 | la Charente | en Charente | de la Charente
17 | la Charente-Maritime | en Charente-Maritime | de la Charente-Maritime
18 | le Cher | dans le Cher | du Cher
19 | la Corrèze | en Corrèze | de la Corrèze
21 | la Côte-d'Or | en Côte-d'Or | de la Côte-d'Or
22 | les Côtes-d'Armor | dans les Côtes-d'Armor | des Côtes-d'Armor
23 | la Creuse | dans la Creuse | de la Creuse
24 | la Dordogne | en Dordogne | de la Dordogne
25 | le Doubs | dans le Doubs | du Doubs
26 | la Drôme | dans la Drôme | de la Drôme
27 | l'Eure | dans l'Eure | de l'Eure
28 | l'Eure-et-Loir | en Eure-et-Loir | d'Eure-et-Loir
29 | le Finistère | dans le Finistère | du Finistère
2A | la Corse-du-Sud | en Corse-du-Sud | de la Corse-du-Sud
2B | la Haute-Corse | en Haute-Corse | de la Haute-Corse
30 | le Gard | dans le Gard | du Gard
31 | la Haute-Garonne | en Haute-Garonne | de la Haute-Garonne
32 | le Gers | dans le Gers | du Gers
33 | la Gironde | en Gironde | de la Gironde
34 | l'Hérault | dans l'Hérault | de l'Hérault
35 | l'Ille-et-Vilaine | en Ille-et-Vilaine | d'Ille-et-Vilaine
36 | l'Indre | dans l'Indre | de l'Indre
37 | l'Indre-et-Loire | en Indre-et-Loire | d'Indre-et-Loire
38 | l'Isère | en Isère | de l'Isère
39 | le Jura | dans le Jura | du Jura
40 | les Landes | dans les Landes | des Landes
41 | le Loir-et-Cher | en Loir-et-Cher | de Loir-et-Cher
42 | la Loire | dans la Loire | de la Loire
43 | la Haute-Loire | en Haute-Loire | de la Haute-Loire
44 | la Loire-Atlantique | en Loire-Atlantique | de la Loire-Atlantique
45 | le Loiret | dans le Loiret | du Loiret
46 | le Lot | dans le Lot | du Lot
47 | le Lot-et-Garonne | en Lot-et-Garonne | de Lot-et-Garonne
48 | la Lozère | en Lozère | de la Lozère
49 | le Maine-et-Loire | en Maine-et-Loire | de Maine-et-Loire
50 | la Manche | dans la Manche | de la Manche
51 | la Marne | dans la Marne | de la Marne
52 | la Haute-Marne | en Haute-Marne | de la Haute-Marne
53 | la Mayenne | en Mayenne | de la Mayenne
54 | la Meurthe-et-Moselle | en Meurthe-et-Moselle | de Meurthe-et-Moselle
55 | la Meuse | dans la Meuse | de la Meuse
56 | le Morbihan | dans le Morbihan | du Morbihan
57 | la Moselle | en Moselle | de la Moselle
58 | la Nièvre | dans la Nièvre | de la Nièvre
59 | le Nord | dans le Nord | du Nord
60 | l'Oise | dans l'Oise | de l'Oise
61 | l'Orne | dans l'Orne | de l'Orne
62 | le Pas-de-Calais | dans le Pas-de-Calais | du Pas-de-Calais
63 | le Puy-de-Dôme | dans le Puy-de-Dôme | du Puy-de-Dôme
64 | les Pyrénées-Atlantiques | dans les Pyrénées-Atlantiques | des Pyrénées-Atlantiques
65 | les Hautes-Pyrénées | dans les Hautes-Pyrénées | des Hautes-Pyrénées
66 | les Pyrénées-Orientales | dans les Pyrénées-Orientales | des Pyrénées-Orientales
67 | le Bas-Rhin | dans le Bas-Rhin | du Bas-Rhin
68 | le Haut-Rhin | dans le Haut-Rhin | du Haut-Rhin
69 | le Rhône | dans le Rhône | du Rhône
70 | la Haute-Saône | en Haute-Saône | de la Haute-Saône
71 | la Saône-et-Loire | en Saône-et-Loire | de Saône-et-Loire
72 | la Sarthe | dans la Sarthe | de la Sarthe
73 | la Savoie | en Savoie | de la Savoie
74 | la Haute-Savoie | en Haute-Savoie | de la Haute-Savoie
75 | Paris | à Paris | de Paris
76 | la Seine-Maritime | en Seine-Maritime | de la Seine-Maritime
77 | la Seine-et-Marne | en Seine-et-Marne | de Seine-et-Marne
78 | les Yvelines | dans les Yvelines | des Yvelines
79 | les Deux-Sèvres | dans les Deux-Sèvres | des Deux-Sèvres
80 | la Somme | dans la Somme | de la Somme
81 | le Tarn | dans le Tarn | du Tarn
82 | le Tarn-et-Garonne | en Tarn-et-Garonne | de Tarn-et-Garonne
83 | le Var | dans le Var | du Var
84 | le Vaucluse | dans le Vaucluse | du Vaucluse
85 | la Vendée | en Vendée | de la Vendée
86 | la Vienne | dans la Vienne | de la Vienne
87 | la Haute-Vienne | en Haute-Vienne | de la Haute-Vienne
88 | les Vosges | dans les Vosges | des Vosges
89 | l'Yonne | dans l'Yonne | de l'Yonne
90 | le Territoire de Belfort | dans le Territoire de Belfort | du Territoire de Belfort
91 | l'Essonne | en Essonne | de l'Essonne
92 | les Hauts-de-Seine | dans les Hauts-de-Seine | des Hauts-de-Seine
93 | la Seine-Saint-Denis | en Seine-Saint-Denis | de la Seine-Saint-Denis
94 | le Val-de-Marne | dans le Val-de-Marne | du Val-de-Marne
95 | le Val-d'Oise | dans le Val-d'Oise | du Val-d'Oise
971 | la Guadeloupe | en Guadeloupe | de la Guadeloupe
972 | la Martinique | en Martinique | de la Martinique
973 | la Guyane | en Guyane | de la Guyane
974 | La Réunion | à La Réunion | de La Réunion
975 | Saint-Pierre-et-Miquelon | à Saint-Pierre-et-Miquelon | de Saint-Pierre-et-Miquelon
976 | Mayotte | à Mayotte | de Mayotte
977 | Saint-Barthélemy | à Saint-Barthélemy | de Saint-Barthélemy
978 | Saint-Martin | à Saint-Martin | de Saint-Martin
986 | Wallis et Futuna | à Wallis et Futuna | de Wallis et Futuna
987 | la Polynésie française | en Polynésie française | de la Polynésie française
988 | la Nouvelle-Calédonie | en Nouvelle-Calédonie | de la Nouvelle-Calédonie
989 | l'Île de Clipperton | sur l'Île de Clipperton | de l'Île de Clipperton
ZZ | les Français établis hors de France | à l'étranger | des Français établis hors de France
"""

# Where custom and INSEE's linking word part: "de Loir-et-Cher" (Académie française, the prefectures),
# "de Nouvelle-Aquitaine" (the region itself), "de la Polynésie française" (its Assembly).
OTHER_THAN_INSEE = {
    ("department", "41"),
    ("department", "47"),
    ("department", "82"),
    ("department", "987"),
    ("department", "988"),
    ("department", "989"),
    ("department", "984"),
    ("region", "75"),
}
INSEE_OF = {"0": "de ", "1": "d'", "2": "du ", "3": "de la ", "4": "des ", "5": "de l'"}


def spoken(kind, table):
    for line in table.strip().splitlines():
        code, *forms = line.split(" | ")
        yield pytest.param(kind, code, *forms, id=f"{kind}-{code}")


@pytest.mark.parametrize(
    ("kind", "code", "with_article", "at", "of"),
    [*spoken("region", SPOKEN_REGIONS), *spoken("department", SPOKEN_DEPARTMENTS)],
)
def test_departments_and_regions_are_said_as_the_french_say_them(kind, code, with_article, at, of):
    name = NAMES[kind, code]
    assert place(name, kind, code) == (name, with_article, at, of)


def test_the_southern_lands_are_plural():
    name = "Terres australes et antarctiques françaises"
    forms = place(name, "department", "984")
    assert forms == (name, f"les {name}", f"dans les {name}", f"des {name}")


def test_every_department_and_region_of_the_reference_has_its_forms():
    assert {code for kind, code in NAMES if kind == "department"} == {*DEPARTMENTS, "ZZ"}
    assert {code for kind, code in NAMES if kind == "region"} == set(REGIONS)


def test_of_follows_insee_but_for_the_listed_names():
    differing = {
        (row.kind, row.code)
        for row in REFERENCE
        if row.kind in ("region", "department") and row.code != "ZZ"
        if place(row.name, row.kind, row.code).of != INSEE_OF[row.article] + row.name
    }
    assert differing == OTHER_THAN_INSEE


@pytest.mark.parametrize(
    ("name", "article", "with_article", "at", "of"),
    [
        ("Lyon", "0", "Lyon", "à Lyon", "de Lyon"),
        ("Amiens", "1", "Amiens", "à Amiens", "d'Amiens"),
        ("Eu", "1", "Eu", "à Eu", "d'Eu"),
        ("Épinal", "1", "Épinal", "à Épinal", "d'Épinal"),
        ("Œuilly", "1", "Œuilly", "à Œuilly", "d'Œuilly"),
        ("Y", "1", "Y", "à Y", "d'Y"),
        ("Le Mans", "2", "le Mans", "au Mans", "du Mans"),
        ("Le Havre", "2", "le Havre", "au Havre", "du Havre"),
        ("Le Vernet-Chaméane", "0", "le Vernet-Chaméane", "au Vernet-Chaméane", "du Vernet-Chaméane"),
        ("La Rochelle", "3", "la Rochelle", "à La Rochelle", "de La Rochelle"),
        ("Les Abymes", "4", "les Abymes", "aux Abymes", "des Abymes"),
        ("L'Haÿ-les-Roses", "5", "l'Haÿ-les-Roses", "à L'Haÿ-les-Roses", "de L'Haÿ-les-Roses"),
        ("Aux Marais", "6", "Aux Marais", "à Aux Marais", "d'Aux Marais"),
        ("Los Masos", "8", "Los Masos", "à Los Masos", "de Los Masos"),
        ("Hyères", "1", "Hyères", "à Hyères", "d'Hyères"),
        ("Honfleur", "0", "Honfleur", "à Honfleur", "de Honfleur"),
        ("Harfleur", "1", "Harfleur", "à Harfleur", "d'Harfleur"),
        ("Houilles", "1", "Houilles", "à Houilles", "de Houilles"),
        ("Ouistreham", "1", "Ouistreham", "à Ouistreham", "de Ouistreham"),
        ("Yutz", "1", "Yutz", "à Yutz", "de Yutz"),
        ("Yerres", "1", "Yerres", "à Yerres", "d'Yerres"),
        ("Île-de-Batz", "1", "l'Île-de-Batz", "à l'Île-de-Batz", "de l'Île-de-Batz"),
        ("L'Île-d'Yeu", "5", "l'Île-d'Yeu", "à L'Île-d'Yeu", "de L'Île-d'Yeu"),
        ("Hiva-Oa", "", "Hiva-Oa", "à Hiva-Oa", "de Hiva-Oa"),
        ("Arue", "", "Arue", "à Arue", "d'Arue"),
        ("Yaté", "", "Yaté", "à Yaté", "de Yaté"),
        ("Le Mont-Dore", "", "le Mont-Dore", "au Mont-Dore", "du Mont-Dore"),
        ("Château-Chinon (Ville)", "0", "Château-Chinon", "à Château-Chinon", "de Château-Chinon"),
    ],
)
def test_communes_follow_their_article_and_the_sound_of_their_name(name, article, with_article, at, of):
    assert place(name, "commune", "00000", article=article) == (name, with_article, at, of)


def test_no_commune_is_said_with_an_uncontracted_article():
    for row in REFERENCE:
        if row.kind in ("commune", "delegated", "associated"):
            forms = place(row.name, "commune", row.code, article=row.article)
            said = f"{forms.at} {forms.of}"
            assert not any(wrong in said for wrong in ("à Le ", "à Les ", "de Le ", "de Les ")), row
            assert forms.of.startswith(("de ", "d'", "du ", "des ")), row


def test_an_arrondissement_is_said_with_its_number_and_city():
    forms = place("Paris 15e Arrondissement", "municipal_arrondissement", "75115")
    assert forms.at == "dans le 15e arrondissement de Paris"
    assert forms.of == "du 15e arrondissement de Paris"
    first = place("Lyon 1er Arrondissement", "municipal_arrondissement", "69381")
    assert first.with_article == "le 1er arrondissement de Lyon"


def test_the_country_is_said_with_its_article():
    assert place("France", "country", "FR") == ("France", "la France", "en France", "de la France")


@pytest.mark.parametrize(
    ("name", "kind", "at"),
    [
        ("12", "polling_station", "au bureau de vote 12"),
        ("Bureau 3 - Mairie", "polling_station", "au bureau 3 - Mairie"),
        ("Canton de Mouy", "canton", "dans le canton de Mouy"),
        ("Orléans-1", "canton", "dans le canton d'Orléans-1"),
        ("Le Mans-2", "canton", "dans le canton du Mans-2"),
        ("2e circonscription de l'Oise", "constituency", "dans la 2e circonscription de l'Oise"),
    ],
)
def test_voting_territories_get_their_common_noun(name, kind, at):
    assert place(name, kind, "X").at == at


@pytest.mark.parametrize(
    ("name", "kind", "code", "forms"),
    [
        ("Lyon", "commune", "69123", ("Lyon", "Lyon", "in Lyon", "of Lyon")),
        ("Oise", "department", "60", ("Oise", "Oise", "in Oise", "of Oise")),
        ("Bretagne", "region", "53", ("Brittany", "Brittany", "in Brittany", "of Brittany")),
        ("La Réunion", "department", "974", ("Réunion", "Réunion", "in Réunion", "of Réunion")),
    ],
)
def test_english_uses_in_and_of(name, kind, code, forms):
    assert place(name, kind, code, language="en") == forms


def test_english_counts_arrondissements():
    forms = place("Paris 12e Arrondissement", "municipal_arrondissement", "75112", language="en")
    assert forms.at == "in the 12th arrondissement of Paris"
    forms = place("Marseille 3e Arrondissement", "municipal_arrondissement", "13203", language="en")
    assert forms.name == "3rd arrondissement of Marseille"


def test_english_says_abroad_of_the_french_who_live_abroad():
    forms = place("Français établis hors de France", "department", "ZZ", language="en")
    assert (forms.name, forms.at) == ("French citizens abroad", "abroad")
