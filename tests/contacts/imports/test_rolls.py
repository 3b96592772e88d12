"""Electoral rolls: what becomes of each row, in every variant that town halls and prefectures send."""

from datetime import date

import pytest

from contacts.invented.rolls import COLUMNS, write_roll
from contacts.models import Contact, ElectoralRegistration, ImportChange, ImportReject, Territory
from tests.support.imports import counted, fingerprint, import_file, preview

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


def import_roll(path, source):
    return import_file(path, kind="roll", source=source)


def test_a_row_becomes_an_elector_and_no_contact(elector, roll_file, roll_source) -> None:
    run = import_roll(roll_file([elector(nom_d_usage="DURAND")]), roll_source)
    assert counted(run, "rows", "new", "rejected", "communes", "stations") == {
        "rows": 1,
        "new": 1,
        "rejected": 0,
        "communes": 1,
        "stations": 1,
    }
    one = ElectoralRegistration.objects.get()
    assert (one.birth_name, one.used_name, one.first_names, one.gender) == (
        "MARTIN",
        "DURAND",
        "Léa Marie",
        "F",
    )
    assert (one.birth_date, one.birth_date_raw, one.order_number, one.roll_kind) == (
        date(1980, 5, 17),
        "",
        1,
        1,
    )
    assert (one.street, one.postcode, one.city) == ("12 RUE DES LILAS", "60000", "BEAUVAIS")
    assert (one.commune.code, one.polling_station.code) == ("60057", "60057-0001")
    assert (one.source, one.created_by_import, one.contact) == (roll_source, run, None)
    assert bytes(one.birthplace_hash) != b""
    assert not Contact.objects.exists()


def test_the_birthplace_is_kept_as_a_hash_only(elector, roll_file, roll_source) -> None:
    import_roll(roll_file([elector(libellé_commune_de_naissance="CREIL")]), roll_source)
    kept = ElectoralRegistration.objects.values().get()
    assert not any("CREIL" in str(value) or "60175" in str(value) for value in kept.values())


def test_the_same_roll_twice_changes_nothing(elector, roll_file, roll_source) -> None:
    rows = [elector(), elector(prénoms="Jean", sexe="M"), elector(code_du_bureau_de_vote="0002")]
    import_roll(roll_file(rows), roll_source)
    before = fingerprint()
    again = import_roll(roll_file(rows, name="another name.csv"), roll_source)
    assert fingerprint() == before
    assert counted(again, "new", "updated", "unchanged") == {"new": 0, "updated": 0, "unchanged": 3}


def test_columns_may_come_in_any_order_case_and_accent_with_commas(elector, roll_file, roll_source) -> None:
    one = elector()
    names = {name: name.upper().replace("É", "E") for name in reversed(COLUMNS)}
    names["code du l'ugle"] = "Code de l'UGLE"
    names["numéro d'ordre dans le bureau de vote"] = "Numéro d’ordre"
    path = roll_file(
        [{names[key]: value for key, value in one.items()}], columns=list(names.values()), delimiter=","
    )
    import_roll(path, roll_source)
    found = ElectoralRegistration.objects.get()
    assert (found.birth_name, found.order_number, found.polling_station.code) == ("MARTIN", 1, "60057-0001")


def test_missing_columns_are_tolerated(elector, roll_file, roll_source) -> None:
    kept = [
        "code du l'ugle",
        "libellé du type de liste",
        "nom de naissance",
        "prénoms",
        "code du bureau de vote",
    ]
    import_roll(roll_file([elector()], columns=kept), roll_source)
    found = ElectoralRegistration.objects.get()
    assert (found.birth_date, found.street, found.birthplace_hash) == (None, "", None)


def test_the_layout_of_2013_is_a_roll_too(tmp_path, roll_source) -> None:
    path = tmp_path / "old.csv"
    path.write_text(
        "TypeListe;CodeCommune;NomCommune;NoElecteurGeneral;Sexe;NomdeNaissance;NomDusage;Prenoms;"
        "DateDeNaissance;NoBureauDeVote;NomBureauDeVote;NumeroVoie;TypeVoie;LibelleVoie;CodePostal\n"
        "LP;60057;Beauvais;12;M;PETIT;;Jean;01/02/1950;3;École;4;RUE;DU MOULIN;60000\n",
        encoding="utf-8",
    )
    import_roll(path, roll_source)
    found = ElectoralRegistration.objects.get()
    assert (found.order_number, found.street, found.polling_station.code) == (
        12,
        "4 RUE DU MOULIN",
        "60057-0003",
    )


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Liste principale", 1),
        ("LP", 1),
        ("Liste complémentaire municipale", 2),
        ("LCM", 2),
        ("Liste complémentaire européenne", 3),
        ("lce", 3),
    ],
)
def test_kinds_of_list(elector, roll_file, roll_source, label, kind) -> None:
    import_roll(roll_file([elector(libellé_du_type_de_liste=label)]), roll_source)
    assert ElectoralRegistration.objects.get().roll_kind == kind


def test_a_european_on_two_lists_has_two_rows(elector, roll_file, roll_source) -> None:
    lists = ("Liste complémentaire municipale", "Liste complémentaire européenne")
    run = import_roll(roll_file([elector(libellé_du_type_de_liste=label) for label in lists]), roll_source)
    assert (run.counts["new"], ElectoralRegistration.objects.count()) == (2, 2)


@pytest.mark.parametrize("written", ["00/00/1953", "1961", "31/02/1970", ""])
def test_a_date_that_is_none_is_kept_as_it_came(elector, roll_file, roll_source, written) -> None:
    import_roll(roll_file([elector(date_de_naissance=written)]), roll_source)
    found = ElectoralRegistration.objects.get()
    assert (found.birth_date, found.birth_date_raw) == (None, written)


def test_missing_forename_station_and_street_are_no_reason_to_refuse(elector, roll_file, roll_source) -> None:
    row = elector(prénoms="", code_du_bureau_de_vote="", numéro_de_voie="", libellé_de_voie="")
    row |= {"lieu-dit": "LE CLOS", "numéro d'ordre dans le bureau de vote": ""}
    import_roll(roll_file([row]), roll_source)
    found = ElectoralRegistration.objects.get()
    assert (found.first_names, found.polling_station, found.street, found.locality) == (
        "",
        None,
        "",
        "LE CLOS",
    )


def test_true_homonyms_are_two_electors_and_a_repeated_row_is_one(elector, roll_file, roll_source) -> None:
    homonyms = [
        elector(prénoms="Jean", **{"numéro_d_ordre_dans_le_bureau_de_vote": number})
        for number in ("7", "8", "8")
    ]
    run = import_roll(roll_file(homonyms), roll_source)
    assert counted(run, "new", "duplicate") == {"new": 2, "duplicate": 1}
    before = fingerprint()
    import_roll(roll_file(homonyms[::-1]), roll_source)
    assert fingerprint() == before


def test_people_with_one_order_number_are_two_electors(elector, roll_file, roll_source) -> None:
    run = import_roll(roll_file([elector(), elector(prénoms="Jean", sexe="M")]), roll_source)
    assert run.counts["new"] == 2


def test_a_commune_that_was_absorbed_leads_to_today(elector, roll_file, roll_source) -> None:
    absorbed = Territory.objects.filter(
        kind="commune", code__startswith="60", replaced_by__isnull=False
    ).first()
    run = import_roll(roll_file([elector(code_du_l_ugle=absorbed.code)]), roll_source)
    found = ElectoralRegistration.objects.get()
    assert found.commune == absorbed.replaced_by
    assert found.polling_station.code == f"{absorbed.code}-0001"
    assert run.counts["communes"] == 1


def test_a_commune_code_without_its_zero_or_with_a_prefix_is_read(elector, roll_file, roll_source) -> None:
    run = import_roll(roll_file([elector(code_du_l_ugle="com60057")]), roll_source)
    assert run.counts["new"] == 1


def test_without_a_code_the_commune_is_found_by_name_or_by_the_name_of_the_file(
    elector, roll_file, roll_source
) -> None:
    columns = [name for name in COLUMNS if name != "code du l'ugle"]
    import_roll(roll_file([elector()], columns=columns), roll_source)
    nameless = [name for name in columns if name not in ("libellé de l'ugle", "commune", "code postal")]
    path = roll_file(
        [elector(prénoms="Jean")], columns=nameless, name="ListesElecteursActifs-com60175-13-02-2026.csv"
    )
    import_roll(path, roll_source)
    assert set(ElectoralRegistration.objects.values_list("commune__code", flat=True)) == {"60057", "60175"}


def test_rows_that_cannot_be_taken_come_back_with_every_reason(elector, roll_file, roll_source) -> None:
    path = roll_file(
        [
            elector(),
            elector(code_du_l_ugle="99999", nom_de_naissance=""),
            elector(libellé_du_type_de_liste="Liste des absents"),
            elector(nom_de_naissance="X" * 101),
        ]
    )
    run = import_roll(path, roll_source)
    assert counted(run, "rows", "new", "rejected") == {"rows": 4, "new": 1, "rejected": 3}
    assert list(ImportReject.objects.order_by("line").values_list("line", "reasons")) == [
        (3, ["unknown_commune:99999", "no_name"]),
        (4, ["unknown_list:Liste des absents"]),
        (5, ["name_too_long"]),
    ]
    assert ImportReject.objects.get(line=4).values[2] == "Liste des absents"


def test_a_newer_roll_changes_what_changed_and_remembers_what_was(elector, roll_file, roll_source) -> None:
    import_roll(roll_file([elector(), elector(prénoms="Jean")]), roll_source)
    moved = elector(code_du_bureau_de_vote="0002", numéro_de_voie="3", nom_d_usage="DURAND")
    run = import_roll(roll_file([moved, elector(prénoms="Jean")]), roll_source)
    assert counted(run, "new", "updated", "unchanged") == {"new": 0, "updated": 1, "unchanged": 1}
    found = ElectoralRegistration.objects.get(first_names="Léa Marie")
    assert (found.polling_station.code, found.street, found.used_name) == (
        "60057-0002",
        "3 RUE DES LILAS",
        "DURAND",
    )
    change = ImportChange.objects.get()
    assert (change.table, change.row_id) == ("registration", found.pk)
    assert change.before == {
        "polling_station_id": Territory.objects.get(code="60057-0001").pk,
        "street": "12 RUE DES LILAS",
        "used_name": "",
    }


def test_stations_lie_in_their_commune_canton_and_constituency(elector, roll_file, roll_source) -> None:
    second = {"code_du_bureau_de_vote": "0002", "libellé_canton_du_bureau_de_vote": "Beauvais-2"}
    import_roll(roll_file([elector(), elector(prénoms="Jean", **second)]), roll_source)
    stations = Territory.objects.filter(kind="polling_station").order_by("code")
    assert [station.name for station in stations] == ["Bureau 1 – Mairie", "Bureau 2 – Mairie"]
    above = [
        set(Territory.objects.filter(descendant_links__descendant=station).values_list("kind", "code"))
        for station in stations
    ]
    line = {("commune", "60057"), ("department", "60"), ("region", "32"), ("country", "FR")}
    seat = ("constituency", "60-01")
    assert above[0] == line | {seat, ("canton", "60-beauvais-1"), ("polling_station", "60057-0001")}
    assert above[1] == line | {seat, ("canton", "60-beauvais-2"), ("polling_station", "60057-0002")}
    commune = Territory.objects.get(kind="commune", code="60057")
    whole = Territory.objects.filter(
        descendant_links__descendant=commune, kind__in=["canton", "constituency"]
    )
    assert [(one.kind, one.name) for one in whole] == [("constituency", "1re circonscription de l'Oise")]


def test_a_commune_that_is_cut_later_leaves_its_canton(elector, roll_file, roll_source) -> None:
    import_roll(roll_file([elector()]), roll_source)
    commune = Territory.objects.get(kind="commune", code="60057")
    inside = Territory.objects.filter(descendant_links__descendant=commune, kind="canton")
    assert inside.count() == 1
    second = {"code_du_bureau_de_vote": "0002", "libellé_canton_du_bureau_de_vote": "Beauvais-2"}
    import_roll(roll_file([elector(), elector(prénoms="Jean", **second)]), roll_source)
    assert inside.count() == 0


def test_the_preview_says_what_the_run_does_and_writes_nothing(elector, roll_file, roll_source) -> None:
    import_roll(roll_file([elector()]), roll_source)
    before = fingerprint()
    changed = elector(numéro_de_voie="3")
    run = preview(
        roll_file([changed, elector(prénoms="Jean"), elector(code_du_l_ugle="")]),
        kind="roll",
        source=roll_source,
    )
    assert fingerprint() == before
    names = ("rows", "new", "updated", "unchanged", "duplicate", "rejected", "communes", "stations")
    assert {name: run.preview[name] for name in names} == {
        "rows": 3,
        "new": 1,
        "updated": 1,
        "unchanged": 0,
        "duplicate": 0,
        "rejected": 1,
        "communes": 1,
        "stations": 1,
    }


def test_line_breaks_inside_quotes_and_blank_lines_are_read(elector, roll_file, roll_source) -> None:
    path = roll_file([elector(complément_1="Bâtiment B\nEscalier 2"), elector(prénoms="Jean")])
    path.write_text(path.read_text() + "\n\n", encoding="utf-8")
    run = import_roll(path, roll_source)
    assert counted(run, "rows", "new") == {"rows": 2, "new": 2}


def test_windows_1252_and_a_byte_order_mark_are_read(elector, roll_file, roll_source) -> None:
    import_roll(roll_file([elector(nom_de_naissance="LEFÈVRE")], encoding="cp1252"), roll_source)
    import_roll(roll_file([elector(nom_de_naissance="BÉNARD")], encoding="utf-8-sig"), roll_source)
    assert set(ElectoralRegistration.objects.values_list("birth_name", flat=True)) == {"LEFÈVRE", "BÉNARD"}


def test_an_invented_roll_with_all_its_oddities_comes_in_whole(tmp_path, roll_source) -> None:
    path = tmp_path / "roll.csv"
    write_roll(path, rows=4_000, seed=3, departments=["60"])
    run = import_roll(path, roll_source)
    assert run.counts["rejected"] == 0
    assert run.counts["new"] + run.counts["duplicate"] == 4_000
    assert ElectoralRegistration.objects.count() == run.counts["new"]
