"""Saved mappings: the next delivery is known by its columns; rolls of other countries come by them."""

import gzip
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports import files
from contacts.imports.choices import set_kind, set_mapping, set_padding
from contacts.imports.errors import WrongColumns
from contacts.imports.formats.opening import look_again
from contacts.imports.profiles import (
    change_profile,
    delete_profile,
    known_mapping,
    save_profile,
    unlike_kept,
)
from contacts.imports.service import enqueue_preview, enqueue_run, start_import, undo_import
from contacts.imports.signatures import signature_of
from contacts.imports.sketch import Layout
from contacts.models import Contact, ElectoralRegistration, Import, MappingProfile, Source, Territory
from tests.support.imports import counted, import_file, write_rows
from tests.support.workbooks import write_xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


DELIVERY = [["REF", "NOM_USUEL", "ADR_MAIL", "NAISS"], ["1", "Martin", "lea@example.org", "02/03/1980"]]
MAPPING = {1: "last_name", 2: "email", 3: "birth_date"}


@pytest.fixture
def saved(tmp_path, book) -> MappingProfile:
    path = write_rows(tmp_path / "first.csv", DELIVERY)
    run = start_import(file=path, file_name="first.csv", kind="address-book", source=book, by=None)
    set_mapping(run=run, mapping=MAPPING, options={"tags": ["Achat"]}, month_first=True, by=None)
    return save_profile(run=run, name=" Deliveries  of Exempla ", by=None)


def started(tmp_path, rows, **options) -> Import:
    path = write_rows(tmp_path / "next.csv", rows)
    return start_import(file=path, file_name="next.csv", by=None, **options)


def test_the_next_delivery_is_known_by_its_columns_in_any_order(tmp_path, saved, book) -> None:
    run = started(tmp_path, [row[::-1] for row in DELIVERY])
    assert run.options["profile"] == "Deliveries of Exempla"
    assert run.mapping == {"0": "birth_date", "1": "email", "2": "last_name"}
    assert (run.kind, run.source, run.options["tags"]) == ("address-book", book, ["Achat"])
    assert run.layout["month_first"] is True
    run_job(enqueue_preview(run=run, by=None).pk)
    done = import_file(write_rows(tmp_path / "n.csv", DELIVERY), kind="address-book", source=book)
    assert done.options["profile"] == saved.name
    assert str(Contact.objects.get().birth_date) == "1980-02-03"


def test_another_column_makes_another_file(tmp_path, saved) -> None:
    run = started(tmp_path, [[*row, "x"] for row in DELIVERY])
    assert (run.options["profile"], run.source) == ("", None)


def test_another_kind_forgets_the_saved_mapping(tmp_path, saved) -> None:
    run = started(tmp_path, DELIVERY)
    set_kind(run=run, kind="broker", by=None)
    assert (run.options["profile"], run.source) == ("", None)


def test_saving_under_the_same_name_replaces_and_changing_keeps_the_columns(tmp_path, saved, book) -> None:
    run = started(tmp_path, DELIVERY)
    set_mapping(run=run, mapping={2: "email"}, by=None)
    assert save_profile(run=run, name=saved.name, by=None).pk == saved.pk
    saved.refresh_from_db()
    assert saved.columns == {"ref": "", "nom usuel": "", "adr mail": "email", "naiss": ""}
    change_profile(
        profile=saved, name="Other", columns={"adr mail": "email", "ref": ""}, month_first=False, by=None
    )
    known = known_mapping(DELIVERY[0])
    assert known is not None
    assert (known.name, known.mapping, known.month_first) == ("Other", {2: "email"}, False)
    delete_profile(profile=saved, by=None)
    assert known_mapping(DELIVERY[0]) is None


def test_a_name_that_comes_twice_keeps_its_two_meanings() -> None:
    assert signature_of(["Titre", "Nom", "Titre"]) != signature_of(["Titre", "Nom"])
    assert signature_of(["Nom", "TITRE", "titre"]) == signature_of(["Titre", "Nom", "Titre"])


UK = [
    "Elector Number Prefix;Elector Number;Elector Number Suffix;Elector Markers;Elector DOB;Elector Surname;"
    "Elector Forename;PostCode;Address1;Address2;Address3;Address4;Address5;Address6",
    "KA1;1;0;;;Martin;Lea Jane;NW1 1AA;1 Example Street;;London;;;",
    "KA1;2;0;;;Martin;John;NW1 1AA;1 Example Street;;London;;;",
    "KA2;1;0;;17/05/2008;Petit;Zoe;NW1 1AB;2 Example Street;;London;;;",
]


@pytest.fixture
def abroad(tmp_path, roll_source):
    def run(lines, delimiter=";", **options) -> Import:
        path = write_rows(tmp_path / "abroad.csv", [line.split(delimiter) for line in lines])
        begun = start_import(file=path, file_name="abroad.csv", source=roll_source, by=None)
        mapping = {int(index): field for index, field in begun.mapping.items()}
        set_mapping(run=begun, mapping=mapping, options=options, by=None)
        run_job(enqueue_preview(run=begun, by=None).pk)
        begun.refresh_from_db()
        assert begun.state == Import.State.PREVIEWED, begun.error
        return begun

    return run


def written(run: Import) -> Import:
    run_job(enqueue_run(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state == Import.State.DONE, run.error
    return run


def test_a_uk_register_brings_its_polling_districts(abroad) -> None:
    before = Territory.objects.count()
    run = abroad(UK, place_name="Camden")
    assert (run.kind, run.options["profile"]) == ("roll", "UK register of electors")
    assert [run.preview[name] for name in ("rows", "new", "rejected", "communes", "stations")] == [
        3,
        3,
        0,
        1,
        2,
    ]
    assert Territory.objects.count() == before  # a preview writes nothing
    run = written(run)
    assert counted(run, "new", "rejected") == {"new": 3, "rejected": 0}
    place = Territory.objects.get(name="Camden")
    assert (place.kind, place.parent.kind, place.parent.code) == ("commune", "country", "GB")
    assert set(place.children.values_list("kind", "name")) == {
        ("polling_station", "KA1"),
        ("polling_station", "KA2"),
    }
    elector = ElectoralRegistration.objects.get(birth_name="Petit")
    assert (elector.polling_station.name, elector.order_number, str(elector.birth_date)) == (
        "KA2",
        1,
        "2008-05-17",
    )
    assert elector.postcode == "NW1 1AB"
    inside = Territory.objects.inside(place.parent.pk)
    assert inside.count() == 4
    again = written(abroad(UK, place_name="Camden"))
    assert counted(again, "new", "unchanged") == {"new": 0, "unchanged": 3}
    assert Territory.objects.filter(kind="country", code="GB").count() == 1


OHIO = [
    "SOS_VOTERID,COUNTY_NUMBER,COUNTY_ID,LAST_NAME,FIRST_NAME,MIDDLE_NAME,SUFFIX,DATE_OF_BIRTH,REGISTRATION_DATE,"
    "VOTER_STATUS,PARTY_AFFILIATION,RESIDENTIAL_ADDRESS1,RESIDENTIAL_SECONDARY_ADDR,RESIDENTIAL_CITY,"
    "RESIDENTIAL_STATE,RESIDENTIAL_ZIP,PRECINCT_NAME,PRECINCT_CODE",
    "OH0012345678,25,1001,MARTIN,LEA,J,,1980-05-17,2000,ACTIVE,D,1 A ST,,COLUMBUS,OH,43004,COLS 01-A,AAA",
    "OH0012345679,25,1002,PETIT,JOHN,,,12/31/1970,2000,ACTIVE,R,2 A ST,APT 3,COLUMBUS,OH,43004,COLS 01-B,AAB",
    "OH0012345680,18,77,ROY,ZOE,,,1990-01-02,2000,ACTIVE,,3 EXAMPLE ST,,CLEVELAND,OH,44101,CLE 01,AAA",
]


def test_an_ohio_voter_file_brings_counties_and_precincts_and_no_opinion(abroad) -> None:
    run = written(abroad(OHIO, delimiter=","))
    assert counted(run, "rows", "new", "communes", "stations") == {
        "rows": 3, "new": 3, "communes": 2, "stations": 3,
    }  # fmt: skip
    counties = Territory.objects.filter(parent__code="US")
    assert set(counties.values_list("code", flat=True)) == {"US-OH-25", "US-OH-18"}
    elector = ElectoralRegistration.objects.get(birth_name="PETIT")
    assert (elector.polling_station.code, elector.polling_station.name) == ("US-OH-25-AAB", "COLS 01-B")
    assert (str(elector.birth_date), elector.order_number, elector.complement) == (
        "1970-12-31",
        1002,
        "APT 3",
    )
    assert {"10", "8", "9"}.isdisjoint(run.mapping)  # party, registration, state of the voter
    run_job(undo_import(run=run, by=None).pk)
    assert not ElectoralRegistration.objects.exists()


def john(number: int, street: str, district: str = "KA1") -> str:
    return f"{district};{number};0;;;Martin;John;NW1 1AA;{street};;London;;;"


HOUSES = ["1 Example Street", "2 Example Street", "3 Example Street"]


@pytest.mark.parametrize(
    ("rows", "new"),
    [
        ([john(1, "9 New Street"), *(john(n, home) for n, home in enumerate(HOUSES, 5))], 1),
        ([john(4, HOUSES[2]), john(5, HOUSES[0]), john(6, HOUSES[1])], 0),  # numbered anew
        ([john(6, HOUSES[1])], 0),  # the others left
        ([john(6, HOUSES[1]), john(8, "8 New Street")], 1),
    ],
)
def test_dateless_homonyms_do_not_shift_onto_each_other(abroad, rows, new) -> None:
    written(abroad([UK[0], *(john(number, home) for number, home in enumerate(HOUSES, 5))], place_name="C"))
    for home in HOUSES:
        person = Contact.objects.create(first_name=home, last_name="Martin")
        ElectoralRegistration.objects.filter(street=home).update(contact=person)
    run = abroad([UK[0], *rows], place_name="C")
    assert run.preview["new"] == new
    written(run)
    linked = ElectoralRegistration.objects.filter(contact__isnull=False)
    assert [one.street for one in linked] == [one.contact.first_name for one in linked]
    again = abroad([UK[0], *rows], place_name="C")
    assert (again.preview["new"], again.preview["updated"]) == (0, 0)


def test_a_voter_keeps_their_number_through_a_marriage_and_a_namesake(abroad) -> None:
    written(abroad(OHIO, delimiter=","))
    lea = ElectoralRegistration.objects.get(birth_name="MARTIN").pk
    namesake = OHIO[1].replace("OH0012345678", "OH0012345600").replace("1001", "900")
    married = OHIO[1].replace("MARTIN", "DURAND")
    run = written(abroad([OHIO[0], namesake, married, married, *OHIO[2:]], delimiter=","))
    assert counted(run, "new", "updated", "duplicate") == {"new": 1, "updated": 1, "duplicate": 1}
    assert ElectoralRegistration.objects.get(birth_name="DURAND").pk == lea
    assert ElectoralRegistration.objects.get(birth_name="MARTIN").order_number == 900


def test_a_register_with_whole_names_beside_their_parts_is_taken(tmp_path) -> None:
    header = [*UK[0].split(";")[:5], "Elector Name", *UK[0].split(";")[5:]]
    mapping = known_mapping(header).mapping
    assert [header[index] for index, key in mapping.items() if key == "birth_name"] == ["Elector Surname"]
    alone = [name for name in header if name not in ("Elector Surname", "Elector Forename")]
    mapping = known_mapping(alone).mapping
    assert [alone[index] for index, key in mapping.items() if key == "birth_name"] == ["Elector Name"]


def test_a_uk_register_without_its_place_is_refused_with_what_to_say(tmp_path, roll_source) -> None:
    path = write_rows(tmp_path / "uk.csv", [line.split(";")[:7] for line in UK])
    run = start_import(file=path, file_name="uk.csv", source=roll_source, by=None)
    with pytest.raises(WrongColumns, match="commune"):
        enqueue_preview(run=run, by=None)


def test_a_french_roll_is_what_it_was(elector, roll_file, roll_source: Source) -> None:
    run = import_file(roll_file([elector()]), kind="roll", source=roll_source)
    assert (run.options["profile"], ElectoralRegistration.objects.get().commune.name) == ("", "Beauvais")


NAMES = [
    ["REF", "NOM_USUEL", "ADR_MAIL"],
    ["1", "Lefèvre", "zoe@example.org"],
    ["2", "Noël", "r@example.org"],
]
NAMED = {1: "last_name", 2: "email"}


@pytest.fixture
def saved_as(tmp_path, book):
    """A mapping that is saved of a file, read as somebody chose."""

    def save(path: Path, *, padded: bool = False, **chosen: str) -> MappingProfile:
        run = start_import(
            file=path, file_name=path.name, kind="address-book", source=book, by=None, **chosen
        )
        if padded:
            set_padding(run=run, by=None)
        set_mapping(run=run, mapping=NAMED, by=None)
        return save_profile(run=run, name="Exempla", by=None)

    return save


def next_one(path: Path) -> Import:
    return start_import(file=path, file_name=path.name, by=None)


def test_a_saved_mapping_remembers_how_its_file_is_read(tmp_path, saved_as) -> None:
    old = write_rows(tmp_path / "old.csv", NAMES, encoding="mac_roman")
    saved = saved_as(old, encoding="mac_roman", delimiter=";")
    assert saved.reading == {"encoding": "mac_roman", "delimiter": ";"}
    run = next_one(
        write_rows(tmp_path / "next.csv", [*NAMES, ["3", "Bé", "b@example.org"]], encoding="mac_roman")
    )
    layout = Layout.from_json(run.layout)
    assert (layout.encoding, layout.chosen_encoding, layout.doubted) == ("mac_roman", True, "")
    assert (run.options["profile"], unlike_kept(run)) == ("Exempla", [])
    assert [row[1] for row in look_again(Path(run.file_path), layout, encoding="mac_roman").rows] == [
        *("Lefèvre", "Noël", "Bé"),
    ]


def test_a_separator_that_nobody_would_find_is_remembered(tmp_path, saved_as) -> None:
    rows = ["REF|NOM_USUEL|ADR_MAIL", "a;b|Lefevre|zoe@example.org", "c;d|Noel|r@example.org"]
    path = tmp_path / "bars.csv"
    path.write_text("\n".join(rows) + "\n")
    saved_as(path, delimiter="|")
    path.write_text("\n".join([*rows, "e;f|Petit|e@example.org"]) + "\n")
    run = next_one(path)
    assert (run.layout["delimiter"], run.options["profile"]) == ("|", "Exempla")


def test_a_file_that_says_otherwise_is_read_as_it_says_and_that_is_told(tmp_path, saved_as) -> None:
    saved_as(
        write_rows(tmp_path / "old.csv", NAMES, encoding="mac_roman"), encoding="mac_roman", delimiter=";"
    )
    run = next_one(write_rows(tmp_path / "next.csv", NAMES, delimiter=","))
    assert (run.layout["encoding"], run.layout["delimiter"]) == ("utf-8", ",")
    assert (run.options["profile"], run.mapping) == ("Exempla", {"1": "last_name", "2": "email"})
    assert unlike_kept(run) == [
        "“Exempla” reads its files as Mac OS (Roman); this one is read as UTF-8.",
        "“Exempla” reads its files with the separator “;”; this one has “,”.",
    ]


def test_the_sheet_of_a_workbook_is_remembered_else_told(tmp_path, saved_as) -> None:
    other = [["A", "B"], ["x", "y"]]
    saved_as(write_xlsx(tmp_path / "one.xlsx", {"Notice": other, "Envoi": NAMES}), sheet="Envoi")
    run = next_one(write_xlsx(tmp_path / "two.xlsx", {"Notice": other, "Divers": other, "Envoi": NAMES}))
    assert (run.layout["sheet"], run.options["profile"], unlike_kept(run)) == ("Envoi", "Exempla", [])
    run = next_one(write_xlsx(tmp_path / "three.xlsx", {"Autre": NAMES, "Envoi": other}))
    assert (run.layout["sheet"], run.options["profile"]) == ("Autre", "Exempla")
    assert unlike_kept(run) == [
        "“Exempla” takes the sheet “Envoi”; here it is “Autre” that has these columns."
    ]
    run = next_one(write_xlsx(tmp_path / "four.xlsx", {"Notice": [["Seulement un titre"]], "Envoi": NAMES}))
    assert (run.layout["sheet"], run.options["profile"]) == ("Envoi", "Exempla")
    kept = {Path(one.layout["table"]) for one in Import.objects.exclude(layout__table="")}
    assert {one for one in files.folder().iterdir() if one.suffix == ".csv"} == kept  # nothing else stays


def test_missing_cells_and_compressed_files_are_read_as_before(tmp_path, saved_as) -> None:
    old = write_rows(tmp_path / "old.csv", NAMES, encoding="mac_roman")
    saved = saved_as(old, padded=True, encoding="mac_roman")
    assert saved.reading == {"encoding": "mac_roman", "may_pad": True}
    assert next_one(old).layout["may_pad"] is True
    packed = tmp_path / "next.csv.gz"
    packed.write_bytes(gzip.compress(old.read_bytes()))
    run = next_one(packed)
    assert (run.layout["encoding"], run.layout["may_pad"], run.options["profile"]) == (
        "mac_roman",
        True,
        "Exempla",
    )


def test_what_somebody_chooses_for_one_file_goes_before_what_is_remembered(tmp_path, saved_as) -> None:
    path = write_rows(tmp_path / "old.csv", NAMES, encoding="mac_roman")
    saved = saved_as(path, encoding="mac_roman")
    run = start_import(file=path, file_name=path.name, encoding="cp850", by=None)
    assert run.layout["encoding"] == "cp850"
    change_profile(
        profile=saved, name="Exempla", columns=saved.columns, month_first=False, forget_reading=True, by=None
    )
    assert next_one(path).layout["chosen_encoding"] is False


def test_what_is_said_of_missing_cells_is_remembered_by_the_mapping_of_the_file(
    tmp_path, saved_as, book
) -> None:
    saved = saved_as(write_rows(tmp_path / "first.csv", NAMES))
    short = write_rows(tmp_path / "short.csv", [*NAMES, *([str(n), "Petit"] for n in range(30))])
    failed = import_file(short, kind="address-book", source=book)
    assert (failed.state, failed.options["short_rows"]) == ("failed", 30)
    set_padding(run=failed, by=None)
    saved.refresh_from_db()
    assert saved.reading == {"may_pad": True}
    assert import_file(short, kind="address-book", source=book).state == "done"


def test_a_mapping_saved_of_the_file_itself_learns_it_too(tmp_path, saved_as) -> None:
    saved = saved_as(write_rows(tmp_path / "first.csv", NAMES))
    set_padding(run=Import.objects.get(), by=None)
    saved.refresh_from_db()
    assert saved.reading == {"may_pad": True}
