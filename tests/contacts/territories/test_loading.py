"""Loading one edition after another."""

import gzip
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from contacts.models import ReferenceData, Territory, TerritoryAncestor
from contacts.territories import loading
from contacts.territories.loading import TerritoriesNotLoaded, load_territories

HEADER = "# package 1\nkind\tcode\tname\tarticle\tparent\tpopulation\tpostcodes\tformer_codes\n"


@pytest.fixture
def edition(tmp_path):
    """Write a small reference file from lines of values separated by "|"."""

    def write(*lines, name="edition.tsv.gz"):
        path = tmp_path / name
        rows = "".join(line.replace("|", "\t") + "\n" for line in lines)
        path.write_bytes(gzip.compress((HEADER + rows).encode(), mtime=0))
        return path

    return write


FRANCE = "country|FR|France|3||||"
OISE = "department|60|Oise|5|country/FR|||"
BEAUVAIS = "commune|60057|Beauvais|0|department/60|55906|60000 60155|"
THERDONNE = "commune|60628|Therdonne|0|department/60|986|60510|"


@pytest.mark.django_db
def test_a_new_edition_renames_absorbs_and_gives_back(edition):
    load_territories(path=edition(FRANCE, OISE, BEAUVAIS, THERDONNE))
    beauvais = Territory.objects.get(code="60057")
    therdonne = Territory.objects.get(code="60628")

    merged = load_territories(
        path=edition(FRANCE, OISE, "commune|60057|Grand Beauvais|0|department/60|56892|60000|60628")
    )
    beauvais.refresh_from_db()
    therdonne.refresh_from_db()
    assert (merged.created, merged.updated, merged.retired) == (0, 1, 1)
    assert (beauvais.name, beauvais.population, beauvais.postcodes) == ("Grand Beauvais", 56_892, ["60000"])
    assert therdonne.replaced_by == therdonne.parent == beauvais
    assert list(
        TerritoryAncestor.objects.filter(descendant=therdonne)
        .order_by("depth")
        .values_list("ancestor__code", "depth")
    ) == [("60628", 0), ("60057", 1), ("60", 2), ("FR", 3)]

    load_territories(path=edition(FRANCE, OISE, BEAUVAIS, THERDONNE))
    therdonne.refresh_from_db()
    assert therdonne.replaced_by is None
    assert therdonne.parent.code == "60"
    assert not TerritoryAncestor.objects.filter(ancestor=beauvais, descendant=therdonne).exists()


@pytest.mark.django_db
def test_what_an_installation_added_is_left_alone_and_follows_its_commune(edition):
    load_territories(path=edition(FRANCE, OISE, THERDONNE))
    commune = Territory.objects.get(code="60628")
    canton = Territory.objects.create(kind="canton", code="6001", name="Beauvais-1")
    station = Territory.objects.create(kind="polling_station", code="60628-0001", name="1", parent=commune)
    TerritoryAncestor.objects.create(ancestor=canton, descendant=station, depth=1)

    load_territories(path=edition(FRANCE, "department|60|L'Oise|5|country/FR|||", THERDONNE))

    links = TerritoryAncestor.objects.filter(descendant=station)
    assert set(links.values_list("ancestor__code", "depth")) == {
        ("60628-0001", 0),
        ("60628", 1),
        ("60", 2),
        ("FR", 3),
        ("6001", 1),
    }


@pytest.mark.django_db
def test_a_file_that_cannot_be_read_writes_nothing(tmp_path, edition):
    whole = edition(FRANCE, OISE, BEAUVAIS).read_bytes()
    contents = {
        "missing": None,
        "not-gzip": b"something else",
        "truncated": whole[: len(whole) // 2],
        "other-columns": gzip.compress(b"# x\na\tb\n1\t2\n"),
        "empty": gzip.compress(b""),
    }
    for name, content in contents.items():
        path = tmp_path / f"{name}.tsv.gz"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(TerritoriesNotLoaded, match=rf"{name}\.tsv\.gz"):
            load_territories(path=path)
    assert not ReferenceData.objects.exists()
    assert not Territory.objects.exists()


@pytest.mark.django_db
def test_the_command_says_what_it_did(edition, monkeypatch):
    path = edition(FRANCE, OISE, BEAUVAIS)
    monkeypatch.setattr(loading.load_territories, "__kwdefaults__", {"force": False, "path": path})
    out = StringIO()
    call_command("load_territories", stdout=out)
    call_command("load_territories", stdout=out)
    first, second = out.getvalue().splitlines()
    assert first.startswith("Territories loaded (package 1): 3 new, 0 changed, 0 absorbed since")
    assert second == "Territories are up to date (package 1)."

    path.unlink()
    with pytest.raises(CommandError, match=r"edition\.tsv\.gz"):
        call_command("load_territories")
