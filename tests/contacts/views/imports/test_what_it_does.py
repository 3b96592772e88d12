"""A file that writes no row may still do something; what an undo did, and what it leaves, is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client

from campaign_crm.platform.models import Notification
from contacts.models import (
    Consent,
    Contact,
    ElectoralRegistration,
    Import,
    List,
    ListMembership,
    Source,
    Suppression,
)
from tests.contacts.views.imports.conftest import PEOPLE, electors

pytestmark = pytest.mark.django_db

HEADER = "Prénom;Nom;Email"
LEFT = f"{HEADER};Désinscrit\nLéa;Martin;lea@example.org;oui\n"


def button(text: str) -> str:
    return text.partition("/run/")[2].partition("</form>")[0]


def run_it(staff: Client, work: Callable[[], None], run: Import) -> Import:
    assert "disabled" not in button(staff.get(f"/imports/{run.pk}/").content.decode())
    staff.post(f"/imports/{run.pk}/run/", {"whole_roll": "on"})
    work()
    run.refresh_from_db()
    assert run.state == Import.State.DONE, run.error
    return run


def test_a_roll_of_which_somebody_left_can_be_imported(
    imported: Callable[..., Import],
    previewed: Callable[..., Import],
    staff: Client,
    work: Callable[[], None],
    elector: Callable[..., dict[str, str]],
    roll_file: Callable[..., Path],
    roll_source: Source,
) -> None:
    rows: Sequence[dict[str, str]] = electors(elector, ["STAYS", "LEAVES"])
    imported(roll_file(rows), roll_source)
    run = previewed(roll_file(rows[:1], name="newer.csv"), roll_source)
    assert (run.preview["new"], run.preview["updated"], run.preview["departed"]) == (0, 0, 1)
    run_it(staff, work, run)
    assert ElectoralRegistration.objects.exclude(left_on=None).get().birth_name == "LEAVES"


def test_a_file_of_cleaned_addresses_of_known_people_can_be_imported(
    imported: Callable[..., Import], previewed: Callable[..., Import], staff: Client, work: Callable[[], None]
) -> None:
    imported(f"{HEADER}\nLéa;Martin;lea@example.org\n")
    cleaned = "Email Address,First Name,CLEAN_TIME,LEID,EUID\nlea@example.org,,2024-05-06 07:08:09,1,a\n"
    run = previewed(cleaned)
    assert (run.preview["new"], run.preview["updated"], run.preview["stopped_anew"]) == (0, 0, 1)
    run_it(staff, work, run)
    assert Suppression.objects.get().reason == "hard_bounce"
    again = previewed(cleaned)
    assert again.preview["stopped_anew"] == 0
    assert "disabled" in button(staff.get(f"/imports/{again.pk}/").content.decode())


def test_who_left_outside_the_territory_is_stopped(
    previewed: Callable[..., Import], staff: Client, work: Callable[[], None]
) -> None:
    run = previewed(LEFT, scope="Oise (60)")
    assert (run.preview["new"], run.preview["outside"]) == (0, 1)
    run_it(staff, work, run)
    assert Suppression.objects.get().reason == "objection"


def test_a_fixed_list_for_people_who_are_known_can_be_filled(
    imported: Callable[..., Import], previewed: Callable[..., Import], staff: Client, work: Callable[[], None]
) -> None:
    imported()
    chosen = List.objects.create(name="Market", targeting_class="criterion")
    run = previewed(PEOPLE, list=str(chosen.pk))
    assert (run.preview["updated"], run.preview["gained_lists"]) == (2, 2)
    assert run_it(staff, work, run).counts["updated"] == 2
    assert ListMembership.objects.filter(list=chosen).count() == 2
    assert previewed(PEOPLE, list=str(chosen.pk)).preview["updated"] == 0


def test_an_undone_import_shows_what_went_and_tells_who_asked(
    imported: Callable[..., Import], staff: Client, work: Callable[[], None]
) -> None:
    run = imported()
    staff.post(f"/imports/{run.pk}/undo/", {"understood": "yes"})
    work()
    text = staff.get(f"/imports/{run.pk}/").content.decode()
    assert "People gone: 2." in text
    assert "Electors gone" not in text
    assert '<details class="fold"><summary>What it had done before it was undone</summary>' in text
    told = Notification.objects.get(kind="import.undone")
    assert (told.message, told.url) == (
        "“people.csv” is undone: what it did and what stays is on its page.", f"/imports/{run.pk}/",
    )  # fmt: skip


def test_rows_that_were_taken_in_part_are_told_from_rejected_ones(
    imported: Callable[..., Import], staff: Client
) -> None:
    run = imported(PEOPLE + ";;bad;;;;;\nZoé;Roy;zoe@example.org;bad;;;;\n")
    answer = staff.get(f"/imports/{run.pk}/")
    assert (run.counts["rejected"], answer.context["taken_in_part"]) == (1, 1)
    assert "Of 1 only a value was left out: the rest of the row was taken." in answer.content.decode()
    assert {str(tile.label): tile.number for tile in answer.context["tiles"]}["Values left out"] == 1


def test_refusals_can_be_taken_back_with_the_undo_or_after_it(
    imported: Callable[..., Import],
    uploaded: Callable[..., Import],
    choose_columns: Callable[..., HttpResponse],
    staff: Client,
    work: Callable[[], None],
    book: Source,
) -> None:
    imported(f"{HEADER}\nLéa;Martin;lea@example.org\n")
    run = uploaded(f"{HEADER};Réponse\nLéa;Martin;lea@example.org;non\n", book)
    choose_columns(run, {3: "agrees_email"})
    work()
    run_it(staff, work, run)

    def page() -> HttpResponse:
        return staff.get(f"/imports/{run.pk}/")

    assert 'name="objections_too"' in page().content.decode()
    staff.post(f"/imports/{run.pk}/undo/", {"understood": "yes"})
    work()
    assert Consent.objects.filter(given=False).exists()
    assert "Take its objections back too" in page().content.decode()
    staff.post(f"/imports/{run.pk}/undo/", {"understood": "yes", "objections_too": "yes"})
    work()
    assert not Consent.objects.filter(given=False).exists()
    assert "Take its objections back too" not in page().content.decode()
    assert Contact.objects.count() == 1


def test_a_word_that_is_no_answer_is_not_shown_as_a_refusal(
    imported: Callable[..., Import], staff: Client
) -> None:
    run = imported(f"{HEADER};Statut de l'abonnement\nLéa;Martin;lea@example.org;pending\n")
    assert run.counts["refused"] == 0
    assert Consent.objects.get().is_doubted, (run.mapping, run.options)
    text = staff.get(f"/people/{Contact.objects.get().pk}/").content.decode()
    assert '<span class="badge">No plain answer</span>' in text
    assert "No more</span>" not in text
