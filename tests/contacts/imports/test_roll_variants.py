"""Rolls as town halls, spreadsheets and archives make them: the same electors, stations and communes."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from contacts.imports.file_names import named_roll
from contacts.imports.layouts import Format, recognise, roll_mapping
from contacts.imports.reasons import sentence
from contacts.imports.rolls.lookups import roll_kind_of
from contacts.invented.rolls import COLUMNS
from contacts.models import ElectoralRegistration, Import, Source, Territory
from tests.support.imports import counted, import_file, preview

pytestmark = pytest.mark.usefixtures("places")
Elector = dict[str, str]
Electors = Callable[..., Elector]
RollFile = Callable[..., Path]


def bring(path: Path, source: Source) -> Import:
    return import_file(path, kind="roll", source=source)


def stations() -> list[str]:
    return sorted(Territory.objects.filter(kind="polling_station").values_list("code", flat=True))


def test_a_spreadsheet_that_takes_zeros_away_moves_nobody(
    elector: Electors, roll_file: RollFile, roll_source: Source
) -> None:
    bring(roll_file([elector(code_du_bureau_de_vote="0001")]), roll_source)
    again = preview(
        roll_file([elector(code_du_bureau_de_vote="1")], name="again.csv"), kind="roll", source=roll_source
    )
    assert {name: again.preview[name] for name in ("unchanged", "moved", "new")} == {
        "unchanged": 1,
        "moved": 0,
        "new": 0,
    }
    assert stations() == ["60057-0001"]


@pytest.mark.parametrize(
    ("code", "station"), [("57", "60057-0003"), ("057", "60057-0003"), ("60057", "60057-0003")]
)
def test_the_layout_of_2013_writes_the_commune_without_its_department(
    tmp_path: Path, roll_source: Source, code: str, station: str
) -> None:
    path = tmp_path / "old.csv"
    path.write_text(
        "TypeListe;CodeDepartement;CodeCommune;NoElecteurGeneral;Sexe;NomdeNaissance;Prenoms;"
        "DateDeNaissance;NoBureauDeVote\n"
        f"LP;60;{code};12;M;PETIT;Jean;01/02/1950;3\n",
        encoding="utf-8",
    )
    run = bring(path, roll_source)
    assert counted(run, "new", "rejected") == {"new": 1, "rejected": 0}
    assert stations() == [station]


MAIRIE = [
    "Code commune", "Type de liste", "Nom", "Nom d'usage", "Prénom(s)", "Date de naissance", "N° bureau",
    "N° électeur", "Adresse",
]  # fmt: skip


def test_a_town_halls_own_columns_are_a_roll_and_nobodys_address_book() -> None:
    assert recognise(MAIRIE).format == Format.ROLL
    fields = roll_mapping(MAIRIE)
    assert [fields.get(index) for index in (2, 3, 4, 6, 7)] == [
        "birth_name",
        "used_name",
        "first_names",
        "station_code",
        "order_number",
    ]


@pytest.mark.parametrize(
    "header",
    [
        ["Nom", "Prénom", "Sexe", "Date de naissance", "Commune", "Bureau de vote"],
        ["Nom", "Prénom", "E-mail", "Sexe", "Date de naissance", "N° bureau", "N° électeur"],
    ],
    ids=["one sign only", "reached by e-mail"],
)
def test_a_list_of_people_with_their_station_stays_one(header: list[str]) -> None:
    assert recognise(header).format != Format.ROLL


def test_where_two_columns_may_be_the_birth_name_the_surer_one_is() -> None:
    header = ["Nom", "Nom de naissance", "Prénoms", "Sexe", "Type de liste", "Code commune"]
    assert {index: field for index, field in roll_mapping(header).items() if index < 2} == {1: "birth_name"}


def test_an_archive_may_hold_a_roll_that_names_its_commune_without_a_code(
    tmp_path: Path, elector: Electors, roll_file: RollFile, roll_source: Source
) -> None:
    coded = roll_file([elector(code_du_l_ugle="60175", libellé_de_l_ugle="Creil")], name="coded.csv")
    columns = "libellé du type de liste;nom de naissance;prénoms;date de naissance;libellé de l'ugle\n"
    named = tmp_path / "named.csv"
    named.write_text(f"{columns}liste principale;PETIT;Jean;01/02/1950;Beauvais\n", encoding="utf-8")
    path = tmp_path / "rolls.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(coded, "a.csv")
        archive.write(named, "b.csv")
    run = bring(path, roll_source)
    assert counted(run, "new", "rejected") == {"new": 2, "rejected": 0}
    assert sorted(ElectoralRegistration.objects.values_list("commune__code", flat=True)) == ["60057", "60175"]


def test_a_file_of_one_station_says_nothing_of_the_others(
    elector: Electors, roll_file: RollFile, roll_source: Source
) -> None:
    rows = [
        elector(nom_de_naissance="ONE", code_du_bureau_de_vote="0001"),
        elector(nom_de_naissance="GONE", code_du_bureau_de_vote="0001"),
        elector(nom_de_naissance="TWO", code_du_bureau_de_vote="0002"),
    ]
    bring(roll_file(rows), roll_source)
    run = preview(roll_file(rows[:1], name="station-1.csv"), kind="roll", source=roll_source)
    assert run.preview["departed"] == 1


def test_when_every_station_is_another_the_whole_list_is_compared(
    elector: Electors, roll_file: RollFile, roll_source: Source
) -> None:
    rows = [
        elector(nom_de_naissance=name, code_du_bureau_de_vote="0001") for name in ("STAYS", "GONE", "LEFT")
    ]
    bring(roll_file(rows), roll_source)
    newer = roll_file([rows[0] | {"code du bureau de vote": "0101"}], name="newer.csv")
    assert preview(newer, kind="roll", source=roll_source).preview["departed"] == 2


DAY = {"date de naissance"}
PLACE = {name for name in COLUMNS if name.endswith("de naissance")} - DAY - {"nom de naissance"}


@pytest.mark.parametrize(("known", "dropped"), [(set(), DAY), (DAY, DAY | PLACE)], ids=["days", "places"])
def test_a_roll_in_which_nobody_could_be_recognised_is_refused(
    elector: Electors, roll_file: RollFile, roll_source: Source, known: set[str], dropped: set[str]
) -> None:
    rows = [elector(nom_de_naissance=f"N{number}") for number in range(25)]
    bring(roll_file(rows, columns=[name for name in COLUMNS if name not in known]), roll_source)
    columns = [name for name in COLUMNS if name not in dropped]
    poorer = roll_file(rows, name="poorer.csv", columns=columns)
    run = preview(poorer, kind="roll", source=roll_source)
    assert run.state == Import.State.FAILED
    assert "nobody could be recognised" in run.error
    assert ElectoralRegistration.objects.count() == 25


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("liste_2026-02-11_08h44.csv", date(2026, 2, 11)),
        ("20260301.csv", date(2026, 3, 1)),
        ("ListesArrêtées-com92002-15-06-2024.csv", date(2024, 6, 15)),
        ("Listes arrêtées Nord 140524.zip", date(2024, 5, 14)),
        ("com60057-LP-20-26-01.csv", None),
    ],
)
def test_the_day_of_a_list_is_read_from_the_name(name: str, day: date | None) -> None:
    assert named_roll(name).day == day


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("G", 1), ("LG", 1), ("Liste générale", 1), ("P", 1),
        ("liste complémentaire municipales", 2), ("M", 2), ("LCM", 2),
        ("liste complémentaire européennes", 3), ("E", 3), ("Liste complémentaire européenne", 3),
        ("Liste des absents", 0), ("", 0),
    ],
)  # fmt: skip
def test_kinds_of_lists_are_known_by_letters_and_in_the_plural(label: str, kind: int) -> None:
    assert roll_kind_of(label) == kind


def test_a_list_that_is_not_known_says_what_to_do() -> None:
    assert "leave this column out" in sentence("unknown_list:Liste des absents")
