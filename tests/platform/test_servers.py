"""Servers of one's own: what is wrong with them is said before anything is written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from django.conf import settings as project

from campaign_crm.platform import servers
from campaign_crm.platform.env import SettingError
from tests.environment import PROJECT

pytestmark = pytest.mark.django_db


def as_user(url: str, name: str) -> str:
    """The same database, entered as another role and without taking one."""
    parts = urlsplit(url)
    query = "&".join(word for word in parts.query.split("&") if not word.startswith("options="))
    return urlunsplit(parts._replace(netloc=f"{name}@", query=query))


def problem() -> str:
    (found,) = servers.database_problems()
    return found


def test_servers_as_they_should_be_are_accepted() -> None:
    servers.refuse_unfit_servers()


def test_an_old_postgresql_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "OLDEST_POSTGRESQL", 99)
    assert "99 or newer is needed" in problem()


def test_missing_roles_are_named_with_the_file_that_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "ROLES", (*servers.ROLES, "crm_unheard_of"))
    assert "the roles crm_unheard_of are missing" in problem()
    assert "sql/roles.sql" in problem()


@pytest.mark.parametrize(
    ("user", "why"), [("crm_bootstrap", "a superuser"), ("crm_owner", "who may not take crm_national")]
)
def test_an_application_of_too_many_or_too_few_rights_is_refused(settings: Any, user: str, why: str) -> None:
    settings.DATABASE_URL = as_user(project.DATABASE_URL, user)
    assert why in problem()
    assert "it must log in as crm_app" in problem()


def test_an_owner_who_is_not_set_is_asked_for(settings: Any) -> None:
    settings.DATABASE_OWNER_URL = settings.DATABASE_URL
    assert problem().startswith("DATABASE_OWNER_URL logs in as crm_app, who may not make tables")


def test_a_database_that_is_away_is_named(settings: Any) -> None:
    settings.DATABASE_URL = "postgresql://crm_app:hidden@127.0.0.1:1/crm"
    assert problem().startswith("DATABASE_URL: PostgreSQL cannot be used: connection to server")
    assert "hidden" not in problem()


def test_a_memory_that_may_be_lost_takes_no_hits(settings: Any) -> None:
    found = servers.ingest_problem(settings.REDIS_URL)
    assert found.startswith("opens and clicks could be lost: appendonly no, appendfsync everysec, maxmemory-")
    assert "must be appendonly yes, appendfsync always, maxmemory-policy noeviction" in found


@pytest.fixture
def hosted(settings: Any) -> Iterator[str]:
    """The ingest server as a hosted one shows itself: without its settings."""
    with redis.Redis.from_url(settings.INGEST_REDIS_URL) as client:
        client.acl_setuser("hosted", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-config"])
        yield settings.INGEST_REDIS_URL.replace("unix://", "unix://hosted:any@").replace(
            "?db=", "?password=any&db="
        )
        client.acl_deluser("hosted")


def test_a_hosted_server_is_judged_by_what_it_says_of_itself(hosted: str) -> None:
    with redis.Redis.from_url(hosted) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.config_get("appendonly")
    assert servers.ingest_problem(hosted) == ""


def test_hits_never_share_the_place_of_what_is_emptied(settings: Any) -> None:
    settings.INGEST_REDIS_URL = settings.REDIS_URL
    with pytest.raises(SettingError, match="name the same place"):
        servers.refuse_unfit_servers()


def test_a_run_ends_with_the_reason_before_it_writes_anything() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "campaign_crm.platform.run.prepare"],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_OWNER_URL": "postgresql://crm_owner@127.0.0.1:1/crm"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().startswith("DATABASE_OWNER_URL: PostgreSQL cannot be used")
    assert "Traceback" not in done.stderr
