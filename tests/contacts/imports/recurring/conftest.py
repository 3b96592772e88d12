"""Recurring imports of the tests: an officer, a server folder, and the work done in this process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from campaign_crm.platform.jobs import run_one_due_job
from campaign_crm.platform.models import User
from contacts.imports.recurring import watching
from contacts.imports.recurring.service import create_recurring, look_now
from contacts.imports.service import enqueue_preview, enqueue_run
from contacts.models import Import, RecurringImport, Source

OLD = 3_600  # seconds: a file this old is there whole


@pytest.fixture(autouse=True)
def _places(places: None, settings: Any, tmp_path: Path) -> None:
    """Every test has Oise and Paris, and a media folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="officer@example.org", role="director", language="en")


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The server's folder; `settings.IMPORT_FOLDER`."""
    path = tmp_path / "incoming"
    path.mkdir()
    settings.IMPORT_FOLDER = str(path)
    return path


@pytest.fixture
def put() -> Callable[..., Path]:
    """Write a file as it would have been put there `age` seconds ago."""

    def write(path: Path, text: str, *, age: float = OLD) -> Path:
        path.write_text(text, encoding="utf-8")
        moment = time.time() - age
        os.utime(path, (moment, moment))
        return path

    return write


@pytest.fixture
def recurring(book: Source, officer: User) -> Callable[..., RecurringImport]:
    def make(place: str = "folder", **values: Any) -> RecurringImport:
        fields: dict[str, Any] = {
            "name": "Sign-up sheets",
            "location": {"path": ""},
            "credentials": {},
            "kind": "address-book",
            "source": book,
            "by": officer,
        }
        return create_recurring(place=place, **(fields | values))

    return make


def work() -> None:
    """Do everything that waits until nothing does: jobs, and what the tick makes of them."""
    for _round in range(10):
        while run_one_due_job():
            pass
        watching.tick()
        if not run_one_due_job():
            return


def look(recurring: RecurringImport) -> RecurringImport:
    """Look at the place now, and do all that follows by itself."""
    recurring.refresh_from_db()
    look_now(recurring=recurring, by=None)
    work()
    recurring.refresh_from_db()
    return recurring


def confirm(recurring: RecurringImport, **options: Any) -> Import:
    """A person looks at what waits, previews it if need be, and runs it."""
    recurring.refresh_from_db()
    run = recurring.open_import
    assert run is not None
    if run.state == Import.State.UPLOADED:
        if options:
            Import.objects.filter(pk=run.pk).update(options={**run.options, **options})
            run.refresh_from_db()
        enqueue_preview(run=run, by=None)
        while run_one_due_job():
            pass
        run.refresh_from_db()
    enqueue_run(run=run, by=None)
    work()
    run.refresh_from_db()
    recurring.refresh_from_db()
    return run
