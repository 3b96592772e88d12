"""The settings as a program reads them: in a process of its own, from its environment."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.environment import PROJECT, TEST_KEYS

PUBLIC = {"PUBLIC_URL": "https://crm.example.org", "VAR_DIR": "/nowhere", **TEST_KEYS}
READ = """
import json, sys
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
try:
    print(json.dumps(getattr(settings, sys.argv[1])))
except ImproperlyConfigured as error:
    sys.exit(str(error))
"""


def read(name: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Read one setting with these variables only."""
    return subprocess.run(
        [sys.executable, "-c", READ, name],
        cwd=PROJECT,
        env={"DJANGO_SETTINGS_MODULE": "campaign_crm.settings", "PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("hosts", [{}, {"ALLOWED_HOSTS": "crm.example.org"}])
def test_loopback_is_always_allowed_for_health_checks(hosts: dict[str, str]) -> None:
    allowed = json.loads(read("ALLOWED_HOSTS", **PUBLIC, **hosts).stdout)
    assert allowed == ["crm.example.org", "127.0.0.1", "localhost", "[::1]"]


@pytest.mark.parametrize("value", ["", " , "])
def test_host_names_set_to_nothing_are_refused(value: str) -> None:
    done = read("ALLOWED_HOSTS", **PUBLIC, ALLOWED_HOSTS=value)
    assert (done.returncode, done.stderr.startswith("ALLOWED_HOSTS is set but names nothing")) == (1, True)


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("DATABASE_URL", "postgresql://crm_app:p/w@db/crm", "%2F for /"),
        ("DATABASE_URL", "postgresql://crm_app@[db/crm", "%5B"),
        ("DATABASE_URL", "postgresql://crm_app@db:99999/crm", "number up to 65535"),
        ("REDIS_URL", "redis://valkey:six/0", "number up to 65535"),
        ("TIME_ZONE", "Paris", "such as Europe/Paris"),
        ("TIME_ZONE", "../etc/passwd", "such as Europe/Paris"),
        ("PUBLIC_URL", "https://", "such as https://crm.example.org"),
        ("PUBLIC_URL", "https://crm.example.org/crm", "such as https://crm.example.org"),
        ("PUBLIC_URL", "https://[crm", "host or port cannot be read"),
        ("PORT", "70000", "write 65535 or less"),
        ("MAIL_CATCHER_PORT", "0", "write 1 or more"),
    ],
)
def test_a_wrong_value_is_named_with_its_fix_and_no_traceback(name: str, value: str, fix: str) -> None:
    done = read("DEBUG", **{**PUBLIC, name: value})
    assert done.stderr.startswith(name)
    assert fix in done.stderr
    assert "p/w" not in done.stderr  # no part of a password


@pytest.mark.parametrize("command", ["check", "migrate", "collectstatic", "first_admin_link"])
def test_a_command_says_it_in_one_sentence(command: str) -> None:
    servers = {
        "DATABASE_URL": "postgresql://crm_app@db:no/crm",
        "REDIS_URL": "redis://x",
        "INGEST_REDIS_URL": "redis://x",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", **PUBLIC, **servers},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("DATABASE_URL is no address")


def test_a_run_names_a_port_that_is_none(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "campaign_crm.platform.run"],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "VAR_DIR": str(tmp_path), "PORT": "70000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == "PORT is 70000; write 65535 or less."
