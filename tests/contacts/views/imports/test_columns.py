"""The columns step: guesses with samples, what is left out, what is missing, and options for every row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client

from contacts.enums import TargetingClass
from contacts.imports.guessing import ColumnGuess
from contacts.invented.rolls import COLUMNS
from contacts.models import (
    Contact,
    CustomField,
    ElectoralRegistration,
    Import,
    List,
    ListMembership,
    Source,
    Territory,
)
from contacts.services.lists import create_list
from contacts.views.import_columns import shown_column
from tests.contacts.views.imports.conftest import Elector, electors

pytestmark = pytest.mark.django_db


def columns_of(answer: HttpResponse) -> dict[str, tuple[str, str]]:
    return {one.name: (one.field, one.sureness) for one in answer.context["columns"]}


def test_columns_are_guessed_and_the_unknown_one_stays_in_view(
    uploaded: Callable[..., Import], staff: Client, book: Source
) -> None:
    run = uploaded(source=book)
    answer = staff.get(f"/imports/{run.pk}/columns/")
    assert columns_of(answer) == {
        "Prénom": ("first_name", "sure"),
        "Nom": ("last_name", "sure"),
        "Email": ("email", "sure"),
        "Mobile": ("phone", "sure"),
        "Date de naissance": ("birth_date", "sure"),
        "CP": ("postcode_1", "sure"),
        "Ville": ("city_1", "sure"),
        "Surnom": ("", ""),
    }
    assert "karim@example.com" in answer.content.decode()


@pytest.mark.parametrize(
    ("chosen", "confidence", "sureness"),
    [
        ("email", 1.0, "sure"),
        ("email", 0.8, "likely"),
        ("email", 0.3, "doubtful"),
        ("phone", 1.0, "chosen"),
        ("", 1.0, ""),
    ],
)
def test_sureness_follows_confidence_and_choice(chosen: str, confidence: float, sureness: str) -> None:
    guessed = ColumnGuess(0, "Contact", "email", confidence, [])
    assert shown_column(guessed, chosen, False).sureness == sureness


def test_choice_is_kept_when_coming_back(
    uploaded: Callable[..., Import],
    choose_columns: Callable[..., HttpResponse],
    work: Callable[[], None],
    staff: Client,
    book: Source,
) -> None:
    run = uploaded(source=book)
    choose_columns(run, {7: "middle_name", 3: ""}, tags="news,  Oise ")
    work()
    answer = staff.get(f"/imports/{run.pk}/columns/")
    found = columns_of(answer)
    assert (found["Surnom"], found["Mobile"]) == (("middle_name", "chosen"), ("", ""))
    assert answer.context["options"].initial["tags"] == "news, Oise"


def test_file_without_anybody_is_refused(
    uploaded: Callable[..., Import], choose_columns: Callable[..., HttpResponse], book: Source
) -> None:
    run = uploaded(source=book)
    answer = choose_columns(run, dict.fromkeys(range(8), ""))
    run.refresh_from_db()
    assert (answer.status_code, run.state) == (422, Import.State.UPLOADED)
    assert "nobody can be recognised" in answer.content.decode()


def test_one_field_in_two_columns_is_refused(
    uploaded: Callable[..., Import], choose_columns: Callable[..., HttpResponse], book: Source
) -> None:
    answer = choose_columns(uploaded(source=book), {7: "last_name"})
    assert answer.status_code == 422
    assert "Two columns are said to hold “Last name”" in answer.content.decode()


def test_field_that_does_not_exist_is_left_out(
    uploaded: Callable[..., Import], choose_columns: Callable[..., HttpResponse], book: Source
) -> None:
    run = uploaded(source=book)
    choose_columns(run, {7: "erased_at", 6: "custom.nothing"})
    run.refresh_from_db()
    assert {"6", "7"}.isdisjoint(run.mapping)


def test_extra_field_can_be_chosen(
    uploaded: Callable[..., Import],
    choose_columns: Callable[..., HttpResponse],
    staff: Client,
    work: Callable[[], None],
    book: Source,
) -> None:
    CustomField.objects.create(key="nickname", label="Nickname")
    run = uploaded(source=book)
    choose_columns(run, {7: "custom.nickname"})
    work()
    staff.post(f"/imports/{run.pk}/run/")
    work()
    assert Contact.objects.get(first_name="Léa").custom == {"nickname": "Lilou"}


def test_tags_and_list_reach_everyone(imported: Callable[..., Import]) -> None:
    chosen = create_list(name="Beauvais", targeting_class=TargetingClass.CRITERION, by=None)
    imported(tags="news, Oise", list=str(chosen.pk))
    assert ListMembership.objects.filter(list=chosen).count() == 2
    tags = {
        tag
        for person in Contact.objects.all()
        for tag in person.tag_links.values_list("tag__name", flat=True)
    }
    assert tags == {"news", "Oise"}


def test_list_that_does_not_exist_is_refused(
    uploaded: Callable[..., Import], choose_columns: Callable[..., HttpResponse], book: Source
) -> None:
    assert choose_columns(uploaded(source=book), list="999999").status_code == 422
    assert List.objects.count() == 0


@pytest.fixture
def roll_run(
    uploaded: Callable[..., Import],
    roll_source: Source,
    elector: Callable[..., Elector],
    roll_file: Callable[..., Path],
) -> Callable[..., Import]:
    """A roll that was sent, without the columns named."""

    def make(*without: str) -> Import:
        columns = [name for name in COLUMNS if name not in without]
        path = roll_file(electors(elector, ["MARTIN", "PETIT"]), columns=columns)
        return uploaded(path, roll_source)

    return make


def test_nationality_is_never_imported(roll_run: Callable[..., Import], staff: Client) -> None:
    run = roll_run()
    answer = staff.get(f"/imports/{run.pk}/columns/")
    shown = next(one for one in answer.context["columns"] if one.name == "libellé nationalité")
    assert (shown.field, "Never imported" in shown.note) == ("", True)


def test_roll_without_birth_names_says_what_is_missing(
    roll_run: Callable[..., Import], choose_columns: Callable[..., HttpResponse]
) -> None:
    run = roll_run()
    birth_name = next(int(index) for index, field in run.mapping.items() if field == "birth_name")
    answer = choose_columns(run, {birth_name: ""})
    assert answer.status_code == 422
    assert "This roll lacks the birth name" in answer.content.decode()


def test_commune_that_the_file_does_not_say_can_be_given(
    roll_run: Callable[..., Import], choose_columns: Callable[..., HttpResponse], work: Callable[[], None]
) -> None:
    run = roll_run("code du l'ugle", "libellé de l'ugle", "commune")
    assert choose_columns(run).status_code == 422
    assert choose_columns(run, commune_code="60999").status_code == 422
    assert choose_columns(run, commune_code="60057").status_code == 302
    work()
    run.refresh_from_db()
    assert (run.state, run.preview["new"], ElectoralRegistration.objects.count()) == ("previewed", 2, 0)


def test_policies_and_a_territory_are_chosen_for_the_whole_file(
    uploaded: Callable[..., Import], staff: Client, book: Source
) -> None:
    run = uploaded(source=book)
    address = f"/imports/{run.pk}/columns/"
    page = staff.get(address).content.decode()
    assert "When the base already knows something else" in page
    chosen = {
        "column_2": "email",
        "scope": "Oise (60)",
        "policy_names": "replace",
        "policy_commune": "better",
    }
    answer = staff.post(address, chosen | {"scope": "Nowhere"})
    assert answer.status_code == 422
    assert staff.post(address, chosen).status_code == 302
    run.refresh_from_db()
    assert run.options["policies"] == {"names": "replace"}
    assert run.options["scope"] == Territory.objects.get(kind="department", code="60").pk


@pytest.mark.parametrize(("second", "told"), [("6/8/1981", "5/7/1980"), ("6/28/1981", "")])
def test_dates_that_could_be_read_in_two_orders_are_asked_about(
    uploaded: Callable[..., Import], staff: Client, book: Source, second: str, told: str
) -> None:
    text = f"First Name,Last Name,Birthday\nLéa,Martin,5/7/1980\nLou,Durand,{second}\n"
    run = uploaded(text, source=book)
    answer = staff.get(f"/imports/{run.pk}/columns/")
    assert answer.context["doubtful_day"] == told
    assert answer.context["options"].initial["month_first"] is (not told)
