"""Working tables go once nobody needs them; what waits for a run stays a while."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from campaign_crm.celery import app
from campaign_crm.platform.jobs import run_job
from contacts.imports.service import discard_import, enqueue_run
from contacts.imports.staging import Staging
from contacts.imports.tidying import KEPT, drop_unneeded_staging
from contacts.models import ElectoralRegistration, Import
from contacts.tasks import tidy
from tests.support.imports import preview

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]


@pytest.fixture
def previewed(elector, roll_file, roll_source) -> Import:
    return preview(roll_file([elector()]), kind="roll", source=roll_source)


def tables(run_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'staging' AND tablename ~ %s",
            [f"^import_{run_id}_"],
        )
        return int(cursor.fetchone()[0])


def test_a_preview_waits_for_its_run_and_no_longer_than_a_week(previewed) -> None:
    assert drop_unneeded_staging() == []
    assert tables(previewed.pk)
    long_ago = timezone.now() - KEPT - timedelta(minutes=1)
    Import.objects.update(created_at=long_ago)
    type(previewed.job).objects.update(created_at=long_ago)
    assert drop_unneeded_staging() == [previewed.pk]
    assert not tables(previewed.pk)
    run_job(enqueue_run(run=previewed, by=None).pk)  # the file is read again
    assert ElectoralRegistration.objects.count() == 1


def test_what_was_discarded_leaves_nothing(previewed) -> None:
    discard_import(run=previewed, by=None)
    assert tables(previewed.pk)
    tidy()
    assert not tables(previewed.pk)


@pytest.mark.parametrize("state", ["done", "undone", "cancelled"])
def test_what_ended_leaves_nothing(previewed, state) -> None:
    Import.objects.update(state=state)
    Staging(previewed.pk + 1).create("rows", "line integer")  # of an import that is gone
    assert drop_unneeded_staging() == [previewed.pk, previewed.pk + 1]


@pytest.mark.parametrize("state", ["previewing", "running"])
def test_what_is_at_work_is_left_alone(previewed, state) -> None:
    Import.objects.update(state=state, created_at=timezone.now() - 2 * KEPT, job=None)
    assert drop_unneeded_staging() == []


def test_it_is_planned() -> None:
    assert "contacts.tidy" in {entry["task"] for entry in app.conf.beat_schedule.values()}
