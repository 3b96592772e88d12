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
