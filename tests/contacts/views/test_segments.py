"""The pages of segments: building one without and with a script, its figures, why a person is in it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaign_crm.platform.models import User
from contacts.models import Segment, Tag
from contacts.services.people import add_tag
from contacts.services.segments import create_segment
from tests.contacts.segments.world import World

NEW = "/segments/new/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="officer@example.org", role="director", language="en")


@pytest.fixture
def staff(officer: User, client: Client) -> Client:
    client.force_login(officer)
    return client


def women(**more: Any) -> dict[str, Any]:
    fields = {
        "name": "Women",
        "is_shared": "on",
        "r.kind": "all",
        "r.0.was": "gender",
        "r.0.condition": "gender",
        "r.0.operator": "is",
        "r.0.value": ["F"],
    }
    return fields | more


def saved(
    world: World, *rules: tuple[Any, ...], name: str = "Saved", kind: str = "all", **more: Any
) -> Segment:
    return create_segment(name=name, tree={kind: [world.rule(*rule) for rule in rules]}, by=None, **more)


def text_of(answer: Any) -> str:
    """The words of a page, without markup and spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_a_segment_is_built_by_plain_forms(world: World, staff: Client, officer: User) -> None:
    page = staff.get(NEW)
    assert 'name="r.0.condition"' in page.content.decode()
    grown = staff.post(NEW, women(act="add:r")).content.decode()
    assert 'name="r.1.condition"' in grown
    assert 'value="Women"' in grown
    answer = staff.post(NEW, women(), follow=True)
    segment = Segment.objects.get()
    assert answer.redirect_chain == [(reverse("contacts:segment", args=[segment.pk]), 302)]
    assert (segment.name, segment.is_shared, segment.created_by) == ("Women", True, officer)
    assert segment.tree == {"all": [world.rule("gender", "is", ["F"])]}


def test_htmx_redraws_the_conditions_alone(world: World, staff: Client) -> None:
    answer = staff.post(NEW, women(act="group:r"), **HTMX)
    fragment = answer.content.decode()
    assert fragment.startswith("{#") is False
    assert fragment.count("<fieldset") == 2
    assert "<html" not in fragment
    assert re.search(r'id="r\.1\.0-condition"[^>]* autofocus', fragment)


def test_an_edit_keeps_what_is_there_and_grows_the_version(world: World, staff: Client) -> None:
    segment = saved(
        world, ("tag", "all", [tag.pk for tag in world.tags.values()]), ("age", "between", [18, 25])
    )
    address = reverse("contacts:segment_edit", args=[segment.pk])
    page = staff.get(address).content.decode()
    assert page.count("checked") >= 4  # three tags and the switch
    assert 'value="18"' in page
    answer = staff.post(address, women(name="Women of the base"))
    segment.refresh_from_db()
    assert (answer.status_code, segment.name, segment.version) == (302, "Women of the base", 2)


def test_a_copy_starts_from_the_conditions_without_the_name(world: World, staff: Client) -> None:
    segment = saved(world, ("age", "from", 65), name="Elders")
    page = staff.get(f"{NEW}?copy={segment.pk}").content.decode()
    assert 'value="65"' in page
    assert "Elders" not in page


def test_what_is_missing_is_said_at_its_place_and_nothing_is_saved(world: World, staff: Client) -> None:
    answer = staff.post(NEW, women(**{"r.0.value": [], "r.1.was": "", "r.1.condition": ""}))
    assert answer.status_code == 422
    words = text_of(answer)
    assert "Choose at least one." in words
    assert "Choose a condition." in words
    assert "Some conditions are not complete." in words
    assert not Segment.objects.exists()
    taken = staff.post(NEW, women(name=saved(world, ("age", "from", 18)).name))
    assert taken.status_code == 422
    assert "already exists" in text_of(taken)


def test_the_first_answer_counts_names_and_says_what_it_costs(world: World, staff: Client) -> None:
    answer = staff.post(reverse("contacts:segment_preview"), women(**{"r.1.was": "", "r.1.condition": ""}))
    words = text_of(answer)
    assert "1 person" in words
    assert "Léa Lefèvre" in words
    assert "One condition is not complete: it is not counted yet." in words
    assert "Targeting criterion Gender is Woman Chooses people by who they are" in words


def test_the_second_answer_counts_each_channel_and_why_the_others_are_out(
    world: World, staff: Client
) -> None:
    rules = {"r.0.was": "has_email", "r.0.condition": "has_email", "r.0.operator": "has", "r.0.value": []}
    words = text_of(staff.post(reverse("contacts:segment_preview"), women(**rules, exact="1")))
    assert "3 people" in words
    assert "E-mail 2 The others: From a broker: only in a mailing to the whole file" in words
    assert "Post 2 The others: No usable address or number" in words
    targeted = {"r.0.was": "age", "r.0.condition": "age", "r.0.operator": "known", "r.0.value": []}
    words = text_of(staff.post(reverse("contacts:segment_preview"), women(**targeted, exact="1")))
    assert "E-mail 1 The others: Has not agreed to targeted messages" in words
    assert "Of 2 people who can get an e-mail, 1 agreed to messages chosen for them." in words


def test_roll_conditions_show_no_e_mail_figure_but_the_reason(world: World, staff: Client) -> None:
    rules = {"r.0.was": "roll", "r.0.condition": "roll", "r.0.operator": "has", "r.0.value": []}
    words = text_of(staff.post(reverse("contacts:segment_preview"), women(**rules, exact="1")))
    assert "E-mail – The condition “Is on an electoral roll” may not choose" in words
    assert "Post 2 Nobody is left out." in words


def test_a_preview_of_nonsense_is_a_message(world: World, staff: Client) -> None:
    rules = {"r.0.was": "tag", "r.0.condition": "tag", "r.0.operator": "any", "r.0.value": ["999999"]}
    words = text_of(staff.post(reverse("contacts:segment_preview"), women(**rules)))
    assert words == "This tag does not exist any more. (999999)"


def test_a_segment_that_contains_itself_is_refused_in_the_preview(world: World, staff: Client) -> None:
    segment = saved(world, ("age", "from", 18), name="Adults")
    rules = {
        "r.0.was": "segment",
        "r.0.condition": "segment",
        "r.0.operator": "any",
        "r.0.value": [segment.pk],
    }
    words = text_of(staff.post(reverse("contacts:segment_preview"), women(**rules, segment=segment.pk)))
    assert words == "The segment “Adults” contains itself."


def test_choices_are_found_as_one_types_and_the_chosen_stay(world: World, staff: Client) -> None:
    asked = {
        "place": "r.0", "condition": "territory", "operator": "inside",
        "r.0.value": [world.lyon.pk], "r.0.search": "oise",
    }  # fmt: skip
    fragment = staff.get(reverse("contacts:segment_options"), asked).content.decode()
    boxes = re.findall(r'name="r\.0\.value" value="(\d+)"( checked)?', fragment)
    assert boxes[0] == (str(world.lyon.pk), " checked")
    assert (str(world.oise.pk), "") in boxes
    nothing = staff.get(reverse("contacts:segment_options"), asked | {"r.0.value": [], "r.0.search": "zzzz"})
    assert text_of(nothing) == "Nothing begins like this."
    unknown = staff.get(reverse("contacts:segment_options"), {"place": "r.0", "condition": "gone"})
    assert text_of(unknown) == ""


def test_the_page_of_a_segment_shows_conditions_figures_and_people(world: World, staff: Client) -> None:
    segment = saved(world, ("gender", "is", ["F"]), ("territory", "inside", [world.oise.pk]))
    words = text_of(staff.get(reverse("contacts:segment", args=[segment.pk])))
    assert "All of these: Gender is Woman Territory is in Oise (60)" in words
    assert "Léa Lefèvre Beauvais" in words
    figures = text_of(staff.get(reverse("contacts:segment_figures", args=[segment.pk])))
    assert figures.startswith("1 person Who can be reached E-mail 1 Nobody is left out. SMS 0")


def test_why_a_person_is_in_a_segment_or_not(world: World, staff: Client) -> None:
    segment = saved(world, ("gender", "is", ["F"]), ("has_email", "has"))
    address = reverse("contacts:segment_person", args=[segment.pk])
    assert "Léa Lefèvre" in text_of(staff.get(address, {"q": "lefevre"}))
    assert text_of(staff.get(address, {"q": "zzzz"})) == "Nobody is found."
    words = text_of(staff.get(address, {"person": world.tom.pk}))
    assert words.startswith(
        "Not in the segment Tom Martin No: All of these: No: Gender is Woman Yes: Has an e-mail"
    )
    whole = text_of(staff.get(reverse("contacts:segment", args=[segment.pk]), {"person": world.lea.pk}))
    assert "In the segment Léa Lefèvre" in whole
    assert staff.get(address, {"person": 999_999}).status_code == 404


def test_a_segment_made_of_something_deleted_can_be_repaired(world: World, staff: Client) -> None:
    segment = saved(world, ("tag", "any", [world.tags["donor"].pk]))
    world.tags["donor"].delete()
    words = text_of(staff.get(reverse("contacts:segment", args=[segment.pk])))
    assert "This segment can no longer be worked out." in words
    assert "This tag does not exist any more." in words
    assert "To repair" in text_of(staff.get(reverse("contacts:segments")))
    assert staff.get(reverse("contacts:segment_edit", args=[segment.pk])).status_code == 200
    assert "does not exist" in text_of(staff.get(reverse("contacts:segment_figures", args=[segment.pk])))
    assert text_of(staff.get(reverse("contacts:segment_count", args=[segment.pk]))) == "–"


def test_deleting_asks_for_no_other_segment(world: World, staff: Client) -> None:
    segment = saved(world, ("age", "from", 18), name="Adults")
    outer = saved(world, ("segment", "any", [segment.pk]), name="Outer")
    refused = staff.post(reverse("contacts:segment_delete", args=[segment.pk]), follow=True)
    assert "“Adults” is part of: Outer." in text_of(refused)
    for one in (outer, segment):
        staff.post(reverse("contacts:segment_delete", args=[one.pk]))
    assert not Segment.objects.exists()


def test_a_private_segment_of_another_is_not_there(world: World, staff: Client) -> None:
    segment = saved(world, ("age", "from", 18), name="Secret", is_shared=False)
    assert "Secret" not in text_of(staff.get(reverse("contacts:segments")))
    for name in ("segment", "segment_edit", "segment_figures", "segment_count", "segment_person"):
        assert staff.get(reverse(f"contacts:{name}", args=[segment.pk])).status_code == 404
    assert staff.post(reverse("contacts:segment_delete", args=[segment.pk])).status_code == 404


def test_the_list_costs_the_same_queries_for_one_segment_and_for_three(world: World, staff: Client) -> None:
    address = reverse("contacts:segments")
    saved(world, ("age", "from", 18), name="One")
    staff.get(address)
    with CaptureQueriesContext(connection) as one:
        staff.get(address)
    for name in ("Two", "Three"):
        saved(world, ("gender", "is", ["F"]), name=name)
    with CaptureQueriesContext(connection) as three:
        staff.get(address)
    assert len(one) == len(three)


def test_the_count_in_the_list_is_remembered(world: World, staff: Client) -> None:
    segment = saved(world, ("tag", "any", [world.tags["press"].pk]))
    address = reverse("contacts:segment_count", args=[segment.pk])
    assert text_of(staff.get(address)) == "0"
    add_tag(contact=world.ana, tag=Tag.objects.get(name="press"), by=None)
    assert text_of(staff.get(address)) == "0"
    figures = staff.get(reverse("contacts:segment_figures", args=[segment.pk]))
    assert text_of(figures).startswith("1 person")


def test_the_builder_speaks_french(world: World, staff: Client, officer: User) -> None:
    officer.language = "fr"
    officer.save()
    words = text_of(staff.get(NEW))
    assert "Nouveau segment" in words
    assert "Ajouter une condition" in words
