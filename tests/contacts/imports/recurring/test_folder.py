"""A folder that is read again: what is new or changed comes in once, by itself unless it is unusual."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from campaign_crm.platform.locks import only_one
from campaign_crm.platform.models import Job, Notification
from contacts import tasks
from contacts.imports.choices import set_padding, set_reading, set_sheet
from contacts.imports.errors import ImportProblem, WrongState
from contacts.imports.recurring import watching
from contacts.imports.recurring.service import delete_recurring, look_now, pause_recurring
from contacts.imports.service import discard_import, undo_import
from contacts.models import Contact, ContactTag, Import, RecurringFile, RecurringImport
from tests.contacts.imports.recurring.conftest import OLD, confirm, look, work
from tests.support.imports import import_file
from tests.support.workbooks import write_xlsx

HEADER = "Prénom;Nom;Email\n"
LEA, KARIM, ANA = (
    "Léa;Martin;lea@example.org\n",
    "Karim;Petit;karim@example.org\n",
    "Ana;Lopez;ana@example.org\n",
)

Make = Callable[..., RecurringImport]
Put = Callable[..., Path]


@pytest.fixture
def known(recurring: Make, folder: Path, put: Put) -> RecurringImport:
    """A recurring import whose columns a person confirmed, with the tag they chose."""
    made = recurring()
    put(folder / "first.csv", HEADER + LEA)
    look(made)
    confirm(made, tags=["Sheet"])
    return made


def states(made: RecurringImport) -> list[str]:
    return list(Import.objects.filter(recurring=made).order_by("pk").values_list("state", flat=True))


def test_the_first_file_waits_for_a_person_to_say_what_its_columns_hold(
    recurring: Make, folder: Path, put: Put
) -> None:
    made = recurring()
    put(folder / "first.csv", HEADER + LEA)
    look(made)
    assert (states(made), made.questions) == (["uploaded"], [{"code": "columns"}])
    assert not Contact.objects.exists()
    told = Notification.objects.get()
    assert (told.user, told.url) == (made.created_by, f"/imports/recurring/{made.pk}/")
    assert "its columns are new" in told.message
    assert confirm(made).state == Import.State.DONE
    assert (made.open_import, made.questions, len(made.mappings)) == (None, [], 1)


def test_the_next_file_comes_in_by_itself_with_what_was_chosen(
    known: RecurringImport, folder: Path, put: Put
) -> None:
    put(folder / "second.csv", "Email;Nom;Prénom\nkarim@example.org;Petit;Karim\n")  # another order
    look(known)
    assert states(known) == ["done", "done"]
    karim = Contact.objects.get(first_name="Karim")
    assert list(ContactTag.objects.filter(contact=karim).values_list("tag__name", flat=True)) == ["Sheet"]
    assert karim.emailaddress_set.get().normalised == "karim@example.org"


def test_nothing_is_taken_twice(known: RecurringImport, folder: Path, put: Put) -> None:
    look(known)
    put(folder / "copy.csv", HEADER + LEA)  # the same content under another name
    put(folder / "first.csv", HEADER + LEA, age=500)  # only touched
    look(known)
    put(folder / "first.csv", HEADER + LEA + KARIM)
    look(known)
    put(folder / "first.csv", HEADER + LEA)  # as it was at first
    look(known)
    assert states(known) == ["done", "done"]
    assert Contact.objects.count() == 2


def test_what_was_read_before_is_not_read_again(
    known: RecurringImport, folder: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder / "copy.csv", HEADER + LEA)
    look(known)

    def fetch(*_args: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("contacts.imports.recurring.folder.Folder.fetch", fetch)
    assert look(known).error == ""


def test_the_database_refuses_a_content_twice(known: RecurringImport) -> None:
    row = known.files.get()
    with pytest.raises(IntegrityError, match="recurring_content_taken_once"), transaction.atomic():
        RecurringFile.objects.create(recurring=known, name="other.csv", sha256=row.sha256)


def test_changed_file_and_several_files_come_one_after_the_other(
    known: RecurringImport, folder: Path, put: Put
) -> None:
    put(folder / "b.csv", HEADER + KARIM, age=2_000)
    put(folder / "a.csv", HEADER + ANA, age=1_000)
    put(folder / "first.csv", HEADER + LEA + KARIM, age=500)
    look(known)
    work()
    names = Import.objects.filter(recurring=known).order_by("pk").values_list("file_name", flat=True)
    assert list(names) == ["first.csv", "b.csv", "a.csv", "first.csv"]
    assert set(states(known)) == {"done"}
    assert Contact.objects.count() == 3


def test_what_is_still_being_written_or_not_meant_is_left(
    recurring: Make, folder: Path, put: Put, tmp_path: Path
) -> None:
    made = recurring(location={"path": "", "pattern": "*.csv"})
    put(folder / "fresh.csv", HEADER + LEA, age=5)
    put(folder / "empty.csv", "")
    put(folder / ".hidden.csv", HEADER + LEA)
    put(folder / "upload.csv.part", HEADER + LEA)
    put(folder / "notes.txt", HEADER + LEA)
    (folder / "below").mkdir()
    put(folder / "below" / "deep.csv", HEADER + LEA)
    (folder / "link.csv").symlink_to(put(tmp_path / "outside.csv", HEADER + LEA))
    look(made)
    assert states(made) == []
    put(folder / "fresh.csv", HEADER + LEA)
    assert len(states(look(made))) == 1


def test_rejected_rows_above_the_usual_ask_a_person(known: RecurringImport, folder: Path, put: Put) -> None:
    put(folder / "bad.csv", HEADER + KARIM + ";;nobody\n")
    look(known)
    assert (states(known)[-1], known.questions) == (
        "previewed",
        [{"code": "rejected", "found": 50.0, "limit": 5}],
    )
    assert "50.0 % of the rows are rejected" in Notification.objects.latest("pk").message
    put(folder / "later.csv", HEADER + ANA)  # waits its turn
    watching.tick()
    work()
    assert len(states(known)) == 2
    with pytest.raises(WrongState):
        look_now(recurring=known, by=None)
    assert confirm(known).state == Import.State.DONE
    assert states(look(known)) == ["done", "done", "done"]


def test_more_new_people_than_usual_and_new_columns_ask_a_person(
    known: RecurringImport, folder: Path, put: Put
) -> None:
    RecurringImport.objects.filter(pk=known.pk).update(most_new=1)
    put(folder / "many.csv", HEADER + KARIM + ANA)
    look(known)
    assert known.questions == [{"code": "new", "found": 2, "limit": 1}]
    confirm(known)
    put(folder / "other.csv", "Prénom;Nom;Courriel\nZoé;Roux;zoe@example.org\n")
    look(known)
    assert (states(known)[-1], known.questions) == ("uploaded", [{"code": "columns"}])


def test_an_import_is_undone_like_any_other_and_its_file_is_not_taken_again(
    known: RecurringImport, folder: Path
) -> None:
    undo_import(run=Import.objects.get(recurring=known), by=None)
    work()
    assert (states(known), Contact.objects.count()) == (["undone"], 0)
    assert states(look(known)) == ["undone"]


def test_a_discarded_file_lets_the_next_one_come(recurring: Make, folder: Path, put: Put) -> None:
    made = recurring()
    put(folder / "first.csv", HEADER + LEA)
    look(made)
    discard_import(run=made.open_import, by=None)
    made.refresh_from_db()
    assert (made.open_import, made.questions) == (None, [])
    put(folder / "second.csv", HEADER + KARIM)
    look(made)
    assert made.open_import.file_name == "second.csv"


def test_a_file_that_is_no_table_is_noted_and_holds_up_nobody(
    known: RecurringImport, folder: Path, put: Put
) -> None:
    put(folder / "a.csv", "\x00\x01\x02" * 200, age=1_000)
    put(folder / "b.csv", HEADER + KARIM, age=500)
    look(known)
    work()
    refused = known.files.get(name="a.csv")
    assert refused.error
    assert any("“a.csv” was not imported" in one.message for one in Notification.objects.all())
    assert states(known) == ["done", "done"]


def test_a_place_that_cannot_be_read_says_so_once(known: RecurringImport, settings: object) -> None:
    settings.IMPORT_FOLDER = "/nowhere/at/all"
    before = Notification.objects.count()
    look(known)
    look(known)
    assert "The folder of the server is not there" in known.error
    assert known.next_at > timezone.now()
    assert Notification.objects.count() == before + 1


def test_the_tick_looks_when_it_is_time(known: RecurringImport, folder: Path, put: Put) -> None:
    put(folder / "second.csv", HEADER + KARIM)
    tasks.recurring_imports()
    work()
    assert len(states(known)) == 1, "its time has not come"
    due = {"next_at": timezone.now() - timedelta(minutes=1)}
    RecurringImport.objects.filter(pk=known.pk).update(**due, is_paused=True)
    work()
    assert len(states(known)) == 1, "paused"
    RecurringImport.objects.filter(pk=known.pk).update(is_paused=False)
    tasks.recurring_imports()
    tasks.recurring_imports()
    assert Job.objects.filter(kind=watching.LOOK_JOB, state="queued").count() == 1
    work()
    known.refresh_from_db()
    assert (len(states(known)), known.next_at > timezone.now()) == (2, True)


@pytest.mark.django_db(transaction=True)
def test_a_look_skips_while_another_holds_the_place(recurring: Make, folder: Path, put: Put) -> None:
    made = recurring()
    put(folder / "first.csv", HEADER + LEA)
    taken, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with only_one(f"contacts.recurring.{made.pk}"):
            taken.set()
            leave.wait(20)
        connections.close_all()

    other = threading.Thread(target=hold)
    other.start()
    assert taken.wait(20)
    look(made)
    leave.set()
    other.join()
    assert states(made) == []
    assert len(states(look(made))) == 1


def test_columns_tags_and_policies_come_from_an_import_that_went_well(
    recurring: Make, folder: Path, put: Put, book: object, tmp_path: Path
) -> None:
    like = import_file(put(tmp_path / "like.csv", HEADER + LEA), kind="address-book", source=book)
    made = recurring(like=like)
    put(folder / "second.csv", HEADER + KARIM)
    look(made)
    assert states(made) == ["done"]


def test_deleting_forgets_the_place_and_keeps_the_imports(known: RecurringImport, officer: object) -> None:
    pause_recurring(recurring=known, by=officer)
    delete_recurring(recurring=known, by=officer)
    run = Import.objects.get()
    assert (run.recurring, run.state, RecurringFile.objects.count()) == (None, "done", 0)


@pytest.mark.parametrize("path", ["../etc", "/etc", "missing"])
def test_a_folder_outside_or_missing_is_refused(recurring: Make, folder: Path, path: str) -> None:
    with pytest.raises(ImportProblem):
        recurring(location={"path": path})


def old(rows: str) -> bytes:
    """A delivery of an old Macintosh, which says nothing of its encoding."""
    return (HEADER + rows).encode("mac_roman")


def put_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    os.utime(path, (time.time() - OLD, time.time() - OLD))


def test_accents_in_doubt_wait_for_a_person_whose_choice_is_kept(recurring: Make, folder: Path) -> None:
    made = recurring()
    put_bytes(folder / "first.csv", old("Zoé;Lefèvre;zoe@example.org\nRené;Noël;rene@example.org\n" * 3))
    look(made)
    codes = [one["code"] for one in made.questions]
    assert (states(made), codes) == (["uploaded"], ["columns", "encoding"])
    assert "it may be in Mac OS (Roman)" in watching.waiting_words(made.questions)
    assert made.open_import is not None
    set_reading(run=made.open_import, encoding="mac_roman", by=None)
    confirm(made)
    assert [one["reading"] for one in made.mappings.values()] == [{"encoding": "mac_roman"}]
    put_bytes(folder / "second.csv", old("Éva;Hébert;eva@example.org\n"))
    look(made)
    assert states(made) == ["done", "done"]
    assert set(Contact.objects.values_list("last_name", flat=True)) == {"Lefèvre", "Noël", "Hébert"}


def test_a_file_that_is_utf_8_for_certain_is_read_as_such(recurring: Make, folder: Path, put: Put) -> None:
    made = recurring()
    put_bytes(folder / "first.csv", old("Zoé;Lefèvre;zoe@example.org\nRené;Noël;rene@example.org\n" * 3))
    look(made)
    assert made.open_import is not None
    set_reading(run=made.open_import, encoding="mac_roman", by=None)
    confirm(made)
    put(folder / "second.csv", HEADER + "Éva;Hébert;eva@example.org\n")
    look(made)
    assert (states(made), Contact.objects.filter(last_name="Hébert").count()) == (["done", "done"], 1)


def test_a_workbook_without_the_sheet_of_before_waits_for_a_person(recurring: Make, folder: Path) -> None:
    made = recurring()
    rows = [line.split(";") for line in (HEADER + "Zoé;Lefèvre;zoe@example.org").splitlines()]
    put_book(folder / "first.xlsx", {"Notice": [["A", "B"], ["x", "y"]], "Envoi": rows})
    look(made)
    assert made.open_import is not None
    set_sheet(run=made.open_import, sheet="Envoi", by=None)
    confirm(made)
    rows = [*rows, ["Éva", "Hébert", "eva@example.org"]]
    put_book(folder / "second.xlsx", {"Notice": [["A", "B"], ["x", "y"]], "Envoi": rows})
    look(made)
    assert states(made) == ["done", "done"]
    put_book(folder / "third.xlsx", {"Autre": rows})
    look(made)
    assert (states(made)[-1], [one["code"] for one in made.questions]) == ("uploaded", ["sheet"])
    assert "“Autre”, and not “Envoi”" in watching.waiting_words(made.questions)


def put_book(path: Path, sheets: dict[str, list[list[str]]]) -> None:
    content = write_xlsx(path.parent.parent / path.name, sheets).read_bytes()
    put_bytes(path, content)


SHORT = "".join(f"P{number};Martin\n" for number in range(30))


def test_short_rows_wait_for_a_person_whose_answer_is_kept(
    recurring: Make, folder: Path, put: Put, known: RecurringImport
) -> None:
    put(folder / "short.csv", HEADER + LEA + SHORT)
    look(known)
    assert (states(known)[-1], [one["code"] for one in known.questions]) == ("failed", ["short_rows"])
    assert "30 lines have fewer cells" in watching.waiting_words(known.questions)
    assert Notification.objects.filter(kind="import.recurring", message__contains="30 lines").count() == 1
    work()
    assert (
        Notification.objects.filter(message__contains="30 lines have", kind="import.recurring").count() == 1
    )
    with pytest.raises(WrongState):
        look_now(recurring=known, by=None)
    assert known.open_import is not None
    set_padding(run=known.open_import, by=None)
    said = watching.waiting_words(watching.questions_of(known.open_import))
    assert said.startswith("the missing cells of 30 lines are taken as empty")
    confirm(known)
    assert (states(known)[-1], known.open_import) == ("done", None)
    put(folder / "next.csv", HEADER + KARIM + SHORT.replace("Martin", "Petit"))
    look(known)
    assert (states(known)[-1], known.open_import, Import.objects.latest("pk").counts["new"]) == (
        "done",
        None,
        31,
    )


def test_a_delivery_with_short_rows_may_be_discarded(folder: Path, put: Put, known: RecurringImport) -> None:
    put(folder / "short.csv", HEADER + SHORT)
    look(known)
    assert known.open_import is not None
    discard_import(run=known.open_import, by=None)
    put(folder / "next.csv", HEADER + KARIM)
    look(known)
    assert states(known)[-1] == "done"
