"""The drop zone: what is taken, what is refused with one message, and how a file is understood."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from campaign_crm.platform.jobs import run_one_due_job
from contacts.imports.choices import set_source
from contacts.imports.service import enqueue_preview
from contacts.models import Import
from tests.contacts.views.imports.conftest import PEOPLE, Elector, electors
from tests.support.workbooks import write_xlsx

pytestmark = pytest.mark.django_db


def kept_files(settings: Any) -> list[Path]:
    folder = Path(settings.MEDIA_ROOT) / "imports"
    return list(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"  \n \n", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n0000", "not a table but another format (PNG)"),
        (b"PK\x03\x04....", "The archive is damaged"),
        (b"%PDF-1.7", "another format (PDF)"),
        (b"just some words\nand some more\n", "no separator was found"),
        (b"Nom;Email\n", "has a header and no row below it"),
        (b"Nom;Email\nL\0a;lea@example.org\n", "zero bytes"),
    ],
)
def test_file_that_cannot_be_read_gives_one_message_and_leaves_nothing(
    send: Callable[..., HttpResponse], settings: Any, content: bytes, message: str
) -> None:
    answer = send(content)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert 'class="dropzone"' in answer.content.decode()
    assert (Import.objects.count(), kept_files(settings)) == (0, [])


def test_no_file_at_all_is_said(staff: Client) -> None:
    answer = staff.post("/imports/new/", {})
    assert (answer.status_code, "Choose a file first." in answer.content.decode()) == (422, True)


def test_file_above_the_limit_is_refused(send: Callable[..., HttpResponse], settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    answer = send(PEOPLE)
    assert (answer.status_code, "larger than 100" in answer.content.decode()) == (422, True)
    assert (Import.objects.count(), kept_files(settings)) == (0, [])


def test_file_of_exactly_the_limit_is_taken(send: Callable[..., HttpResponse], settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = len(PEOPLE.encode())
    assert send(PEOPLE).status_code == 302


def test_upload_without_its_token_is_refused(officer: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    assert client.post("/imports/new/", {"file": b"x"}).status_code == 403
    assert Import.objects.count() == 0


def test_nobody_without_the_right_sends_a_file(officer: Any) -> None:
    officer.role = "read_only"
    officer.save()
    client = Client()
    client.force_login(officer)
    assert client.post("/imports/new/", {"file": b"x"}).status_code == 403


def test_roll_is_recognised_with_the_reason(
    uploaded: Callable[..., Import],
    text_of: Callable[[str], str],
    elector: Callable[..., Elector],
    roll_file: Callable[..., Path],
) -> None:
    run = uploaded(roll_file(electors(elector, ["MARTIN", "PETIT"])))
    text = text_of(f"/imports/{run.pk}/file/")
    assert run.kind == "roll"
    assert "It has the columns of an electoral roll." in text
    assert ("MARTIN" in text, "BEAUVAIS" in text) == (True, True)


def test_broker_file_is_recognised_by_its_columns(
    uploaded: Callable[..., Import], text_of: Callable[[str], str]
) -> None:
    run = uploaded("NOM;EMAIL;OPTIN_EMAIL;DATE_COLLECTE\nMartin;lea@example.org;oui;01/02/2025\n")
    assert run.kind == "broker"
    assert "OPTIN_EMAIL, DATE_COLLECTE" in text_of(f"/imports/{run.pk}/file/")


def test_any_other_table_counts_as_an_address_book(uploaded: Callable[..., Import]) -> None:
    assert uploaded().kind == "address-book"


def test_kind_can_be_changed_and_asks_for_the_source_next(
    uploaded: Callable[..., Import], staff: Client
) -> None:
    run = uploaded()
    answer = staff.post(f"/imports/{run.pk}/file/", {"kind": "broker"})
    run.refresh_from_db()
    assert (answer["Location"], run.kind) == (f"/imports/{run.pk}/source/", "broker")


def test_roll_is_never_an_address_book(
    uploaded: Callable[..., Import],
    staff: Client,
    elector: Callable[..., Elector],
    roll_file: Callable[..., Path],
) -> None:
    run = uploaded(roll_file(electors(elector, ["MARTIN"])))
    answer = staff.post(f"/imports/{run.pk}/file/", {"kind": "address-book"})
    run.refresh_from_db()
    assert (answer.status_code, run.kind) == (422, "roll")
    assert "This file is an electoral roll" in answer.content.decode()


def test_file_is_read_again_in_another_encoding(uploaded: Callable[..., Import], staff: Client) -> None:
    run = uploaded("Prénom;Nom;Email\nLéa;Bézier;lea@example.org\n".encode("mac_roman"))
    staff.post(
        f"/imports/{run.pk}/file/", {"action": "read_again", "encoding": "mac_roman", "delimiter": ";"}
    )
    text = staff.get(f"/imports/{run.pk}/file/").content.decode()
    assert "Bézier" in text
    assert '<option value="mac_roman" selected>' in text


def test_encoding_that_is_not_offered_is_not_taken(uploaded: Callable[..., Import], staff: Client) -> None:
    run = uploaded()
    form = {"action": "read_again", "encoding": "rot13", "delimiter": "é"}
    assert staff.post(f"/imports/{run.pk}/file/", form).status_code == 302
    run.refresh_from_db()
    assert (run.layout["encoding"], run.layout["delimiter"]) == ("utf-8", ";")


def test_discarding_forgets_the_file(uploaded: Callable[..., Import], staff: Client) -> None:
    run = uploaded()
    answer = staff.post(f"/imports/{run.pk}/discard/")
    assert (answer["Location"], Import.objects.count()) == ("/imports/", 0)


def test_sheet_of_a_workbook_is_chosen_on_the_page(
    send: Callable[..., HttpResponse], staff: Client, tmp_path: Path
) -> None:
    sheets = {
        "Liste": [["Nom", "E-mail"], ["Martin", "lea@example.org"]],
        "Autres": [["Nom"], ["Petit"], ["a@b.fr"]],
    }
    send(write_xlsx(tmp_path / "book.xlsx", sheets).read_bytes())
    run = Import.objects.get()
    page = staff.get(f"/imports/{run.pk}/file/").content.decode()
    assert "<option selected>Liste</option><option>Autres</option>" in page
    assert "Encoding" not in page  # the text is ours
    answer = staff.post(f"/imports/{run.pk}/file/", {"action": "take_sheet", "sheet": "Autres"})
    assert answer.status_code == 302
    assert "Petit" in staff.get(f"/imports/{run.pk}/file/").content.decode()
    answer = staff.post(f"/imports/{run.pk}/file/", {"action": "take_sheet", "sheet": "None"})
    assert (answer.status_code, "no sheet “None”" in answer.content.decode()) == (422, True)


def test_what_was_left_out_of_a_file_is_said(send: Callable[..., HttpResponse], staff: Client) -> None:
    cards = (
        "BEGIN:VCARD\nVERSION:3.0\nN:Petit;Karim\nEND:VCARD\nBEGIN:VCARD\nKIND:org\nFN:Exempla\nEND:VCARD\n"
    )
    send(cards.encode())
    page = staff.get(f"/imports/{Import.objects.get().pk}/file/").content.decode()
    assert "1 card of an organisation is left out" in page


def test_files_of_an_archive_are_counted_and_those_without_a_row_named(
    send: Callable[..., HttpResponse], staff: Client
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, row in (("a", "Martin;a@example.org"), ("b", "Petit;b@example.org"), ("empty", "")):
            archive.writestr(f"{name}.csv", f"Nom;E-mail\n{row}\n")
        archive.writestr("lettre.pdf", b"%PDF-1")
    send(packed.getvalue())
    page = staff.get(f"/imports/{Import.objects.get().pk}/file/").content.decode()
    assert "2 files are read as one table." in page
    assert "Without a row below the header: empty.csv." in page
    assert "Left out, for they hold no list of people: lettre.pdf." in page


def test_what_was_guessed_and_left_out_is_said_beside_the_first_rows(
    send: Callable[..., HttpResponse], staff: Client
) -> None:
    rows = "".join(f"Lefèvre;Léa {n};lea{n}@example.org\n" for n in range(9))
    send(("Membres 2026;;\nNom;Prénom;Email\n" + rows).encode("mac_roman"))
    page = staff.get(f"/imports/{Import.objects.get().pk}/file/").content.decode()
    assert "The encoding was guessed: Mac OS (Roman). Look at the accents." in page
    assert "1 row above the header is left out." in page


def test_rows_that_lack_cells_are_taken_as_they_are_once_somebody_says_so(
    send: Callable[..., HttpResponse], staff: Client, book: Any
) -> None:
    rows = "".join(f"Martin;Léa {n};lea{n}@example.org\n" for n in range(20))
    send(("Nom;Prénom;Email;Rue;CP;Ville\n" + rows).encode())
    run = Import.objects.get()
    set_source(run=run, source=book, by=None)
    enqueue_preview(run=run, by=None)
    run_one_due_job()
    page = staff.get(f"/imports/{run.pk}/").content.decode()
    assert "20 lines have fewer cells than the 6 columns" in page
    assert 'value="fill_short_rows">Take the missing cells as empty' in page
    staff.post(f"/imports/{run.pk}/file/", {"action": "fill_short_rows"})
    run_one_due_job()
    page = staff.get(f"/imports/{run.pk}/").content.decode()
    assert "20 rows had fewer cells than the header" in page
    assert "The first is on line 2." in page
