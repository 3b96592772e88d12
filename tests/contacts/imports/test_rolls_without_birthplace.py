"""Two rolls of a commune of which one gives no place of birth: electors are known by name and day."""

import pytest

from contacts.invented.rolls import COLUMNS
from contacts.models import ElectoralRegistration, Import
from tests.support.imports import import_file, preview

pytestmark = pytest.mark.django_db

BIRTHPLACE = [name for name in COLUMNS if "de naissance" in name and name.split()[0] in ("code", "pays")] + [
    "libellé commune de naissance"
]
WITHOUT = [name for name in COLUMNS if name not in BIRTHPLACE]
WITHOUT_DAYS = [name for name in WITHOUT if name != "date de naissance"]


@pytest.fixture
def everybody(places, elector):
    """Thirty electors, and two of one name and day who are born elsewhere."""
    electors = [
        elector(
            nom_de_naissance=f"MARTIN{chr(65 + n)}",
            date_de_naissance=f"{n % 28 + 1:02d}/05/1980",
            **{"numéro_d_ordre_dans_le_bureau_de_vote": str(n)},
        )
        for n in range(26)
    ]
    twins = [
        elector(nom_de_naissance="PETIT")
        | {"code commune de naissance": code, "numéro d'ordre dans le bureau de vote": code}
        for code in ("60175", "60159")
    ]
    return [*electors, *twins]


@pytest.mark.parametrize(("first", "second"), [(COLUMNS, WITHOUT), (WITHOUT, COLUMNS)])
def test_electors_are_recognised_by_name_and_day(everybody, roll_file, roll_source, first, second) -> None:
    everybody = everybody[:26]
    import_file(roll_file(everybody, columns=first), kind="roll", source=roll_source)
    ids = set(ElectoralRegistration.objects.values_list("pk", flat=True))
    moved = [one | {"numéro de voie": "99"} if n == 3 else one for n, one in enumerate(everybody)]
    run = import_file(roll_file(moved, columns=second), kind="roll", source=roll_source)
    assert [run.counts[name] for name in ("new", "updated", "unchanged", "departed")] == [0, 1, 25, 0]
    assert set(ElectoralRegistration.objects.values_list("pk", flat=True)) == ids
    again = preview(roll_file(moved, columns=second), kind="roll", source=roll_source)
    assert [again.preview[name] for name in ("new", "updated", "departed")] == [0, 0, 0]


def test_homonyms_of_one_day_are_not_guessed(everybody, roll_file, roll_source) -> None:
    import_file(roll_file(everybody), kind="roll", source=roll_source)
    run = preview(roll_file(everybody, columns=WITHOUT), kind="roll", source=roll_source)
    assert [run.preview[name] for name in ("new", "updated", "departed")] == [2, 0, 2]


def test_two_places_of_birth_are_two_people(everybody, roll_file, roll_source, elector) -> None:
    import_file(roll_file(everybody), kind="roll", source=roll_source)
    other = everybody[0] | {"code commune de naissance": "60159"}
    run = preview(roll_file([other, *everybody[1:]]), kind="roll", source=roll_source)
    assert [run.preview[name] for name in ("new", "updated", "departed")] == [1, 0, 1]


def test_without_days_either_the_roll_is_refused(everybody, roll_file, roll_source) -> None:
    import_file(roll_file(everybody), kind="roll", source=roll_source)
    run = preview(roll_file(everybody, columns=WITHOUT_DAYS), kind="roll", source=roll_source)
    assert run.state == Import.State.FAILED
    assert "nobody could be recognised" in run.error
