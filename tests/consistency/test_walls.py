"""Both walls stand around every table that tells about people: a new one without them fails here."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from contacts.models import Contact, ElectoralRegistration
from contacts.scoped import ScopedManager
from tests.consistency.test_belongings import relations

pytestmark = pytest.mark.django_db
HOME = {Contact._meta.db_table, ElectoralRegistration._meta.db_table}
# Tables without a reference to Contact that hold what people are or wrote, or figures of the whole country.
OTHERS = {
    "contacts_answerfile",
    "contacts_erasure",
    "contacts_importchange",
    "contacts_importreject",
    "contacts_stationaggregate",
    "messaging_feedback",
    "messaging_providerevent",
    "tracking_figures",
}


def about_people() -> set[str]:
    return {table for table, _column in relations()} | HOME | OTHERS


def asked(sql: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()}


def walled() -> set[str]:
    return asked(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity AND EXISTS ("
        " SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = 'scope_reads')"
    )


def within_reach() -> set[str]:
    """Tables and partitions on which `crm_scoped` holds any privilege."""
    return asked(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND has_table_privilege('crm_scoped', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')"
    )


def test_second_wall_stands_around_every_table_about_people() -> None:
    """Give a new table its wall in its migration: `campaign_crm.platform.row_security.wall`, or `closed`."""
    assert (about_people() & within_reach()) - walled() == set()


def test_first_wall_stands_before_everything_that_a_scope_may_read() -> None:
    """Give a new model `objects = ScopedManager()` of `contacts.scoped`."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    open_to = about_people() & within_reach()
    unscoped = {table for table in open_to if not isinstance(models[table]._default_manager, ScopedManager)}
    assert unscoped == set()


def test_whole_country_and_system_reach_every_row() -> None:
    policies = asked(
        "SELECT tablename || ' ' || role FROM pg_policies, unnest(roles) AS role"
        " WHERE policyname = 'everywhere' AND qual = 'true' AND with_check = 'true'"
    )
    roles = ("crm_national", "crm_system", "crm_owner")
    assert policies == {f"{table} {role}" for table in walled() for role in roles}


def test_no_scope_reaches_a_partition() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_ensure_partition('messaging_delivery', '2031-01-01')")
    partitions = asked("SELECT inhrelid::regclass::text FROM pg_inherits")
    assert len({name for name in partitions if name.startswith("messaging_delivery_y")}) >= 1
    assert partitions & within_reach() == set()


def test_roles_bypass_nothing() -> None:
    able = asked("SELECT rolname FROM pg_roles WHERE rolbypassrls OR rolsuper")
    assert able & {"crm_owner", "crm_app", "crm_national", "crm_scoped", "crm_system"} == set()
