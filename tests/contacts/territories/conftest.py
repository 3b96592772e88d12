"""The reference territories, loaded once a module and taken back at its end."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from contacts.models import Territory
from contacts.territories.loading import LoadResult, load_territories


@pytest.fixture(scope="module")
def loaded_once(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[LoadResult]:
    """The shipped reference, in a transaction around the module's tests (each of which is a savepoint)."""
    with django_db_blocker.unblock(), transaction.atomic():
        result = load_territories(force=True)
        connection.check_constraints()  # now, not again at the end of each test
        yield result
        transaction.set_rollback(True)


@pytest.fixture
def loaded(loaded_once, db):
    """The shipped reference and the database."""
    return loaded_once


@pytest.fixture
def commune():
    """Find a territory by code and kind."""

    def find(code, kind="commune"):
        return Territory.objects.get(kind=kind, code=code)

    return find
