"""Rolls in the XML of 2013: however they nest, and never with entities."""

import pytest

from contacts.imports.columns.roll_names import FIELD_OF
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats import limits
from contacts.imports.formats.opening import open_file
from contacts.imports.formats.roll_xml import HEADER, roll_xml_table
from contacts.imports.layouts import Format, recognise
from contacts.imports.sketch import folded_header
from contacts.models import ElectoralRegistration, Import
from tests.support.imports import import_file, write_rows

# What no field of an elector takes: the list's own name, and nationality (CNIL).
NOT_TAKEN = {"InfoListe", "Nationalite"}


def elector(name, number, *, group="{}"):
    who = group.format(
        f"<NomdeNaissance>{name}</NomdeNaissance><NomDusage/><Prenoms>Léa Marie</Prenoms><Sexe>F</Sexe>"
        "<DateDeNaissance>17/05/1980</DateDeNaissance><NomComNaissance>CREIL</NomComNaissance>"
    )
    where = (
        "<Adresse><NumeroVoie>12</NumeroVoie><TypeVoie>RUE</TypeVoie><LibelleVoie>DES LILAS</LibelleVoie>"
        "<CodePostal>60000</CodePostal><VilleLocalite>BEAUVAIS</VilleLocalite></Adresse>"
    )
    return (
        f"<Electeur><NoElecteurGeneral>{number}</NoElecteurGeneral>{who}{where}"
        "<NoBureauDeVote>0001</NoBureauDeVote><NomBureauDeVote>Mairie</NomBureauDeVote></Electeur>"
    )


LIST = (
    "<TypeListe>LP</TypeListe><CodeDepartement>60</CodeDepartement><CodeCommune>{}</CodeCommune>"
    "<NomCommune>BEAUVAIS</NomCommune>"
)
START = '<?xml version="1.0" encoding="UTF-8"?>\n'
NESTED = [
    f"<Liste>{LIST.format('60057')}<Electeurs>{elector('MARTIN', 1)}{elector('PETIT', 2)}</Electeurs>"
    "</Liste>",
    f"<Liste>{LIST.format('057')}{elector('MARTIN', 1)}{elector('PETIT', 2)}</Liste>",
    f"<Listes><Liste>{LIST.format('60057')}{elector('MARTIN', 1)}</Liste>"
    f"<Liste>{LIST.format('60057')}{elector('PETIT', 2)}</Liste></Listes>",
    f"<e:Liste xmlns:e='urn:x'>{LIST.format('60057')}{elector('MARTIN', 1, group='<Identite>{}</Identite>')}"
    f"{elector('PETIT', 2, group='<Identite>{}</Identite>')}</e:Liste>",
]


@pytest.fixture
def xml_file(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "roll.xml"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("body", NESTED)
def test_electors_are_found_however_they_nest(xml_file, body) -> None:
    rows = [dict(zip(HEADER, row, strict=True)) for _line, row in roll_xml_table(xml_file(START + body)).rows]
    assert [(row["NomdeNaissance"], row["NoElecteurGeneral"]) for row in rows] == [
        ("MARTIN", "1"),
        ("PETIT", "2"),
    ]
    assert {(row["CodeCommune"], row["TypeListe"], row["LibelleVoie"]) for row in rows} == {
        ("60057", "LP", "DES LILAS")
    }


def test_one_elector_is_a_roll_too(xml_file) -> None:
    [(_line, row)] = roll_xml_table(
        xml_file(f"<Liste>{LIST.format('60057')}{elector('MARTIN', 1)}</Liste>")
    ).rows
    assert (row[0], row[4], row[8]) == ("LP", "60057", "MARTIN")


def test_the_columns_of_2013_are_known() -> None:
    known = {name for name, folded in zip(HEADER, folded_header(HEADER), strict=True) if folded in FIELD_OF}
    assert set(HEADER) - known == NOT_TAKEN
    assert recognise(HEADER).format == Format.ROLL


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["xml", "csv"])
def test_a_roll_of_2013_comes_in(places, roll_source, xml_file, tmp_path, kept, form) -> None:
    path = xml_file(START.replace("UTF-8", "ISO-8859-1") + NESTED[0], "latin-1")
    if form == "csv":
        rows = [row for _line, row in roll_xml_table(path).rows]
        path = write_rows(tmp_path / "roll.csv", [HEADER, *rows])
    run = import_file(path, kind="roll", source=roll_source)
    assert (run.state, run.counts["new"]) == (Import.State.DONE, 2), run.error
    found = ElectoralRegistration.objects.get(birth_name="MARTIN")
    assert (found.street, found.first_names, found.commune.code, found.polling_station.code) == (
        "12 RUE DES LILAS",
        "Léa Marie",
        "60057",
        "60057-0001",
    )
    assert list(kept.iterdir()) == []


ENTITIES = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {name} '{('&' + before + ';') * 10}'>"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><x>&i;</x>"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ENTITIES, "entities"),
        ("<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>", "entities"),
        ("<!DOCTYPE x SYSTEM 'http://127.0.0.1/x.dtd'><x/>", "entities"),
        (f"<Liste>{LIST}<Electeurs><Electeur>", "damaged near line"),
        ("<Liste><Autre>1</Autre></Liste>", "no elector"),
        ("<a>" * 40, "not laid out"),
        (f"<Liste><NomdeNaissance>{'x' * limits.CELL_CHARACTERS * 2}</NomdeNaissance></Liste>", "too long"),
    ],
    ids=["entity bomb", "external entity", "external type", "cut short", "no roll", "deep", "long value"],
)
def test_xml_that_is_no_roll_is_refused(xml_file, kept, text, words) -> None:
    with pytest.raises(UnreadableFile, match=words):
        open_file(xml_file(START + text))
    assert list(kept.iterdir()) == []
