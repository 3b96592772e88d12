"""An officer's staff, files, and the background work run in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import translation

from campaign_crm.platform.jobs import run_one_due_job
from campaign_crm.platform.models import User
from contacts.models import Import, Source
from tests.contacts.imports.conftest import Elector as Elector
from tests.contacts.imports.conftest import elector as elector
from tests.contacts.imports.conftest import places_once as places_once
from tests.contacts.imports.conftest import roll_file as roll_file

PEOPLE = """Prénom;Nom;Email;Mobile;Date de naissance;CP;Ville;Surnom
Léa;Martin;lea@example.org;06 39 98 12 34;17/05/1980;60000;Beauvais;Lilou
Karim;Petit;karim@example.com;06 39 98 12 35;02/11/1991;60000;Beauvais;
"""


@pytest.fixture(autouse=True)
def _english(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.LANGUAGE_CODE = "en"
    settings.MEDIA_ROOT = tmp_path / "media"
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _places(places_once: None, db: None) -> None:
    """Every test has Oise and Paris."""


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="officer@example.org", role="director", language="en")


@pytest.fixture
def staff(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


@pytest.fixture
def book(db: None) -> Source:
    return Source.objects.create(name="Book", kind="address_book", lawful_basis="consent", channels=["email"])


@pytest.fixture
def roll_source(db: None) -> Source:
    return Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])


@pytest.fixture
def send(staff: Client) -> Callable[..., HttpResponse]:
    """Send a file to the drop zone: its text, its bytes or its path."""

    def post(content: str | bytes | Path, name: str = "people.csv", **headers: str) -> HttpResponse:
        data = content.read_bytes() if isinstance(content, Path) else content
        data = data.encode() if isinstance(data, str) else data
        return staff.post("/imports/new/", {"file": SimpleUploadedFile(name, data)}, **headers)

    return post


@pytest.fixture
def uploaded(send: Callable[..., HttpResponse], officer: User) -> Callable[..., Import]:
    """A file that was sent and read, with its source if one is given."""

    def make(content: str | bytes | Path = PEOPLE, source: Source | None = None, **options: Any) -> Import:
        answer = send(content, **options)
        assert answer.status_code == 302, answer.content.decode()
        run = Import.objects.order_by("-pk")[0]
        if source is not None:
            Import.objects.filter(pk=run.pk).update(source=source)
            run.refresh_from_db()
        return run

    return make


@pytest.fixture
def work() -> Callable[[], None]:
    """Do all the background work that waits."""

    def until_done() -> None:
        while run_one_due_job():
            pass

    return until_done


@pytest.fixture
def choose_columns(staff: Client) -> Callable[..., HttpResponse]:
    """Send the page of columns as it was guessed, but for what is given: `{0: ""}`, `tags="x"`."""

    def post(run: Import, changes: dict[int, str] | None = None, **options: str) -> HttpResponse:
        mapping = {int(index): field for index, field in run.mapping.items()} | (changes or {})
        form = {f"column_{index}": field for index, field in mapping.items()}
        return staff.post(f"/imports/{run.pk}/columns/", form | options)

    return post


@pytest.fixture
def previewed(
    uploaded: Callable[..., Import],
    choose_columns: Callable[..., HttpResponse],
    work: Callable[[], None],
    book: Source,
) -> Callable[..., Import]:
    """A file whose preview is computed."""

    def make(content: str | bytes | Path = PEOPLE, source: Source | None = None, **options: str) -> Import:
        run = uploaded(content, source or book)
        assert choose_columns(run, **options).status_code == 302
        work()
        run.refresh_from_db()
        return run

    return make


@pytest.fixture
def imported(
    previewed: Callable[..., Import], staff: Client, work: Callable[[], None]
) -> Callable[..., Import]:
    """A file that was imported."""

    def make(content: str | bytes | Path = PEOPLE, source: Source | None = None, **options: str) -> Import:
        run = previewed(content, source, **options)
        staff.post(f"/imports/{run.pk}/run/")
        work()
        run.refresh_from_db()
        assert run.state == Import.State.DONE, run.error
        return run

    return make


@pytest.fixture
def text_of(staff: Client) -> Callable[[str], str]:
    """The text of a page that answers 200."""

    def get(path: str) -> str:
        answer = staff.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.get("Location"))
        return answer.content.decode()

    return get


def electors(make: Callable[..., Elector], names: Sequence[str]) -> list[Elector]:
    """Rows of a roll, one a name."""
    return [
        make(nom_de_naissance=name, **{"numéro_d_ordre_dans_le_bureau_de_vote": str(number + 1)})
        for number, name in enumerate(names)
    ]
