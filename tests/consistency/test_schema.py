"""The database holds what the models declare, under the names they declare."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models

OURS = ("platform", "contacts", "messaging", "tracking")


def declared() -> dict[str, str]:
    """Name of every declared index and constraint, and its model."""
    names = {}
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            for one in (*model._meta.indexes, *model._meta.constraints):
                names[one.name] = model._meta.label
    return names


@pytest.mark.django_db
def test_every_declared_index_and_constraint_is_in_the_database() -> None:
    """A migration that alters a field may take an index of the same column with it, unseen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes UNION SELECT conname FROM pg_constraint")
        present = {row[0] for row in cursor.fetchall()}
    assert {name: model for name, model in declared().items() if name not in present} == {}


def test_names_are_declared_once() -> None:
    every = [
        one.name
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        for one in (*model._meta.indexes, *model._meta.constraints)
        if isinstance(one, models.Index | models.BaseConstraint)
    ]
    assert sorted(every) == sorted(set(every))
