"""The shipped file: what it holds, and that it can be made again."""

from collections import Counter
from pathlib import Path

import pytest

from contacts.territories.reference import REFERENCE_FILE, read_reference, reference_version
from tools import build_territories

ROWS = read_reference()


def test_the_file_holds_every_territory_of_the_package():
    assert Counter(row.kind for row in ROWS) == {
        "country": 1,
        "region": 18,
        "department": 110,  # 101 departments, 8 overseas collectivities, the French abroad
        "commune": 34_969,
        "municipal_arrondissement": 45,
        "delegated": 2_105,
        "associated": 471,
    }


def test_the_file_is_small_and_says_where_it_comes_from():
    assert REFERENCE_FILE.stat().st_size < 1_500_000
    assert reference_version() == "@etalab/decoupage-administratif 6.0.0"
    folder = REFERENCE_FILE.parent
    assert "MIT License" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert "INSEE" in (folder / "CREDITS.md").read_text(encoding="utf-8")


def test_parents_come_before_their_children():
    seen = set()
    for row in ROWS:
        assert row.parent in seen or (row.kind == "country" and row.parent == "")
        seen.add(f"{row.kind}/{row.code}")


def test_departments_and_regions_count_the_people_of_their_communes():
    populations = {(row.kind, row.code): int(row.population or 0) for row in ROWS}
    oise = sum(int(row.population) for row in ROWS if row.parent == "department/60")
    assert populations["department", "60"] == oise > 800_000
    assert populations["country", "FR"] == sum(
        int(row.population or 0) for row in ROWS if row.kind == "commune"
    )
    assert populations["region", "94"] == populations["department", "2A"] + populations["department", "2B"]


def test_overseas_collectivities_belong_to_no_region():
    parents = {row.code: row.parent for row in ROWS if row.kind == "department"}
    assert {code for code, parent in parents.items() if parent == "country/FR"} == {
        *("975", "977", "978", "984", "986", "987", "988", "989"),
        "ZZ",
    }
    assert parents["974"] == "region/04"


def package_record(**values):
    return {"zone": "metro", "typeLiaison": 0} | values


PACKAGE = {
    "regions": [
        package_record(code="32", nom="Hauts-de-France"),
        package_record(code="987", nom="X", zone="com"),
    ],
    "departements": [
        package_record(code="60", nom="Oise", region="32", typeLiaison=5),
        package_record(code="987", nom="Polynésie française", region="987", zone="com"),
    ],
    "communes": [
        package_record(
            code="60999",
            nom="Vieux",
            type="commune-deleguee",
            chefLieu="60057",
            departement="60",
            region="32",
        ),
        package_record(
            code="60057",
            nom="Beauvais",
            type="commune-actuelle",
            departement="60",
            region="32",
            population=10,
            codesPostaux=["60155", "60000"],
            anciensCodes=["60998"],
        ),
    ],
}


def test_the_builder_writes_one_row_a_territory():
    assert list(build_territories.territory_rows(PACKAGE)) == [
        ("country", "FR", "France", "3", "", "10", "", ""),
        ("region", "32", "Hauts-de-France", "0", "country/FR", "10", "", ""),
        ("department", "60", "Oise", "5", "region/32", "10", "", ""),
        ("department", "987", "Polynésie française", "0", "country/FR", "0", "", ""),
        build_territories.ABROAD,
        ("commune", "60057", "Beauvais", "0", "department/60", "10", "60000 60155", "60998"),
        ("delegated", "60999", "Vieux", "0", "commune/60057", "", "", ""),
    ]


def test_the_same_rows_give_the_same_bytes():
    first = build_territories.compact(build_territories.territory_rows(PACKAGE))
    assert first == build_territories.compact(build_territories.territory_rows(PACKAGE))
    assert first[4:8] == bytes(4)  # no time in the gzip header


def test_a_name_that_would_break_the_file_is_refused():
    with pytest.raises(SystemExit, match="commune 1 holds a tab"):
        build_territories.compact(iter([("commune", "1", "a\tb")]))


def test_an_archive_of_something_else_is_refused(tmp_path):
    import io
    import json
    import tarfile

    archive = tmp_path / "other.tgz"
    content = json.dumps({"name": "other", "version": "1"}).encode()
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo("package/package.json")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    with pytest.raises(SystemExit, match="is not @etalab/decoupage-administratif"):
        build_territories.read_package(archive)


def package_archive():
    """The archive of the package that npm left in a cache folder, or None: tests never fetch it."""
    folder = Path(__file__).resolve().parents[3] / "var" / "packages"
    return next(iter(folder.glob("etalab-decoupage-administratif-*.tgz")), None)


@pytest.mark.skipif(
    package_archive() is None, reason="put the npm package's archive in var/packages to run this"
)
def test_building_from_the_package_gives_the_shipped_rows(tmp_path):
    import gzip

    first, second = (build_territories.build(package_archive()) for _ in range(2))
    assert first == second
    # Another zlib may pack the same text differently, so the text is compared.
    assert gzip.decompress(first) == gzip.decompress(REFERENCE_FILE.read_bytes())
