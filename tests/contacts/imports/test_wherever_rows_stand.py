"""What is written is what was previewed, however the file is cut into chunks."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.choices import set_mapping
from contacts.imports.people import engine
from contacts.imports.service import enqueue_preview, enqueue_run, start_import
from contacts.models import Contact, Import, Source
from tests.support.imports import write_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]

HEADER = ["Prénom", "Nom", "Email", "Mobile", "Date de naissance"]
FIELDS = dict(enumerate(["first_name", "last_name", "email", "phone", "birth_date"]))
# Few values, so that rows share many of them: half names, shared addresses and numbers, other days.
VALUES = [
    ["Léa", "", "Léa Anne", "Anne", "L"],
    ["Martin", "", "Martin Petit", "Petit"],
    ["a@example.org", "", "b@example.org"],
    ["0639981234", "", "0639981235"],
    ["", "17/05/1980", "18/06/1981"],
]


@pytest.mark.parametrize("lines", [1, 2, 5_000])
def test_as_many_people_are_made_as_the_preview_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    monkeypatch.setattr(engine, "LINES_A_CHUNK", lines)
    source = Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])
    chance = random.Random(7)
    for number in range(12):
        rows = [[chance.choice(values) for values in VALUES] for _row in range(6)]
        path = write_rows(tmp_path / f"rows{number}.csv", [HEADER, *rows])
        run = start_import(file=path, file_name=path.name, kind="address-book", source=source, by=None)
        set_mapping(run=run, mapping=FIELDS, by=None)
        run_job(enqueue_preview(run=run, by=None).pk)
        run.refresh_from_db()
        before = Contact.objects.count()
        run_job(enqueue_run(run=run, by=None).pk)
        run.refresh_from_db()
        assert run.state == Import.State.DONE, run.error
        assert Contact.objects.count() - before == run.preview["new"], rows
        Contact.objects.all().delete()
