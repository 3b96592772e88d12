"""Preview, run, report, undo: what the pages say, and that it is what happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaign_crm.platform.models import AuditEntry, Job, Notification
from contacts.models import Contact, ElectoralRegistration, Import, Note, Source
from tests.contacts.views.imports.conftest import PEOPLE, Elector, electors

pytestmark = pytest.mark.django_db

MORE = """Prénom;Nom;Email;Mobile;Date de naissance;CP;Ville;Surnom
Léa;Martin;lea@example.org;06 39 98 77 77;17/05/1980;60000;Beauvais;
Ana;Lopez;ana@example.org;;;60000;Beauvais;
Ana;Lopez;ana@example.org;;;60000;Beauvais;
;;nobody at all;;;60000;Beauvais;
"""


def figures(answer_tiles: list[object]) -> dict[str, int]:
    return {str(tile.label): tile.number for tile in answer_tiles}


def test_preview_says_what_would_happen_and_writes_nothing(
    imported: Callable[..., Import], previewed: Callable[..., Import], staff: Client, book: Source
) -> None:
    imported()
    run = previewed(MORE)
    answer = staff.get(f"/imports/{run.pk}/")
    assert figures(answer.context["tiles"]) == {
        "Rows in the file": 4,
        "New people": 1,
        "Updated": 1,
        "Unchanged": 0,
        "Twice in the file": 1,
        "Rejected": 1,
        "Agreements without a day": 2,
    }
    assert Contact.objects.count() == 2
    text = answer.content.decode()
    assert "Nothing is written yet." in text
    assert "Import 2 rows" in text


def test_preview_shows_samples_of_each_kind(
    imported: Callable[..., Import], previewed: Callable[..., Import], staff: Client
) -> None:
    imported()
    answer = staff.get(f"/imports/{previewed(MORE).pk}/")
    groups = {str(group.label): group for group in answer.context["samples"]}
    rejected, new, updated = groups["Rejected"], groups["New people"], groups["Updated"]
    assert rejected.rows[0][0].text == "5"
    assert "“nobody at all” is not an e-mail address" in rejected.rows[0][1].text
    assert list(rejected.headings) == ["Line", "Why", "Email", "CP", "Ville"]
    assert [cell.text for cell in new.rows[0][:3]] == ["3", "Ana Lopez", "ana@example.org"]
    lea = Contact.objects.get(first_name="Léa")
    assert updated.rows[0][0].url == reverse("contacts:person", args=[lea.pk])
    assert updated.rows[0][1].text == "new phone: +33639987777"
    twice = groups["Twice in the file"]
    assert [cell.text for cell in twice.rows[0]] == ["3, 4", "Ana Lopez", "ana@example.org", ""]


CHANGING = """Prénom;Nom;Email;Mobile;Date de naissance;CP;Ville;Sexe
Léa;Martin;lea@example.org;;17/05/1980;60100;Creil;F
Léna;Martin;;06 39 98 12 34;;60000;Beauvais;
Zoé;Roy;zoe@gmial.com;;;;;
"""
KNOWN = """Prénom;Nom;Email;Mobile;Date de naissance;CP;Ville;Sexe
Léa;Martin;lea@example.org;;;;;
Hélène;Martin;helene@example.org;06 39 98 12 34;;;;
"""


def test_preview_of_people_says_each_value_before_and_after(
    imported: Callable[..., Import], previewed: Callable[..., Import], staff: Client
) -> None:
    imported(KNOWN)
    run = previewed(CHANGING)
    answer = staff.get(f"/imports/{run.pk}/")
    groups = {str(group.label): group for group in answer.context["samples"]}
    words = groups["Updated"].rows[0][1].text
    assert "gender: empty → Woman" in words
    assert "birth date: empty → 05/17/1980" in words
    assert "commune: empty → Creil" in words
    assert "new address: 60100 Creil" in words
    shown = figures(answer.context["tiles"])
    assert shown["Possible duplicates"] == 1, "Léna at Hélène's number"
    assert shown["E-mails that look misspelt"] == 1
    misspelt = groups["E-mails that look misspelt"].rows[0]
    assert [cell.text for cell in misspelt] == ["4", "Zoé Roy", "zoe@gmial.com", "zoe@gmail.com"]
    assert Contact.objects.count() == 2


def test_preview_of_a_roll_says_what_changes_in_words(
    imported: Callable[..., Import],
    previewed: Callable[..., Import],
    staff: Client,
    roll_source: Source,
    elector: Callable[..., Elector],
    roll_file: Callable[..., Path],
) -> None:
    imported(roll_file([elector()]), roll_source)
    changed = elector(libellé_de_voie="RUE DU PORT", code_du_bureau_de_vote="0002")
    run = previewed(roll_file([changed], name="later.csv"), roll_source)
    group = staff.get(f"/imports/{run.pk}/").context["samples"][0]
    words = group.rows[0][2].text
    assert "number and street: 12 RUE DES LILAS → 12 RUE DU PORT" in words
    assert "polling station: " in words


def test_same_file_twice_has_nothing_to_import(
    imported: Callable[..., Import], previewed: Callable[..., Import], text_of: Callable[[str], str]
) -> None:
    imported()
    text = text_of(f"/imports/{previewed().pk}/")
    assert "Nothing to import" in text
    assert "disabled" in text.partition("/run/")[2].partition("</form>")[0]


def test_roll_goes_from_the_drop_zone_to_what_can_be_done_with_electors(
    imported: Callable[..., Import],
    text_of: Callable[[str], str],
    roll_source: Source,
    elector: Callable[..., Elector],
    roll_file: Callable[..., Path],
) -> None:
    run = imported(roll_file(electors(elector, ["MARTIN", "PETIT", "DURAND"])), roll_source)
    text = text_of(f"/imports/{run.pk}/")
    assert (ElectoralRegistration.objects.count(), Contact.objects.count()) == (3, 0)
    assert run.counts["new"] == 3
    assert "Why not by e-mail or SMS?" in text
    assert all(
        reverse(name) in text for name in ("contacts:electors", "contacts:import_new", "tracking:forms")
    )


def test_person_who_is_an_elector_is_counted_as_linked(
    imported: Callable[..., Import],
    staff: Client,
    roll_source: Source,
    elector: Callable[..., Elector],
    roll_file: Callable[..., Path],
) -> None:
    imported(roll_file([elector()]), roll_source)
    run = imported()
    answer = staff.get(f"/imports/{run.pk}/")
    assert figures(answer.context["tiles"])["Linked"] == 1


def test_end_is_told_to_the_person_who_started_it(imported: Callable[..., Import], officer: object) -> None:
    run = imported(PEOPLE + ";;nobody;;;;;\n")
    told = Notification.objects.get()
    assert (told.user, told.kind, told.url) == (officer, "import.done", f"/imports/{run.pk}/")
    assert told.message == "“people.csv” is imported: 2 new, 0 updated, 1 rejected."


def test_file_cut_short_is_told_and_can_be_discarded(
    uploaded: Callable[..., Import],
    choose_columns: Callable[..., object],
    work: Callable[[], None],
    staff: Client,
    book: Source,
) -> None:
    run = uploaded(PEOPLE + "Ana;Lopez", book)
    choose_columns(run)
    work()
    text = staff.get(f"/imports/{run.pk}/").content.decode()
    assert "The file is cut short" in text
    assert "Nothing was written." in text
    assert "Undo this import" not in text
    assert Notification.objects.get().kind == "import.failed"
    staff.post(f"/imports/{run.pk}/discard/")
    assert (Import.objects.count(), Contact.objects.count()) == (0, 0)


# ---- Progress ------------------------------------------------------------------------------------------


def test_progress_is_polled_until_the_end(
    uploaded: Callable[..., Import],
    choose_columns: Callable[..., object],
    work: Callable[[], None],
    staff: Client,
    book: Source,
) -> None:
    run = uploaded(source=book)
    choose_columns(run)
    address = f"/imports/{run.pk}/progress/"
    waiting = staff.get(address)
    assert (waiting.status_code, f'hx-get="{address}"' in waiting.content.decode()) == (200, True)
    assert "Waiting for a worker" in waiting.content.decode()
    work()
    ended = staff.get(address)
    assert (ended.status_code, "hx-get" in ended.content.decode()) == (286, False)
    assert "Import 2 rows" in ended.content.decode()


def test_stopped_preview_goes_back_to_the_columns(
    uploaded: Callable[..., Import],
    choose_columns: Callable[..., object],
    work: Callable[[], None],
    staff: Client,
    book: Source,
) -> None:
    run = uploaded(source=book)
    choose_columns(run)
    staff.post(f"/imports/{run.pk}/stop/")
    work()
    assert staff.get(f"/imports/{run.pk}/")["Location"] == f"/imports/{run.pk}/columns/"


def test_stopped_run_says_so_and_can_be_undone(previewed: Callable[..., Import], staff: Client) -> None:
    run = previewed()
    staff.post(f"/imports/{run.pk}/run/")
    Import.objects.update(writing_began_at=timezone.now())
    staff.post(f"/imports/{run.pk}/stop/")
    text = staff.get(f"/imports/{run.pk}/").content.decode()
    assert "The import was stopped." in text
    assert 'data-dialog-open="undo"' in text


def test_import_whose_job_died_says_so_and_lets_go(
    uploaded: Callable[..., Import], choose_columns: Callable[..., object], staff: Client, book: Source
) -> None:
    run = uploaded(source=book)
    choose_columns(run)
    Job.objects.update(state=Job.State.FAILED, error="MemoryError: ")
    answer = staff.get(f"/imports/{run.pk}/progress/")
    assert (answer.status_code, "MemoryError" in answer.content.decode()) == (286, True)
    staff.post(f"/imports/{run.pk}/stop/")
    run.refresh_from_db()
    assert run.state == Import.State.UPLOADED


# ---- Undo ----------------------------------------------------------------------------------------------


def test_undo_says_its_consequence_and_takes_back(
    imported: Callable[..., Import], staff: Client, work: Callable[[], None]
) -> None:
    run = imported()
    text = staff.get(f"/imports/{run.pk}/").content.decode()
    assert "2 people go, unless" in text
    staff.post(f"/imports/{run.pk}/undo/", {"understood": "yes"})
    waiting = staff.get(f"/imports/{run.pk}/")
    assert waiting.context["is_undoing"]
    work()
    text = staff.get(f"/imports/{run.pk}/").content.decode()
    assert "The import was undone." in text
    assert "People gone: 2." in text
    assert Contact.objects.count() == 0


def test_an_interrupted_undo_can_be_gone_on_with(
    imported: Callable[..., Import], staff: Client, work: Callable[[], None]
) -> None:
    run = imported()
    Import.objects.filter(pk=run.pk).update(state=Import.State.UNDOING)
    text = staff.get(f"/imports/{run.pk}/").content.decode()
    assert "The undo was interrupted." in text
    staff.post(f"/imports/{run.pk}/undo/", {"understood": "yes"})
    work()
    run.refresh_from_db()
    assert run.state == Import.State.UNDONE


def test_undo_without_the_tick_does_nothing(imported: Callable[..., Import], staff: Client) -> None:
    run = imported()
    answer = staff.post(f"/imports/{run.pk}/undo/", follow=True)
    assert "Tick that you understand" in answer.content.decode()
    assert not Job.objects.filter(kind="contacts.import_undo").exists()


def test_people_who_stay_after_an_undo_are_named(
    imported: Callable[..., Import], staff: Client, work: Callable[[], None]
) -> None:
    run = imported()
    Note.objects.create(contact=Contact.objects.get(first_name="Karim"), body="Called back.")
    staff.post(f"/imports/{run.pk}/undo/", {"understood": "yes"})
    work()
    answer = staff.get(f"/imports/{run.pk}/")
    assert [str(person) for person in answer.context["kept"]] == ["Karim Petit"]


# ---- Rejected rows -----------------------------------------------------------------------------------------


def test_rejected_rows_come_back_with_reasons_and_without_formulas(
    imported: Callable[..., Import], staff: Client
) -> None:
    bad = ';;=HYPERLINK("x");;;60000;+Beauvais;@sum\n;;;;;-1;\tx;\n'
    run = imported(PEOPLE + bad)
    answer = staff.get(f"/imports/{run.pk}/rejected/")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert answer["Content-Disposition"].startswith("attachment")
    assert lines == [
        "Prénom;Nom;Email;Mobile;Date de naissance;CP;Ville;Surnom;line;why it was rejected",
        ';;"\'=HYPERLINK(""x"")";;;60000;\'+Beauvais;\'@sum;4;"“=HYPERLINK(""x"")” is not an e-mail address"',
        ";;;;;'-1;'\tx;;5;no name, e-mail address or phone number",
    ]
    assert AuditEntry.objects.filter(action="import.download_rejects", detail={"rows": 2}).exists()


def test_corrected_rejects_can_be_imported_as_they_came(
    imported: Callable[..., Import], staff: Client, uploaded: Callable[..., Import]
) -> None:
    run = imported(PEOPLE + "Ana;Lopez;bad address;+33639980000;;;;\n;;bad;;;;;\n")
    answer = staff.get(f"/imports/{run.pk}/rejected/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig").replace("bad;", "paul@example.org;")
    again = imported(text)
    assert (again.counts["new"], again.counts["rejected"]) == (1, 0)


AT_HOME = "Prénom;Nom;Mobile;Adresse;CP;Ville\n"


def corrected(staff: Client, run: Import, bad: str, good: str) -> str:
    answer = staff.get(f"/imports/{run.pk}/rejected/")
    return b"".join(answer.streaming_content).decode("utf-8-sig").replace(bad, good, 1)


def test_a_row_that_was_taken_in_part_is_the_same_person_once_corrected(
    imported: Callable[..., Import], staff: Client
) -> None:
    run = imported(AT_HOME + "Jean;Roy;néant;3 rue Haute;60000;Beauvais\n")
    again = imported(corrected(staff, run, "néant", "06 39 98 12 34"))
    assert again.counts["new"] == 0
    assert Contact.objects.get().phonenumber_set.get().e164 == "+33639981234"
    assert imported(AT_HOME + "Jean;Roy;06 39 98 12 34;3 rue Haute;60000;Beauvais\n").counts["new"] == 0


def test_a_namesake_at_the_same_address_is_not_taken_for_the_corrected_row(
    imported: Callable[..., Import], staff: Client
) -> None:
    run = imported(AT_HOME + "Jean;Roy;néant;3 rue Haute;60000;Beauvais\n")
    imported(AT_HOME + "Jean;Roy;06 39 98 12 34;3 rue Haute;60000;Beauvais\n")
    assert Contact.objects.count() == 2
    both = corrected(staff, run, "néant", "06 39 98 00 00")
    line = both.splitlines()[1]
    both += line.replace("06 39 98 00 00", "06 39 98 00 01") + "\n"
    assert imported(both).counts["new"] == 2  # two would be the one who was taken in part: neither is


def test_report_shows_the_first_reasons(
    imported: Callable[..., Import], text_of: Callable[[str], str]
) -> None:
    run = imported(PEOPLE + ";;bad;;;;;\n")
    text = text_of(f"/imports/{run.pk}/")
    assert "Line 4" in text
    assert "“bad” is not an e-mail address" in text


# ---- List ------------------------------------------------------------------------------------------


def test_empty_list_says_what_to_do(text_of: Callable[[str], str]) -> None:
    text = text_of("/imports/")
    assert "Nothing imported yet" in text
    assert reverse("contacts:import_new") in text


def test_list_shows_counts_and_filters_by_kind(
    imported: Callable[..., Import], uploaded: Callable[..., Import], text_of: Callable[[str], str]
) -> None:
    imported()
    uploaded(name="other.csv")
    assert ("people.csv" in text_of("/imports/"), "other.csv" in text_of("/imports/")) == (True, True)
    assert "No import here" in text_of("/imports/?kind=broker")
    assert 'hx-trigger="every 4s"' not in text_of("/imports/")


def test_list_refreshes_itself_while_a_file_is_worked_on(
    uploaded: Callable[..., Import],
    choose_columns: Callable[..., object],
    text_of: Callable[[str], str],
    book: Source,
) -> None:
    choose_columns(uploaded(source=book))
    assert 'hx-trigger="every 4s"' in text_of("/imports/")


def test_list_costs_the_same_for_one_and_for_three(
    uploaded: Callable[..., Import],
    staff: Client,
    book: Source,
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            staff.get("/imports/")
        return len(captured)

    uploaded(source=book)
    queries()
    one = queries()
    uploaded(source=book)
    uploaded(source=book)
    assert queries() == one


def test_what_has_begun_cannot_be_changed(imported: Callable[..., Import], staff: Client) -> None:
    run = imported()
    for step, form in (
        ("file", {"kind": "broker"}),
        ("source", {"source": str(run.source_id)}),
        ("columns", {"column_0": "first_name", "column_2": "email"}),
    ):
        answer = staff.post(f"/imports/{run.pk}/{step}/", form, follow=True)
        assert answer.redirect_chain == [(f"/imports/{run.pk}/", 302)]
        assert "This import has begun" in answer.content.decode()
    answer = staff.post(f"/imports/{run.pk}/discard/", follow=True)
    assert "undo the import instead" in answer.content.decode()
