"""Saving segments."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from campaign_crm.platform.models import AuditEntry, User
from contacts.models import Segment
from contacts.segments.conditions import find_condition
from contacts.segments.errors import SegmentInvalid
from contacts.services.segments import SegmentInUse, create_segment, delete_segment, update_segment

ADULTS = {"all": [{"condition": "age", "operator": "from", "value": 18}]}
ELDERS = {"all": [{"condition": "age", "operator": "from", "value": 65}]}


def test_the_version_grows_with_the_tree_only(officer: User) -> None:
    segment = create_segment(name="  Adults ", tree=ADULTS, by=officer)
    assert (segment.name, segment.version, segment.created_by) == ("Adults", 1, officer)
    segment = update_segment(segment=segment, name="Grown-ups", is_shared=False, by=officer)
    assert (segment.name, segment.version, segment.is_shared) == ("Grown-ups", 1, False)
    segment = update_segment(segment=segment, tree=ELDERS, by=officer)
    assert (segment.version, segment.tree) == (2, ELDERS)
    assert update_segment(segment=segment, tree=ELDERS, by=officer).version == 2
    entries = AuditEntry.objects.filter(object_type="contacts.segment").order_by("pk")
    assert [(entry.action, entry.fields) for entry in entries] == [
        ("segment.create", []),
        ("segment.update", ["name", "is_shared"]),
        ("segment.update", ["tree"]),
    ]


@pytest.mark.django_db
def test_what_cannot_be_read_is_not_saved() -> None:
    with pytest.raises(SegmentInvalid, match=r"all\[0\].value: Write a number."):
        create_segment(name="X", tree={"all": [{"condition": "age", "operator": "from"}]}, by=None)
    with pytest.raises(SegmentInvalid, match="Add at least one condition"):
        create_segment(name="X", tree={"all": []}, by=None)
    segment = create_segment(name="Adults", tree=ADULTS, by=None)
    with pytest.raises(SegmentInvalid, match="There is no condition “sql”"):
        update_segment(segment=segment, tree={"all": [{"condition": "sql"}]}, by=None)
    segment.refresh_from_db()
    assert (segment.tree, segment.version) == (ADULTS, 1)


@pytest.mark.django_db
def test_a_name_is_given_and_taken_once() -> None:
    create_segment(name="Adults", tree=ADULTS, by=None)
    with pytest.raises(ValidationError) as taken:
        create_segment(name="Adults", tree=ELDERS, by=None)
    assert list(taken.value.message_dict) == ["name"]
    with pytest.raises(ValidationError):
        create_segment(name="   ", tree=ELDERS, by=None)


def test_a_private_segment_is_its_authors(officer: User) -> None:
    other = User.objects.create_user(email="other@example.org", role="read_only")
    chief = User.objects.create_user(email="chief@example.org", role="administrator")
    segment = create_segment(name="Mine", tree=ADULTS, is_shared=False, by=officer)
    visible = {user: list(Segment.objects.visible_to(user)) for user in (officer, other, chief)}
    assert visible == {officer: [segment], other: [], chief: [segment]}


def test_a_private_segment_is_part_of_no_other(officer: User) -> None:
    mine = create_segment(name="Mine", tree=ADULTS, is_shared=False, by=officer)
    named = {"all": [{"condition": "segment", "operator": "any", "value": [mine.pk]}]}
    with pytest.raises(SegmentInvalid, match="or is not shared"):
        create_segment(name="Spy", tree=named, by=officer)
    condition = find_condition("segment")
    assert condition is not None
    assert list(condition.operators["any"].suggest("Mi")) == []  # type: ignore[attr-defined]
    update_segment(segment=mine, is_shared=True, by=officer)
    assert list(condition.operators["any"].suggest("Mi")) == [(mine.pk, "Mine")]  # type: ignore[attr-defined]
    create_segment(name="Outer", tree=named, by=officer)
    with pytest.raises(SegmentInUse, match="“Mine” is part of: Outer"):
        update_segment(segment=mine, is_shared=False, by=officer)
    assert Segment.objects.get(pk=mine.pk).is_shared


def test_deleting_leaves_a_trace(officer: User) -> None:
    delete_segment(segment=create_segment(name="Adults", tree=ADULTS, by=None), by=officer)
    assert not Segment.objects.exists()
    assert AuditEntry.objects.get(action="segment.delete").actor == officer
