"""A newer roll of the same communes: who arrived, moved to another station, left or came back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.rolls.newer import newer_roll
from contacts.imports.samples import preview_samples
from contacts.imports.service import enqueue_run, undo_import
from contacts.invented.rolls import COLUMNS
from contacts.letters import LetterChoice
from contacts.models import Contact, ElectoralRegistration, Import, ImportChange, Reach, Source, Territory
from contacts.services.projections import refresh_projections
from tests.support.imports import counted, fingerprint, preview

pytestmark = pytest.mark.usefixtures("places")

Elector = dict[str, str]
# Places stay when a roll is undone, and so does what it had changed, for the report.
MADE_FOR_GOOD = ("contacts_territory", "contacts_territoryancestor", "contacts_importchange")


def bring(path: Path, source: Source, *, whole_roll: bool = True) -> Import:
    run = preview(path, kind="roll", source=source)
    run_job(enqueue_run(run=run, by=None, whole_roll=whole_roll).pk)
    run.refresh_from_db()
    assert run.state == Import.State.DONE, run.error
    return run


@pytest.fixture
def old(
    elector: Callable[..., Elector], roll_file: Callable[..., Path], roll_source: Source
) -> list[Elector]:
    """A roll of three electors, imported."""
    rows = [
        elector(nom_de_naissance=name, **{"numéro_d_ordre_dans_le_bureau_de_vote": str(number)})
        for number, name in enumerate(("STAYS", "MOVES", "LEAVES"), start=1)
    ]
    bring(roll_file(rows, name="old.csv"), roll_source)
    return rows


@pytest.fixture
def newer(old: list[Elector], elector: Callable[..., Elector], roll_file: Callable[..., Path]) -> Path:
    moved = old[1] | {"code du bureau de vote": "0002", "libellé du bureau de vote": "Gymnase"}
    arrived = elector(nom_de_naissance="ARRIVES")
    elsewhere = elector(nom_de_naissance="OTHER", code_du_l_ugle="60175")
    return roll_file([old[0], moved, arrived, elsewhere], name="com60057-01-03-2027.csv")


def test_the_preview_says_who_arrived_moved_and_is_missing(newer: Path, roll_source: Source) -> None:
    run = preview(newer, kind="roll", source=roll_source)
    assert run.preview | {"rows": 4} == run.preview
    names = ("new", "updated", "unchanged", "arrived", "moved", "departed")
    assert {name: run.preview[name] for name in names} == {
        "new": 2, "updated": 1, "unchanged": 1, "arrived": 1, "moved": 1, "departed": 1,
    }  # fmt: skip
    samples = preview_samples(run)
    assert [row["name"].split()[0] for row in samples["departed"]] == ["LEAVES"]
    assert sorted(row["name"].split()[0] for row in samples["new"]) == ["ARRIVES", "OTHER"]


def test_those_who_left_a_whole_roll_get_no_letters_and_return_with_a_later_one(
    newer: Path, old: list[Elector], roll_file: Callable[..., Path], roll_source: Source
) -> None:
    run = bring(newer, roll_source)
    assert counted(run, "new", "updated", "unchanged", "arrived", "moved", "departed") == {
        "new": 2, "updated": 1, "unchanged": 1, "arrived": 1, "moved": 1, "departed": 1,
    }  # fmt: skip
    gone = ElectoralRegistration.objects.get(birth_name="LEAVES")
    assert gone.left_on == date(2027, 3, 1)
    beauvais = Territory.objects.get(kind="commune", code="60057")
    choice = LetterChoice(place=beauvais, day=date(2027, 4, 1))
    assert set(choice.electors().values_list("birth_name", flat=True)) == {"STAYS", "MOVES", "ARRIVES"}
    back = bring(roll_file(old, name="later.csv"), roll_source, whole_roll=False)
    assert back.counts["updated"] == 2  # LEAVES is back, MOVES votes where they did
    gone.refresh_from_db()
    assert gone.left_on is None


def test_nobody_leaves_a_part_of_a_roll(newer: Path, roll_source: Source) -> None:
    run = bring(newer, roll_source, whole_roll=False)
    assert run.counts["departed"] == 0
    assert not ElectoralRegistration.objects.exclude(left_on=None).exists()


def test_another_list_of_the_commune_takes_nobody_off_the_first(
    old: list[Elector], elector: Callable[..., Elector], roll_file: Callable[..., Path], roll_source: Source
) -> None:
    other = elector(libellé_du_type_de_liste="Liste complémentaire municipale", nom_de_naissance="ROSSI")
    run = bring(roll_file([other], name="LCM.csv"), roll_source)
    assert (run.counts["new"], run.counts["departed"]) == (1, 0)


def test_an_undo_brings_everybody_back(newer: Path, roll_source: Source) -> None:
    before = fingerprint(*MADE_FOR_GOOD)
    run = bring(newer, roll_source)
    run_job(undo_import(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state == Import.State.UNDONE
    assert fingerprint(*MADE_FOR_GOOD) == before


def test_a_person_whose_elector_left_is_not_written_to_by_the_roll(newer: Path, roll_source: Source) -> None:
    person = Contact.objects.create(is_stub=True)
    ElectoralRegistration.objects.filter(birth_name="LEAVES").update(contact=person)
    refresh_projections([person.pk])
    assert Reach.objects.get(contact=person, channel="post").political
    bring(newer, roll_source)
    assert not Reach.objects.get(contact=person, channel="post").political


def test_a_roll_that_changed_since_the_preview_is_compared_again(
    newer: Path, old: list[Elector], roll_file: Callable[..., Path], roll_source: Source
) -> None:
    run = preview(newer, kind="roll", source=roll_source)
    bring(roll_file([old[0]], name="between.csv"), roll_source)  # MOVES and LEAVES left
    run_job(enqueue_run(run=run, by=None, whole_roll=True).pk)
    run.refresh_from_db()
    assert (run.counts["new"], run.counts["departed"]) == (2, 0)
    left = ElectoralRegistration.objects.exclude(left_on=None).values_list("birth_name", flat=True)
    assert list(left) == ["LEAVES"]


def test_the_same_roll_again_writes_nothing(
    old: list[Elector], roll_file: Callable[..., Path], roll_source: Source
) -> None:
    before = fingerprint()
    run = bring(roll_file(old[::-1], name="again.csv"), roll_source)
    assert counted(run, "new", "updated", "unchanged") == {"new": 0, "updated": 0, "unchanged": 3}
    assert fingerprint() == before
    assert not ImportChange.objects.filter(import_run=run).exists()


def test_departures_are_taken_for_real_when_they_are_few() -> None:
    from contacts.views.import_effect import departures_look_real

    assert departures_look_real({"unchanged": 90, "updated": 5, "departed": 5})
    assert not departures_look_real({"unchanged": 10, "departed": 90})
    assert not departures_look_real({"unchanged": 10, "departed": 0})


def test_departures_are_of_the_day_that_the_rows_say_of_each_commune(
    elector: Callable[..., Elector], roll_file: Callable[..., Path], roll_source: Source
) -> None:
    stay, leave = elector(nom_de_naissance="STAYS"), elector(nom_de_naissance="LEAVES")
    creil = {"code du l'ugle": "60175"}
    bring(roll_file([stay, leave, stay | creil, leave | creil]), roll_source)
    columns = [*COLUMNS, "DateCreationListe"]
    rows = [stay | {columns[-1]: "01/03/2025"}, stay | creil | {columns[-1]: "02/04/2025"}]
    run = bring(roll_file(rows, name="01-01-2020.csv", columns=columns), roll_source)
    gone = ElectoralRegistration.objects.exclude(left_on=None).order_by("left_on")
    assert list(gone.values_list("commune__code", "left_on")) == [
        ("60057", date(2025, 3, 1)), ("60175", date(2025, 4, 2)),
    ]  # fmt: skip
    assert run.options["roll_day"] == "2025-04-02"
    older = preview(roll_file([stay], name="01-06-2024.csv"), kind="roll", source=roll_source)
    assert newer_roll(older) == date(2025, 4, 2)
