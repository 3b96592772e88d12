"""Files and choices that cannot be imported: one clear message, and nothing written."""

import pytest

from contacts.imports.choices import set_kind, set_mapping, set_reading, set_source
from contacts.imports.errors import ImportProblem, UnreadableFile, WrongColumns, WrongState
from contacts.imports.service import (
    discard_import,
    enqueue_preview,
    enqueue_run,
    start_import,
    stop_import,
    undo_import,
)
from contacts.models import Import, Source
from tests.support.imports import fingerprint, import_file, preview, write_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


@pytest.fixture
def book_path(tmp_path):
    return write_rows(tmp_path / "book.csv", [["Nom", "Email"], ["Martin", "lea@example.org"]])


def test_an_unreadable_file_leaves_nothing_behind(tmp_path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    with path.open("rb") as upload, pytest.raises(UnreadableFile, match="empty"):
        start_import(file=upload, file_name="empty.csv", by=None)
    assert not Import.objects.exists()
    assert list((tmp_path / "media").rglob("*.csv")) == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[: len(text) - 40], "cut short"),
        (lambda text: '"MARTIN;'.join(text.rsplit('"MARTIN";', 1)), "quotation mark"),
        (lambda text: text + text, "header"),
        (lambda text: text + "x,y,z\n" * 400, "different tables"),
    ],
    ids=["cut short", "quote never closed", "two tables", "two different tables"],
)
def test_a_damaged_roll_fails_with_its_reason_and_writes_nothing(
    elector, roll_file, roll_source, damage, words
) -> None:
    path = roll_file([elector(prénoms=f"Jean {number}") for number in range(300)])
    quoted = "\n".join(
        ";".join(f'"{cell}"' for cell in line.split(";")) for line in path.read_text().splitlines()
    )
    path.write_text(damage(quoted + "\n"))
    before = fingerprint()
    run = import_file(path, kind="roll", source=roll_source)
    assert run.state == Import.State.FAILED
    assert words in run.error
    assert fingerprint() == before


def test_a_file_that_only_began_like_utf_8_is_read_as_windows_1252(
    elector, roll_file, roll_source, monkeypatch
) -> None:
    monkeypatch.setattr("contacts.imports.encodings.HEAD_BYTES", 60_000)
    monkeypatch.setattr("contacts.imports.reading.BLOCK_BYTES", 10_000)
    plain = [elector(prénoms=f"Jean {number}") for number in range(400)]
    path = roll_file([*plain, elector(nom_de_naissance="LEFÈVRE")], encoding="cp1252")
    path.write_bytes(path.read_bytes().replace("é".encode("cp1252"), b"e"))  # a header without accents
    run = import_file(path, kind="roll", source=roll_source)
    assert (run.state, run.counts["new"], run.layout["encoding"]) == (Import.State.DONE, 401, "cp1252")
    assert run.created_registrations.filter(birth_name="LEFÈVRE").exists()


def test_a_chosen_encoding_is_kept_and_its_failure_said(elector, roll_file, roll_source) -> None:
    path = roll_file([elector(nom_de_naissance="LEFÈVRE")], encoding="cp1252")
    run = start_import(file=path, file_name="roll.csv", source=roll_source, by=None)
    with pytest.raises(UnreadableFile, match="encoding utf-8"):
        set_reading(run=run, encoding="utf-8", by=None)


def test_required_columns_are_asked_for_at_once(elector, roll_file, roll_source, book_path, book) -> None:
    columns = ["code du l'ugle", "libellé du type de liste", "nom de naissance", "prénoms", "sexe"]
    run = start_import(
        file=roll_file([elector()], columns=columns), file_name="r", source=roll_source, by=None
    )
    with pytest.raises(WrongColumns, match="birth name"):
        set_mapping(run=run, mapping={0: "commune_code", 3: "first_names"}, by=None)
    with pytest.raises(WrongColumns, match="the commune"):
        set_mapping(run=run, mapping={2: "birth_name", 3: "first_names"}, by=None)
    run = start_import(file=book_path, file_name="b", source=book, by=None)
    with pytest.raises(WrongColumns, match="nobody can be recognised"):
        set_mapping(run=run, mapping={0: "city_1"}, by=None)
    with pytest.raises(WrongColumns, match="Two columns"):
        set_mapping(run=run, mapping={0: "last_name", 1: "last_name"}, by=None)


def test_nothing_comes_in_without_a_source(book_path) -> None:
    run = start_import(file=book_path, file_name="book.csv", kind="address-book", by=None)
    with pytest.raises(WrongState, match="where the data comes from"):
        enqueue_preview(run=run, by=None)


def test_a_roll_is_never_an_address_book(elector, roll_file) -> None:
    path = roll_file([elector()])
    with pytest.raises(WrongColumns, match="electoral roll"):
        start_import(file=path, file_name="roll.csv", kind="address-book", by=None)
    run = start_import(file=path, file_name="roll.csv", by=None)
    assert run.kind == Import.Kind.ROLL
    with pytest.raises(WrongColumns, match="electoral roll"):
        set_kind(run=run, kind="broker", by=None)


@pytest.mark.parametrize("kind", ["roll", "broker_purchase"])
def test_a_source_of_another_kind_does_not_fit(book_path, kind) -> None:
    other = Source.objects.create(name="Other", kind=kind, lawful_basis="consent", supplier="Exempla")
    run = start_import(file=book_path, file_name="book.csv", kind="address-book", by=None)
    with pytest.raises(ImportProblem, match="does not fit"):
        set_source(run=run, source=other, by=None)


def test_steps_come_in_order(book_path, book) -> None:
    run = start_import(file=book_path, file_name="book.csv", source=book, by=None)
    with pytest.raises(WrongState, match="Preview the import first"):
        enqueue_run(run=run, by=None)
    with pytest.raises(WrongState, match="not at work"):
        stop_import(run=run, by=None)
    with pytest.raises(WrongState, match="has ended"):
        undo_import(run=run, by=None)
    done = import_file(book_path, kind="address-book", source=book)
    for act in (
        lambda: set_mapping(run=done, mapping={0: "last_name"}, by=None),
        lambda: enqueue_preview(run=done, by=None),
        lambda: discard_import(run=done, by=None),
    ):
        with pytest.raises(WrongState):
            act()


def test_a_change_after_the_preview_asks_for_another_one(book_path, book) -> None:
    run = preview(book_path, kind="address-book", source=book)
    set_mapping(run=run, mapping={1: "email"}, by=None)
    with pytest.raises(WrongState, match="Preview the import first"):
        enqueue_run(run=run, by=None)


def test_a_discarded_file_is_gone(
    book_path, book, settings, tmp_path, django_capture_on_commit_callbacks
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    with book_path.open("rb") as upload:
        run = start_import(file=upload, file_name="book.csv", source=book, by=None)
    assert len(list((tmp_path / "media").rglob("*.csv"))) == 1
    with django_capture_on_commit_callbacks(execute=True):
        discard_import(run=run, by=None)
    assert not Import.objects.exists()
    assert list((tmp_path / "media").rglob("*.csv")) == []
    assert book_path.exists()


def test_a_stopped_preview_can_be_computed_again(book_path, book) -> None:
    run = start_import(file=book_path, file_name="book.csv", source=book, by=None)
    enqueue_preview(run=run, by=None)
    stop_import(run=run, by=None)
    run.refresh_from_db()
    assert (run.state, run.job.state) == (Import.State.UPLOADED, "cancelled")
    enqueue_preview(run=run, by=None)


def test_cells_that_look_like_formulas_are_data(tmp_path, book) -> None:
    path = write_rows(
        tmp_path / "book.csv", [["Prénom", "Nom", "Email"], ["=1+1", "@Petit", "lea@example.org"]]
    )
    run = import_file(path, kind="address-book", source=book)
    person = run.created_contacts.get()
    assert (person.first_name, person.last_name) == ("=1+1", "@Petit")
