"""Importing what lies on the server already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from contacts.models import Import
from tests.contacts.views.imports.conftest import PEOPLE

pytestmark = pytest.mark.django_db


@pytest.fixture
def top(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "drop"
    (folder / "mars").mkdir(parents=True)
    (folder / "mars" / "people.csv").write_text(PEOPLE)
    settings.IMPORT_FOLDER = str(folder)
    return folder


def test_a_file_of_the_server_is_read_where_it_lies(top: Path, staff: Client) -> None:
    assert "/imports/server/" in staff.get("/imports/new/").content.decode()
    assert "?folder=mars" in staff.get("/imports/server/").content.decode()
    assert "people.csv" in staff.get("/imports/server/?folder=mars").content.decode()
    answer = staff.post("/imports/server/", {"path": "mars/people.csv"})
    run = Import.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/imports/{run.pk}/file/")
    assert (run.file_name, run.file_path) == ("people.csv", str(top / "mars" / "people.csv"))
    assert staff.post(f"/imports/{run.pk}/discard/").status_code == 302
    assert (top / "mars" / "people.csv").exists()


def test_a_whole_folder_is_one_import(top: Path, staff: Client) -> None:
    (top / "mars" / "more.csv").write_text("Nom;E-mail\nDurand;d@example.org\n")
    staff.post("/imports/server/", {"path": "mars"})
    run = Import.objects.get()
    assert (run.file_name, run.layout["form"], run.file_bytes > len(PEOPLE)) == ("mars", "folder", True)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "mars/none.csv"])
def test_a_name_from_elsewhere_is_refused_with_its_reason(top: Path, staff: Client, path: str) -> None:
    answer = staff.post("/imports/server/", {"path": path})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert Import.objects.count() == 0


def test_without_a_folder_there_is_no_page(staff: Client) -> None:
    assert "/imports/server/" not in staff.get("/imports/new/").content.decode()
    assert staff.get("/imports/server/").status_code == 404


def test_only_who_may_import_sees_it(top: Path, staff: Client, officer: Any) -> None:
    officer.role = "read_only"
    officer.save()
    assert staff.get("/imports/server/").status_code == 403
