"""Rejected rows: corrected and sent again, known by their columns; kept for a time, in part."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from contacts.imports.formats.archives import is_document
from contacts.imports.guessing import guess
from contacts.imports.rejects import drop_old_rejects
from contacts.imports.rolls.newer import newer_roll
from contacts.imports.signatures import signature_of
from contacts.imports.sketch import sketch_file
from contacts.models import Contact, Import, ImportReject, Source
from contacts.views.import_rejects import write_rejects
from tests.support.imports import import_file, preview, write_rows

pytestmark = pytest.mark.usefixtures("places")

HEADER = ["Nom", "Prénom", "Email", "Remarque", "Né le"]


def rejects_of(run: Import, to: Path) -> Path:
    text = io.StringIO()
    write_rejects(run, text)
    to.write_text(text.getvalue(), encoding="utf-8-sig")
    return to


def test_a_corrected_file_of_rejected_rows_comes_in_as_its_first_did(tmp_path: Path, book: Source) -> None:
    rows = [
        HEADER,
        ["+Martin", "Léa", "nowhere", "=1+1", ""],
        ["Petit", "Jean", "j@example.org", "", ""],
    ]
    run = import_file(write_rows(tmp_path / "book.csv", rows), kind="address-book", source=book)
    assert run.counts["rejected"] == 1
    back = rejects_of(run, tmp_path / "rejected.csv")
    text = back.read_text(encoding="utf-8-sig")
    assert "'+Martin" in text
    back.write_text(text.replace("nowhere", "lea@example.org"), encoding="utf-8-sig")
    sketch = sketch_file(back)
    assert signature_of(sketch.layout.header) == signature_of(HEADER)
    assert [column.field for column in guess(sketch).columns[-2:]] == ["", ""]
    again = import_file(back, kind="address-book", source=book)
    assert again.counts["new"] == 1
    assert Contact.objects.get(first_name="Léa").last_name == "+Martin"


def test_what_is_never_imported_is_not_kept_of_a_rejected_row(
    elector: Callable[..., dict[str, str]], roll_file: Callable[..., Path], roll_source: Source
) -> None:
    row = elector(nom_de_naissance="", libellé_nationalité="FRANÇAISE")
    import_file(roll_file([row]), kind="roll", source=roll_source)
    values = ImportReject.objects.get().values
    assert "FRANÇAISE" not in values
    assert "BEAUVAIS" in values


def test_rejected_rows_are_kept_for_a_time(tmp_path: Path, book: Source) -> None:
    rows = [HEADER, ["", "", "nowhere", "", ""], ["Petit", "Jean", "j@example.org", "", ""]]
    run = import_file(write_rows(tmp_path / "book.csv", rows), kind="address-book", source=book)
    assert drop_old_rejects() == 0
    Import.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timedelta(days=61))
    assert drop_old_rejects() == 1


def test_an_older_list_says_that_a_newer_one_is_known(
    elector: Callable[..., dict[str, str]], roll_file: Callable[..., Path], roll_source: Source
) -> None:
    new = roll_file([elector()], name="com60057-LP-01-03-2026.csv")
    old = roll_file([elector()], name="com60057-LP-01-03-2025.csv")
    import_file(new, kind="roll", source=roll_source)
    found = newer_roll(preview(old, kind="roll", source=roll_source))
    assert found is not None
    assert found.isoformat() == "2026-03-01"
    other = roll_file([elector(code_du_l_ugle="60175")], name="com60175-LP-01-03-2025.csv")
    assert newer_roll(preview(other, kind="roll", source=roll_source)) is None


@pytest.mark.parametrize("name", ["Oise/LISEZ-MOI.txt", "readme.TXT", "Notice.csv", "plan.pdf"])
def test_a_word_about_the_files_is_no_list(name: str) -> None:
    assert is_document(name)
