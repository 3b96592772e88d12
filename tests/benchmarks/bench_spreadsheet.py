"""How fast a workbook becomes a staged preview, against calamine alone reading it.

`make bench ONLY=spreadsheet`. The workbook is the invented roll of 27 columns, as Excel would save it: texts
shared, days as days. The figure goes from the file to the end of the preview, child process and counts
included; the limit is calamine opening the same file and giving every row to Python, in a process that is
already there.
"""

from __future__ import annotations

import csv
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from campaign_crm.platform.jobs import run_job
from contacts.imports.service import discard_import, enqueue_preview, start_import
from contacts.imports.values import read_date
from contacts.invented.rolls import COLUMNS, roll_lines
from contacts.models import Import, Source
from contacts.territories.loading import load_territories
from tests.benchmarks.harness import Benchmark, size
from tests.support.workbooks import write_xlsx

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

ROWS = {"small": 10_000, "full": 100_000}
BORN = COLUMNS.index("date de naissance")


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    lines = roll_lines(rows=ROWS[size()], seed=1, departments=("59", "62"))
    rows = (
        [*row[:BORN], read_date(row[BORN]) or row[BORN], *row[BORN + 1 :]]
        for row in csv.reader(lines, delimiter=";")
    )
    return write_xlsx(tmp_path / "roll.xlsx", {"Liste": [list[str | date](COLUMNS), *rows]}, shared=True)


def test_spreadsheet(workbook: Path, tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    load_territories()
    Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])
    bench = Benchmark(
        name="spreadsheet",
        unit="s",
        limit_is="calamine alone reading the same workbook",
        better="lower",
        target="under 5 times calamine alone",
        settings={"rows": ROWS[size()], "file_bytes": workbook.stat().st_size},
    )
    looks: list[float] = []

    def figure(_number: int) -> float:
        started = time.perf_counter()
        source = Source.objects.get(name="Roll")
        run = start_import(file=workbook, file_name=workbook.name, kind="roll", source=source, by=None)
        looks.append(round(time.perf_counter() - started, 2))
        run_job(enqueue_preview(run=run, by=None).pk)
        seconds = time.perf_counter() - started
        run.refresh_from_db()
        assert run.state == Import.State.PREVIEWED, run.error
        assert run.preview["rows"] == ROWS[size()]
        discard_import(run=run, by=None)
        return seconds

    bench.run(figure=figure, limit=lambda _number: calamine_alone(workbook))
    bench.detail = {
        "rows_a_second": round(ROWS[size()] / bench.figure),
        "first_looks": looks,
    }
    bench.write()
    assert bench.ratio < 5


def calamine_alone(path: Path) -> float:
    """Seconds of the limit."""
    started = time.perf_counter()
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    seconds = time.perf_counter() - started
    assert len(rows) == ROWS[size()] + 1
    return seconds
