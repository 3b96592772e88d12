"""Every table that names a person is moved, projected or taken care of when two records are merged."""

from __future__ import annotations

from django.apps import apps

from contacts.merging.belongings import PAIRS, PROJECTED
from contacts.merging.rows import all_belongings
from contacts.models import Contact


def test_every_relation_to_a_person_follows_a_merge() -> None:
    related = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.related_model is Contact
    }
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
