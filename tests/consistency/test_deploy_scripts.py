"""The commands of `deploy/`, with and without containers: run for real, on programs that only note calls."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
echo "TMPDIR=$TMPDIR" >> "$CALLS"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the scripts, and a .venv whose programs write down how they were called."""
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("secrets"))
    (tmp_path / "locale/fr/LC_MESSAGES").mkdir(parents=True)
    folder = tmp_path / ".venv/bin"
    folder.mkdir(parents=True)
    for name in ("python", "granian", "celery"):
        (folder / name).write_text(PROGRAM)
        (folder / name).chmod(0o755)
    return tmp_path


def calls(project: Path, script: str, **variables: str) -> list[str]:
    """Run one script from another folder; every line its programs wrote down."""
    written = project / "calls"
    written.unlink(missing_ok=True)
    environment = {"PATH": os.defpath, "CALLS": str(written), **variables}
    subprocess.run([project / "deploy" / script], cwd="/", env=environment, check=True)
    return written.read_text(encoding="utf-8").splitlines()


def word_after(line: str, option: str) -> str:
    words = line.split()
    return words[words.index(option) + 1]


@pytest.mark.parametrize("variables", [{}, {"VAR_DIR": ""}])
def test_files_on_their_way_in_are_kept_on_disk_below_the_project(
    project: Path, variables: dict[str, str]
) -> None:
    assert f"TMPDIR={project}/var/incoming" in calls(project, "web", **variables)


def test_files_on_their_way_in_follow_the_folder_that_is_set(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert f"TMPDIR={folder}/incoming" in calls(project, "web", VAR_DIR=str(folder))


def test_what_a_killed_server_left_goes_and_what_another_receives_stays(project: Path) -> None:
    incoming = project / "var/incoming"
    incoming.mkdir(parents=True)
    for name in ("old", "new"):
        (incoming / name).touch()
    two_days_ago = (incoming / "old").stat().st_mtime - 2 * 24 * 3600
    os.utime(incoming / "old", (two_days_ago, two_days_ago))
    calls(project, "web")
    assert [path.name for path in incoming.iterdir()] == ["new"]


@pytest.mark.parametrize(("variables", "host"), [({}, "127.0.0.1"), ({"WEB_HOST": "192.0.2.5"}, "192.0.2.5")])
def test_the_web_server_listens_on_loopback_unless_told(
    project: Path, variables: dict[str, str], host: str
) -> None:
    """Whoever reaches it directly writes X-Forwarded-For, and would be believed."""
    (line,) = [line for line in calls(project, "web", **variables) if line.startswith("granian")]
    assert word_after(line, "--host") == host


def test_the_schema_is_brought_up_to_date_before_anything_else(project: Path) -> None:
    steps = [line for line in calls(project, "migrate") if line.startswith("python")]
    assert steps[:3] == [
        "python -m tools.messages compile",
        "python manage.py preflight",
        "python manage.py migrate --noinput",
    ]
    assert not any("migrate" in line for line in calls(project, "web"))


@pytest.mark.parametrize("script", ["worker", "beat"])
def test_others_say_as_much_as_asked(project: Path, script: str) -> None:
    (line,) = [line for line in calls(project, script, LOG_LEVEL="ERROR") if line.startswith("celery")]
    assert word_after(line, "--loglevel") == "ERROR"


def test_secrets_are_made_once_and_the_rest_is_left_alone(project: Path) -> None:
    (project / "deploy/secrets").mkdir()
    script = [project / "deploy/make-secrets"]
    subprocess.run(script, check=True, capture_output=True)
    made = {path.name: path.read_text() for path in (project / "deploy/secrets").iterdir()}
    empty = {"email_host_password", "oidc_client_secret"}  # of servers that are somebody else's
    assert {name for name, text in made.items() if not text} == empty
    subprocess.run(script, check=True, capture_output=True)
    assert {path.name: path.read_text() for path in (project / "deploy/secrets").iterdir()} == made
