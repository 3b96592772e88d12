"""Every table that names a person is taken care of when records are merged and when an import is undone."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.merging.belongings import PAIRS, PROJECTED
from contacts.merging.happened import HAPPENINGS, NO_HAPPENING
from contacts.merging.rows import all_belongings
from contacts.models import Contact
from contacts.registry import registry


def relations(*labels: str) -> set[tuple[str, str]]:
    """(table, column) of every relation to a person, in some apps or in all."""
    return {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.related_model is Contact and (not labels or model._meta.app_label in labels)
    }


def test_every_relation_to_a_person_follows_a_merge() -> None:
    related = relations()
    moved = {(one.table, one.person) for one in all_belongings()}
    elsewhere = {pair for pair in related if pair[0] in (*PROJECTED, *PAIRS)}
    assert related - elsewhere == moved


def test_keys_and_columns_of_belongings_exist() -> None:
    columns = {
        model._meta.db_table: {field.column for field in model._meta.local_concrete_fields}
        for model in apps.get_models()
    }
    for one in all_belongings():
        assert {*one.key, one.person} <= columns[one.table], one.table


def test_every_relation_to_a_person_says_whether_it_keeps_them_from_an_undo() -> None:
    happened = {(one.table, one.person) for one in HAPPENINGS}
    assert {pair for pair in relations("contacts") if pair[0] not in NO_HAPPENING} == happened


@pytest.mark.django_db
def test_apps_above_say_who_has_their_rows() -> None:
    with CaptureQueriesContext(connection) as asked:
        for holds in registry.holds.values():
            assert holds([0]) == set()
    words = " ".join(query["sql"] for query in asked)
    above = {one.table for one in registry.belongings.values()}
    assert {table for table in above if table not in words} == set()
