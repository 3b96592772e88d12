"""An elector who was erased is not brought back by the next roll, wherever they live then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.service import enqueue_run
from contacts.models import ElectoralRegistration, ErasedElector, Import, Source
from contacts.requests.electors import forget_electors
from tests.support.imports import preview

pytestmark = pytest.mark.usefixtures("places")
Elector = dict[str, str]


def bring(path: Path, source: Source) -> Import:
    run = preview(path, kind="roll", source=source)
    run_job(enqueue_run(run=run, by=None, whole_roll=True).pk)
    run.refresh_from_db()
    assert run.state == Import.State.DONE, run.error
    return run


def names() -> set[str]:
    return set(ElectoralRegistration.objects.values_list("birth_name", flat=True))


@pytest.fixture
def old(
    elector: Callable[..., Elector], roll_file: Callable[..., Path], roll_source: Source
) -> list[Elector]:
    """A roll of two electors, one of whom is erased."""
    rows = [elector(nom_de_naissance="STAYS"), elector(nom_de_naissance="ERASED")]
    bring(roll_file(rows, name="old.csv"), roll_source)
    gone = ElectoralRegistration.objects.get(birth_name="ERASED")
    forget_electors([gone.pk], request=None)
    assert names() == {"STAYS"}
    assert "ERASED" not in str(ErasedElector.objects.values().get())
    return rows


def test_the_same_roll_leaves_them_out(old, roll_file, roll_source, elector) -> None:
    run = bring(roll_file([*old, elector(nom_de_naissance="NEW")], name="again.csv"), roll_source)
    assert names() == {"STAYS", "NEW"}
    assert (run.counts["new"], run.counts["duplicate"]) == (1, 1)


def test_a_roll_of_a_commune_they_moved_to_leaves_them_out(old, roll_file, roll_source) -> None:
    moved = old[1] | {"code du l'ugle": "60175", "numéro de voie": "9", "libellé de voie": "RUE NEUVE"}
    bring(roll_file([moved], name="moved.csv"), roll_source)
    assert names() == {"STAYS"}


def test_a_roll_without_places_of_birth_leaves_them_out(old, roll_file, roll_source, elector) -> None:
    lacking = {name: "" for name in old[1] if "naissance" in name and ("commune" in name or "pays" in name)}
    lacking |= {name: "" for name in old[1] if "département de naissance" in name}
    bring(roll_file([old[0], old[1] | lacking], name="lacking.csv"), roll_source)
    assert names() == {"STAYS"}


def test_a_namesake_of_another_day_comes_in(old, roll_file, roll_source) -> None:
    namesake = old[1] | {"date de naissance": "02/03/1991"}
    bring(roll_file([*old, namesake], name="namesake.csv"), roll_source)
    assert names() == {"STAYS", "ERASED"}


def test_somebody_erased_between_the_preview_and_the_run_stays_away(roll_file, roll_source, elector) -> None:
    rows = [elector(nom_de_naissance="STAYS"), elector(nom_de_naissance="ERASED")]
    bring(roll_file(rows, name="old.csv"), roll_source)
    run = preview(roll_file(rows, name="again.csv"), kind="roll", source=roll_source)
    forget_electors([ElectoralRegistration.objects.get(birth_name="ERASED").pk], request=None)
    run_job(enqueue_run(run=run, by=None, whole_roll=True).pk)
    assert names() == {"STAYS"}
