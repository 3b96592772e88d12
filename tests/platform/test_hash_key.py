"""Another HASH_KEY would recognise nobody who left: checks name it, and no program starts with it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django.db import connection

from campaign_crm.platform.checks import has_another_hash_key
from campaign_crm.platform.crypto import hash_key_fingerprint
from campaign_crm.platform.database import acting_as
from campaign_crm.platform.keys import new_key
from campaign_crm.platform.models import Organisation
from tests.environment import PROJECT

pytestmark = pytest.mark.django_db(transaction=True)

PROGRAMS = {
    "worker": ["-m", "celery", "--app", "campaign_crm", "--quiet", "worker", "--concurrency", "1"],
    "web": ["-c", "import campaign_crm.wsgi"],
    "preparation": ["-m", "campaign_crm.platform.run.prepare"],
    "check": ["manage.py", "check", "--database=default"],
}


@pytest.fixture(autouse=True)
def tied() -> None:
    Organisation.current()
    Organisation.objects.update(hash_key_fingerprint=hash_key_fingerprint())


def found() -> list[str]:
    return [message.id for message in run_checks(databases=["default"]) if message.id == "platform.E001"]


def test_the_key_of_the_database_is_accepted() -> None:
    assert found() == []


def test_another_key_is_named_also_by_a_process_that_took_no_role(settings) -> None:
    settings.HASH_KEY = b"x" * 32
    assert found() == ["platform.E001"]
    with acting_as("crm_national"), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        assert has_another_hash_key()


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_program_starts_with_another_key(name: str) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "campaign_crm.settings",
        "HASH_KEY": new_key(),
    }
    done = subprocess.run(
        [sys.executable, *PROGRAMS[name]],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0, done.stderr
    assert "HASH_KEY is not the one this database was made with" in done.stdout + done.stderr
