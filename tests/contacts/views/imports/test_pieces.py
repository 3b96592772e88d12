"""A file sent in pieces: the answers that the page's script relies on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpResponse
from django.test import Client

from campaign_crm.platform.models import User
from contacts.imports import files, uploads
from contacts.imports.errors import DiskFull, NotNow
from contacts.imports.holding import hold
from contacts.models import Import
from contacts.views import import_file, import_pieces
from tests.contacts.views.imports.conftest import PEOPLE

pytestmark = pytest.mark.django_db
CONTENT = PEOPLE.encode()


@pytest.fixture(autouse=True)
def _pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PIECE_BYTES", 100)


@pytest.fixture
def begin(staff: Client) -> Callable[..., Any]:
    def act(content: bytes = CONTENT, name: str = "people.csv") -> Any:
        return staff.post("/imports/uploads/", {"name": name, "size": len(content), "mark": "1"})

    return act


def send_all(staff: Client, begun: dict[str, Any], content: bytes = CONTENT) -> HttpResponse:
    for offset in range(0, len(content), begun["piece"]):
        piece = content[offset : offset + begun["piece"]]
        answer = staff.put(f"{begun['url']}?offset={offset}", piece, content_type="application/octet-stream")
        assert answer.json() == {"received": offset + len(piece)}
    return staff.post(begun["end"])


def test_a_file_in_pieces_becomes_an_import(begin: Callable[..., Any], staff: Client) -> None:
    begun = begin().json()
    answer = send_all(staff, begun)
    run = Import.objects.get()
    assert answer.json() == {"location": f"/imports/{run.pk}/file/"}
    assert (run.file_name, Path(run.file_path).read_bytes()) == ("people.csv", CONTENT)
    assert staff.post(begun["end"]).json() == answer.json()  # the first answer may have been lost
    assert Import.objects.count() == 1


def test_the_page_asks_how_far_it_is(begin: Callable[..., Any], staff: Client) -> None:
    begun = begin().json()
    staff.put(f"{begun['url']}?offset=0", CONTENT[:100], content_type="application/octet-stream")
    assert staff.get(begun["url"]).json() == {"received": 100}
    again = staff.put(f"{begun['url']}?offset=0", CONTENT[:100], content_type="application/octet-stream")
    assert (again.status_code, again.json()) == (409, {"received": 100})
    assert begin().json()["received"] == 100
    page = staff.get("/imports/new/").content.decode()
    assert "Not arrived whole" in page
    assert "people.csv" in page


def test_a_damaged_piece_is_not_taken(begin: Callable[..., Any], staff: Client) -> None:
    begun = begin().json()
    answer = staff.put(
        f"{begun['url']}?offset=0",
        CONTENT[:100],
        content_type="application/octet-stream",
        headers={"X-Piece-SHA256": "0" * 64},
    )
    assert (answer.status_code, answer.json()) == (409, {"received": 0})


def test_a_file_that_cannot_be_read_says_why_and_is_gone(begin: Callable[..., Any], staff: Client) -> None:
    content = b"%PDF-1.7" + b"x" * 150
    answer = send_all(staff, begin(content).json(), content)
    assert answer.status_code == 422
    assert "another format (PDF)" in answer.json()["problem"]
    assert Import.objects.count() == 0
    assert list(files.folder().iterdir()) == []
    assert list(uploads.folder().iterdir()) == []


class Killed(BaseException):
    """What no handler of errors sees, as the end of a process."""


@pytest.mark.parametrize(
    ("where", "step"),
    [(import_pieces, "start_import"), (import_file, "set_kind"), (uploads, "note_import")],
    ids=["before it began", "before its kind was set", "before it was noted"],
)
def test_a_server_killed_while_it_reads_goes_on_when_asked_again(
    begin: Callable[..., Any], staff: Client, monkeypatch: pytest.MonkeyPatch, where: Any, step: str
) -> None:
    def dies(*_values: Any, **_named: Any) -> None:
        raise Killed

    content = b"E-mail\n" + b"lea@example.org\n" * 12
    begun = begin(name="stop.csv", content=content).json()
    with monkeypatch.context() as killed:
        killed.setattr(where, step, dies)
        with pytest.raises(Killed):
            send_all(staff, begun, content)
    assert begin(name="stop.csv", content=content).json()["received"] == len(content)
    page = staff.get("/imports/new/").content.decode()
    assert ("Arrived, not read yet" in page, "Not arrived whole" in page) == (True, False)
    answer = staff.post(begun["end"])
    run = Import.objects.get()
    assert answer.json() == {"location": f"/imports/{run.pk}/file/"}
    assert (run.kind, Path(run.file_path).read_bytes()) == (Import.Kind.SUPPRESSION, content)
    assert "Arrived, not read yet" not in staff.get("/imports/new/").content.decode()


def test_a_file_that_is_being_read_is_waited_for(begin: Callable[..., Any], staff: Client) -> None:
    begun = begin().json()
    folder = uploads.folder() / begun["url"].split("/")[-2]
    with hold(folder, wait=True):
        answer = send_all(staff, begun)
        discarded = staff.post(f"{begun['url']}discard/", follow=True).content.decode()
    assert (answer.status_code, answer.json()) == (202, {"reading": True})
    assert "The file is being read." in discarded
    assert staff.post(begun["end"]).status_code == 200


@pytest.mark.parametrize(
    ("error", "status"), [(DiskFull("The disk is full."), 507), (NotNow("It took too long."), 422)]
)
def test_what_may_pass_is_said_and_the_file_read_without_sending_it_again(
    begin: Callable[..., Any],
    staff: Client,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    def fails(**_named: Any) -> None:
        raise error

    begun = begin().json()
    with monkeypatch.context() as failing:
        failing.setattr(import_pieces, "start_import", fails)
        answer = send_all(staff, begun)
        assert (answer.status_code, answer.json()) == (status, {"problem": str(error), "kept": True})
        again = staff.post(f"{begun['url']}read/", follow=True)
        assert str(error) in again.content.decode()
    answer = staff.post(f"{begun['url']}read/")
    assert answer["Location"] == f"/imports/{Import.objects.get().pk}/file/"


def test_a_file_with_something_missing_is_not_read(begin: Callable[..., Any], staff: Client) -> None:
    begun = begin().json()
    assert (staff.post(begun["end"]).status_code, staff.post(begun["end"]).json()) == (409, {"received": 0})
    page = staff.post(f"{begun['url']}read/", follow=True).content.decode()
    assert "Something of this file is missing" in page


def test_a_full_disk_is_said_whichever_way_a_file_comes(
    begin: Callable[..., Any], staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_values: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def full_meanwhile(handler: TemporaryFileUploadHandler, *_values: Any) -> None:
        handler.file.close()
        full()

    begun = begin().json()
    with monkeypatch.context() as at_the_end:
        at_the_end.setattr(os, "fsync", full)
        answer = staff.put(f"{begun['url']}?offset=0", CONTENT[:100], content_type="x/y")
        assert (answer.status_code, answer.json()["kept"]) == (507, True)
        assert "disk is full" in answer.json()["problem"]
    with monkeypatch.context() as at_the_end:
        at_the_end.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full_meanwhile)
        page = staff.post("/imports/new/", {"file": SimpleUploadedFile("people.csv", CONTENT)})
    assert page.status_code == 507
    assert "disk is full" in page.content.decode()


def test_a_file_too_large_is_refused_before_it_is_sent(begin: Callable[..., Any], settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    answer = begin()
    assert answer.status_code == 422
    assert "larger than" in answer.json()["problem"]


def test_what_arrived_can_be_discarded(begin: Callable[..., Any], staff: Client) -> None:
    begun = begin().json()
    assert staff.post(f"{begun['url']}discard/").status_code == 302
    assert staff.get(begun["url"]).status_code == 404
    assert "Not arrived whole" not in staff.get("/imports/new/").content.decode()


def test_an_upload_is_nobody_elses(begin: Callable[..., Any]) -> None:
    begun = begin().json()
    other = Client()
    other.force_login(User.objects.create_user(email="o@example.org", role="director", language="en"))
    assert other.get(begun["url"]).status_code == 404
    assert other.put(f"{begun['url']}?offset=0", b"x", content_type="x/y").status_code == 404
    assert other.post(begun["end"]).status_code == 404


def test_only_who_may_import_sends(begin: Callable[..., Any], officer: Any, staff: Client) -> None:
    begun = begin().json()
    assert Client().get(begun["url"])["Location"].startswith("/accounts/login/")
    officer.role = "read_only"
    officer.save()
    assert begin().status_code == 403
    assert staff.put(f"{begun['url']}?offset=0", b"x", content_type="x/y").status_code == 403
    strict = Client(enforce_csrf_checks=True)
    officer.role = "director"
    officer.save()
    strict.force_login(officer)
    assert strict.put(f"{begun['url']}?offset=0", b"x", content_type="x/y").status_code == 403
