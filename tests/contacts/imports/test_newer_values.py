"""“Prefer the newer value”: an older file never passes for the newer one, whatever files came between."""

from datetime import date
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.choices import set_mapping
from contacts.imports.service import enqueue_preview, enqueue_run, start_import, undo_import
from contacts.merging.service import merge
from contacts.models import Contact, ContactSource, Import, Source
from tests.support.imports import write_rows

pytestmark = pytest.mark.django_db

HEADER = ["Prénom", "Nom", "Email", "Langue", "Date de collecte"]


@pytest.fixture
def sources(db) -> dict[str, Source]:
    return {
        name: Source.objects.create(name=name, kind="form", lawful_basis="consent", rank=50, channels=[])
        for name in ("one", "two")
    }


@pytest.fixture
def load(tmp_path: Path, sources):
    """Import Léa with a language and a day of collection, or "" for none, under “newer”."""

    def run(source: str, *told: tuple[str, str], email: str = "lea@example.org") -> Import:
        rows = [["Léa", "Martin", email, language, day] for language, day in told]
        path = write_rows(tmp_path / "file.csv", [HEADER, *rows])
        begun = start_import(
            file=path, file_name=path.name, kind="address-book", source=sources[source], by=None
        )
        mapping = {int(index): field for index, field in begun.mapping.items()}
        set_mapping(run=begun, mapping=mapping, options={"policies": {"language": "newer"}}, by=None)
        run_job(enqueue_preview(run=begun, by=None).pk)
        begun.refresh_from_db()
        run_job(enqueue_run(run=begun, by=None).pk)
        begun.refresh_from_db()
        assert begun.state == Import.State.DONE, begun.error
        return begun

    return run


def language() -> str:
    return Contact.objects.get().language


@pytest.mark.parametrize("third", ["one", "two"])
@pytest.mark.parametrize("second", ["one", "two"])
def test_what_a_file_of_2025_wrote_stays_when_one_of_2024_comes(load, second, third) -> None:
    load("one", ("en", "2023-01-01"))
    load(second, ("de", "2025-01-01"))
    load(third, ("br", "2024-01-01"))
    assert language() == "de"
    load(third, ("es", "2026-01-01"))
    assert language() == "es"


@pytest.mark.parametrize("third", ["one", "two"])
def test_what_a_file_of_2025_confirmed_stays_too(load, third) -> None:
    load("one", ("de", "2023-01-01"))
    load("one", ("de", "2025-01-01"))
    load(third, ("br", "2024-01-01"))
    assert language() == "de"


def test_a_file_without_days_is_of_the_day_it_came_in(load) -> None:
    load("one", ("en", "2023-01-01"))
    load("one", ("de", ""))
    load("one", ("br", "2025-01-01"))
    assert language() == "de"


def test_several_rows_of_a_person_are_of_the_latest_of_their_days(load) -> None:
    load("one", ("de", "2025-01-01"), ("de", "2023-01-01"))
    assert ContactSource.objects.get().collected_on == date(2025, 1, 1)
    load("two", ("br", "2024-01-01"))
    assert language() == "de"


def test_an_undone_file_is_of_no_day(load) -> None:
    load("one", ("en", "2023-01-01"))
    undone = load("one", ("de", "2025-01-01"))
    confirmed = load("two", ("de", "2025-06-01"))
    for run in (confirmed, undone):
        run_job(undo_import(run=run, by=None).pk)
    assert language() == "en"
    load("one", ("br", "2024-01-01"))
    assert language() == "br"


def test_the_file_in_the_middle_is_remembered_when_the_last_one_is_undone(load) -> None:
    load("one", ("en", "2022-01-01"))
    load("one", ("de", "2024-01-01"))
    last = load("one", ("fr", "2025-01-01"))
    run_job(undo_import(run=last, by=None).pk)
    assert language() == "de"
    load("two", ("br", "2023-01-01"))
    assert language() == "de"
    load("two", ("es", "2024-06-01"))
    assert language() == "es"


def test_days_of_a_merged_record_count(load) -> None:
    load("one", ("en", "2022-01-01"))
    kept = Contact.objects.get()
    load("two", ("en", "2022-01-01"), email="other@example.org")
    load("two", ("de", "2025-01-01"), email="other@example.org")
    merge(kept=kept, absorbed=Contact.objects.exclude(pk=kept.pk).get(), by=None)
    load("one", ("br", "2024-01-01"))
    assert Contact.objects.visible().get().language == "en"
