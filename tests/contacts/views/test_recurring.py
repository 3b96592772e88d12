"""Recurring imports on screen: set up, tested, paused, changed, and why one waits or failed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from campaign_crm.platform.crypto import unseal
from campaign_crm.platform.jobs import run_one_due_job
from campaign_crm.platform.models import User
from contacts.models import Contact, Import, RecurringImport, Source
from tests.contacts.imports.conftest import places_once as places_once
from tests.support.carddav_server import card, card_server
from tests.support.imports import import_file, write_rows
from tests.support.sftp_server import PASSWORD, USER, sftp_server

SCHEDULE = {"every": "day", "at": "03:00", "weekday": "0", "most_rejected": "5", "most_new": "1000"}


@pytest.fixture(autouse=True)
def _english(settings: Any, tmp_path: Path, places_once: None, db: None) -> Iterator[None]:
    settings.LANGUAGE_CODE = "en"
    settings.MEDIA_ROOT = tmp_path / "media"
    with translation.override("en"):
        yield


@pytest.fixture
def staff(db: None) -> Client:
    user = User.objects.create_user(email="officer@example.org", role="director", language="en")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def book(db: None) -> Source:
    return Source.objects.create(name="Book", kind="address_book", lawful_basis="consent", channels=["email"])


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    path = tmp_path / "incoming"
    path.mkdir()
    settings.IMPORT_FOLDER = str(path)
    return path


@pytest.fixture
def make(staff: Client, book: Source) -> Callable[..., RecurringImport]:
    """Set one up on its page."""

    def post(place: str, query: str = "", **values: str) -> RecurringImport:
        form = {"name": "Sheets", "kind": "address-book", "source": str(book.pk), **SCHEDULE, **values}
        answer = staff.post(f"/imports/recurring/new/?place={place}{query}", form)
        assert answer.status_code == 302, answer.content.decode()
        return RecurringImport.objects.latest("pk")

    return post


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_folder_is_set_up_looked_at_and_confirmed(
    make: Callable[..., RecurringImport], staff: Client, folder: Path
) -> None:
    path = folder / "first.csv"
    path.write_text("Prénom;Nom;Email\nLéa;Martin;lea@example.org\n", encoding="utf-8")
    os.utime(path, (time.time() - 900,) * 2)
    made = make("folder", path="", pattern="*.csv")
    page = f"/imports/recurring/{made.pk}/"
    assert "It works: 1 file is there." in text(staff.post(f"{page}test/", follow=True))
    staff.post(f"{page}look/")
    while run_one_due_job():
        pass
    shown = text(staff.get(page))
    assert "An import waits for you:" in shown
    assert "its columns are new" in shown
    run = Import.objects.get()
    assert f'href="/imports/{run.pk}/"' in shown
    assert "Waits for you" in text(staff.get("/imports/recurring/"))
    refused = staff.post(f"{page}look/", follow=True)
    assert "The last file is not finished yet" in text(refused)
    columns = staff.get(f"/imports/{run.pk}/columns/")
    assert columns.status_code == 200


def test_what_a_done_import_chose_is_taken_over(
    make: Callable[..., RecurringImport], staff: Client, folder: Path, book: Source, tmp_path: Path
) -> None:
    path = write_rows(tmp_path / "like.csv", [["Nom", "Email"], ["Martin", "lea@example.org"]])
    like = import_file(path, kind="address-book", source=book)
    assert f"/imports/recurring/new/?place=folder&amp;like={like.pk}" in text(
        staff.get(f"/imports/{like.pk}/")
    )
    page = text(staff.get(f"/imports/recurring/new/?place=folder&like={like.pk}"))
    assert "are taken over from “like.csv”" in page
    assert 'name="kind"' not in page
    made = make("folder", f"&like={like.pk}", path="")
    assert (made.kind, len(made.mappings)) == ("address-book", 1)


def test_the_key_of_a_server_is_compared_and_trusted(
    make: Callable[..., RecurringImport], staff: Client, tmp_path: Path
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    with sftp_server(tmp_path, host_key=key) as served:
        made = make("sftp", host="127.0.0.1", port=str(served.port), user=USER, password=PASSWORD, path="")
        page = f"/imports/recurring/{made.pk}/"
        assert "confirm the key of the server" in text(staff.get(page))
        asked = text(staff.post(f"{page}test/"))
        assert key.get_fingerprint() in asked
        assert "Is this the right server?" in asked
        staff.post(f"{page}key/", {"host_key": key.export_public_key().decode()})
        assert "It works: 0 files are there." in text(staff.post(f"{page}test/", follow=True))
        assert key.get_fingerprint() in text(staff.get(page))
    assert "cannot be reached" in text(staff.post(f"{page}test/", follow=True))


def test_secrets_are_sealed_and_never_shown_again(
    make: Callable[..., RecurringImport], staff: Client, book: Source
) -> None:
    with card_server() as served:
        served.put("a.vcf", card("Léa Martin", "lea@example.org"))
        made = make("carddav", url=served.url, user="team", password="secret", most_gone="20")
        page = f"/imports/recurring/{made.pk}/"
        assert "It works: 1 card is there." in text(staff.post(f"{page}test/", follow=True))
    assert unseal(made.sealed_credentials) == {"password": "secret"}
    assert "secret" not in text(staff.get(f"{page}edit/")) + text(staff.get(page)) + str(made.location)
    form = {
        "name": "Other name", "source": str(book.pk), "url": served.url, "user": "team", "password": "",
        "most_gone": "20", **SCHEDULE, "every": "week",
    }  # fmt: skip
    assert staff.post(f"{page}edit/", form).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.every, unseal(made.sealed_credentials)) == (
        "Other name",
        "week",
        {"password": "secret"},
    )
    moved = staff.post(f"{page}edit/", form | {"url": "https://cards.example.org/book/"})
    assert (moved.status_code, "type the password or the key again" in text(moved)) == (422, True)


@pytest.mark.parametrize(
    ("place", "values", "words"),
    [
        (
            "carddav",
            {"url": "ftp://example.org/", "user": "a", "password": "b", "most_gone": "20"},
            "https://",
        ),
        ("sftp", {"host": "example.org", "port": "22", "user": "a"}, "Give a password or a private key."),
        ("sftp", {"host": "a b", "port": "22", "user": "a", "password": "x"}, "valid"),
        ("folder", {"path": "../etc"}, "leads out of the folder"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    staff: Client, book: Source, folder: Path, place: str, values: dict[str, str], words: str
) -> None:
    form = {"name": "Sheets", "kind": "address-book", "source": str(book.pk), **SCHEDULE, **values}
    answer = staff.post(f"/imports/recurring/new/?place={place}", form)
    assert (answer.status_code, words in text(answer)) == (422, True)
    assert not RecurringImport.objects.exists()


def test_pause_go_on_and_delete(make: Callable[..., RecurringImport], staff: Client, folder: Path) -> None:
    made = make("folder", path="")
    page = f"/imports/recurring/{made.pk}/"
    staff.post(f"{page}pause/")
    assert "Go on" in text(staff.get(page))
    staff.post(f"{page}resume/")
    made.refresh_from_db()
    assert not made.is_paused
    staff.post(f"{page}delete/")
    assert not RecurringImport.objects.exists()


def test_a_name_is_given_once(make: Callable[..., RecurringImport], staff: Client, folder: Path) -> None:
    made = make("folder", path="")
    form = {"name": "Sheets", "kind": "address-book", "source": str(made.source_id), **SCHEDULE, "path": ""}
    answer = staff.post("/imports/recurring/new/?place=folder", form)
    assert (answer.status_code, "has this name" in text(answer)) == (422, True)


def test_who_may_not_import_sees_none_of_it(make: Callable[..., RecurringImport], folder: Path) -> None:
    made = make("folder", path="")
    reader = Client()
    reader.force_login(User.objects.create_user(email="reader@example.org", role="read_only"))
    for path in ("", "new/?place=folder", f"{made.pk}/", f"{made.pk}/edit/"):
        assert reader.get(f"/imports/recurring/{path}").status_code == 403
    for act in ("test", "look", "pause", "resume", "key", "delete"):
        assert reader.post(f"/imports/recurring/{made.pk}/{act}/").status_code == 403
    assert not Contact.objects.exists()


def test_the_list_asks_the_same_of_the_database_for_one_and_for_three(
    make: Callable[..., RecurringImport], staff: Client, folder: Path, django_assert_num_queries: Any
) -> None:
    make("folder", path="")
    staff.get("/imports/recurring/")
    with CaptureQueriesContext(connection) as queries:
        staff.get("/imports/recurring/")
        one = len(queries)
    make("folder", name="Second", path="")
    make("folder", name="Third", path="")
    with django_assert_num_queries(one):
        staff.get("/imports/recurring/")
