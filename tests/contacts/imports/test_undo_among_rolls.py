"""Undoing one of several rolls of a commune: what an older one said returns, what a later one said stays."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.service import enqueue_run, undo_import
from contacts.invented.rolls import COLUMNS
from contacts.models import ElectoralRegistration, Import, Source
from contacts.views.import_told import mended_words
from tests.support.imports import import_file, preview

pytestmark = pytest.mark.usefixtures("places")

Elector = dict[str, str]
Bring = Callable[..., Import]
STATION = ("code du bureau de vote", "libellé du bureau de vote")
ADDRESS = ("numéro de voie", "libellé de voie", "code postal", "commune")
WITHOUT_STATIONS = [name for name in COLUMNS if "bureau" not in name]


@pytest.fixture
def bring(roll_file: Callable[..., Path], roll_source: Source) -> Bring:
    def go(*electors: Elector, whole_roll: bool = True, columns: Sequence[str] = COLUMNS) -> Import:
        path = roll_file(electors, columns=columns)
        run = preview(path, kind="roll", source=roll_source)
        run_job(enqueue_run(run=run, by=None, whole_roll=whole_roll).pk)
        run.refresh_from_db()
        assert run.state == Import.State.DONE, run.error
        return run

    return go


def undo(run: Import) -> None:
    job = run_job(undo_import(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state == Import.State.UNDONE, job.error


@pytest.fixture
def stays(elector: Callable[..., Elector]) -> Elector:
    return elector(nom_de_naissance="STAYS", **{"numéro_d_ordre_dans_le_bureau_de_vote": "1"})


@pytest.fixture
def moves(elector: Callable[..., Elector]) -> Elector:
    return elector(nom_de_naissance="MOVES", **{"numéro_d_ordre_dans_le_bureau_de_vote": "2"})


def at(one: Elector, station: str) -> Elector:
    return one | {STATION[0]: station}


def station() -> str:
    found = ElectoralRegistration.objects.get(birth_name="MOVES").polling_station
    return found.code if found else ""


def has_left() -> bool:
    return ElectoralRegistration.objects.get(birth_name="MOVES").left_on is not None


def test_a_value_that_a_roll_emptied_returns(bring: Bring, stays: Elector, moves: Elector) -> None:
    bring(stays, moves)
    later = bring(stays, moves | dict.fromkeys((*STATION, "numéro d'ordre dans le bureau de vote"), ""))
    assert (station(), ElectoralRegistration.objects.get(birth_name="MOVES").order_number) == ("", None)
    undo(later)
    assert (station(), ElectoralRegistration.objects.get(birth_name="MOVES").order_number) == (
        "60057-0001", 2,
    )  # fmt: skip


def test_somebody_whom_a_roll_brought_back_has_left_again(
    bring: Bring, stays: Elector, moves: Elector
) -> None:
    bring(stays, moves)
    bring(stays)
    back = bring(stays, moves)
    assert not has_left()
    undo(back)
    assert has_left()


def test_what_a_later_roll_says_too_stays_until_that_one_is_undone(
    bring: Bring, stays: Elector, moves: Elector
) -> None:
    bring(stays, at(moves, "0001"))
    middle, last = bring(stays, at(moves, "0002")), bring(at(moves, "0002"), stays)
    undo(middle)
    assert station() == "60057-0002"
    undo(last)
    assert station() == "60057-0001"


def test_whom_a_later_whole_roll_misses_too_stays_gone_until_that_one_is_undone(
    bring: Bring, stays: Elector, moves: Elector
) -> None:
    bring(stays, moves)
    middle, last = bring(stays), bring(stays)
    undo(middle)
    assert has_left()
    undo(last)
    assert not has_left()


def test_a_part_of_a_roll_misses_nobody(bring: Bring, stays: Elector, moves: Elector) -> None:
    bring(stays, moves)
    middle = bring(stays)
    bring(stays, whole_roll=False)
    undo(middle)
    assert not has_left()


def test_a_later_roll_that_says_something_else_keeps_its_own(
    bring: Bring, stays: Elector, moves: Elector
) -> None:
    bring(stays, at(moves, "0001"))
    middle, last = bring(stays, at(moves, "0002")), bring(stays, at(moves, "0003"))
    undo(middle)
    assert station() == "60057-0003"
    undo(last)
    assert station() == "60057-0001"


def test_a_value_that_a_later_roll_wrote_again_stays(bring: Bring, stays: Elector, moves: Elector) -> None:
    bring(stays, at(moves, "0001"))
    second, _third, _fourth = (bring(stays, at(moves, number)) for number in ("0002", "0003", "0002"))
    undo(second)
    assert station() == "60057-0002"


def test_a_later_roll_says_nothing_of_columns_that_it_lacks(
    bring: Bring, stays: Elector, moves: Elector
) -> None:
    bring(stays, at(moves, "0001"))
    middle = bring(stays, at(moves, "0002"))
    bring(stays, moves, columns=WITHOUT_STATIONS)
    undo(middle)
    assert station() == "60057-0001"


def test_a_roll_without_stations_and_addresses_takes_nobodys_away(
    bring: Bring, stays: Elector, moves: Elector
) -> None:
    bring(stays, moves)
    columns = [name for name in WITHOUT_STATIONS if name not in ADDRESS]
    run = bring(stays, moves | {"nom d'usage": "MARRIED"}, columns=columns)
    assert (run.counts["unchanged"], run.counts["updated"]) == (1, 1)
    found = ElectoralRegistration.objects.get(birth_name="MOVES")
    assert (found.street, found.postcode, found.order_number) == ("12 RUE DES LILAS", "60000", 2)
    assert (found.used_name, station()) == ("MARRIED", "60057-0001")


def test_electors_of_a_roll_without_stations_stay_when_the_first_is_undone(
    bring: Bring, stays: Elector, moves: Elector
) -> None:
    first = bring(stays, moves)
    bring(stays, columns=WITHOUT_STATIONS)
    undo(first)
    assert list(ElectoralRegistration.objects.values_list("birth_name", flat=True)) == ["STAYS"]


def test_a_roll_without_names_of_stations_renames_none(bring: Bring, stays: Elector, moves: Elector) -> None:
    bring(stays, moves)
    bring(stays, moves, columns=[name for name in COLUMNS if name != STATION[1]])
    found = ElectoralRegistration.objects.get(birth_name="MOVES").polling_station
    assert found is not None
    assert found.name == "Bureau 1 – Mairie"


def test_the_preview_says_of_what_the_file_says_nothing(
    bring: Bring, roll_file: Callable[..., Path], roll_source: Source, stays: Elector
) -> None:
    bring(stays)
    whole = preview(roll_file([stays]), kind="roll", source=roll_source)
    assert mended_words(whole) == []
    columns = [name for name in WITHOUT_STATIONS if name != "nom d'usage"]
    part = preview(roll_file([stays], columns=columns), kind="roll", source=roll_source)
    assert mended_words(part) == [
        "The file has no column for this, which stays as it is known: "
        "Code of the polling station, Order number, Used name."
    ]


def test_of_several_files_one_without_a_column_takes_nobodys_value_away(
    bring: Bring, tmp_path: Path, roll_file: Callable[..., Path], roll_source: Source, stays: Elector,
    moves: Elector,
) -> None:  # fmt: skip
    creil = {"code du l'ugle": "60175"}
    bring(stays, moves | creil)
    columns = [name for name in WITHOUT_STATIONS if name not in ADDRESS]
    whole = roll_file([at(stays, "0009")], name="com60057.csv").read_bytes()
    part = roll_file([moves | creil | {"nom d'usage": "MARRIED"}], name="com60175.csv", columns=columns)
    path = tmp_path / "rolls.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("com60057.csv", whole)
        archive.writestr("com60175.csv", part.read_bytes())
    run = import_file(path, kind="roll", source=roll_source)
    assert run.counts["updated"] == 2, run.error
    found = {one.birth_name: one for one in ElectoralRegistration.objects.select_related("polling_station")}
    assert found["STAYS"].polling_station.code == "60057-0009"
    moved = found["MOVES"]
    assert (moved.used_name, moved.street, moved.order_number) == ("MARRIED", "12 RUE DES LILAS", 2)
    assert moved.polling_station.code == "60175-0001"
    undo(run)
    assert ElectoralRegistration.objects.get(birth_name="MOVES").used_name == ""
