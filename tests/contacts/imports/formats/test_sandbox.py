"""The child process: what it may not do, when it is ended, and what is left of it."""

import fcntl
import os
import secrets
import time
from pathlib import Path

import pytest

from contacts.imports import files
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats import limits, sandbox
from tests.support.workbooks import write_xlsx

# Stands in for the child: the same start, then the code of a test.
CHILD = """
import json, os, sys
request = json.load(sys.stdin)
from contacts.imports.formats import __main__ as child, limits
child._set_up("en")
{code}
"""


@pytest.fixture
def child_does(tmp_path, monkeypatch):
    """Run code of a test in the child's place; returns what `convert_in_child` does."""

    def act(code, **options):
        package = tmp_path / "stand_in" / "contacts_stand_in.py"
        package.parent.mkdir(exist_ok=True)
        package.write_text(CHILD.format(code=code))
        started = sandbox.subprocess.Popen

        def start(command, **values):
            return started(
                [command[0], str(package)], **values | {"env": {**values["env"], "PYTHONPATH": os.getcwd()}}
            )

        monkeypatch.setattr(sandbox.subprocess, "Popen", start)
        return sandbox.convert_in_child(tmp_path / "x", tmp_path / "out.csv", **options)

    return act


def alive(pid):
    return Path(f"/proc/{pid}/stat").exists()


def test_it_sees_no_variable_of_the_product(child_does, monkeypatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://")
    answer = child_does("print(json.dumps(dict(os.environ)))")
    assert set(answer) <= {"PATH", "LANG", "PYTHONUTF8", "TZ", "PYTHONPATH", "LC_CTYPE"}


def test_it_has_no_database_and_opens_no_connection(child_does) -> None:
    code = """
import socket, subprocess
sys.addaudithook(child._refuse)
refused = []
for act in (
    lambda: socket.create_connection(("127.0.0.1", 1)),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: os.fork(),
):
    try:
        act()
    except PermissionError as error:
        refused.append(str(error))
from django.conf import settings
print(json.dumps({"refused_acts": len(refused), "databases": list(settings.DATABASES.get("default", {}))}))
"""
    assert child_does(code) == {"refused_acts": 4, "databases": []}


def test_its_messages_are_in_the_language_of_who_asked(tmp_path) -> None:
    from django.utils import translation

    path = write_xlsx(tmp_path / "book.xlsx", {"A": []})
    with translation.override("fr"), pytest.raises(UnreadableFile, match="Le classeur est vide"):
        sandbox.convert_in_child(path, tmp_path / "out.csv")


def test_it_is_ended_when_it_takes_too_long(child_does, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(limits, "WHOLE_SECONDS", 1)
    started = time.monotonic()
    code = "open(sys.path[0] + '/pid', 'w').write(str(os.getpid()))\nimport time; time.sleep(60)"
    with pytest.raises(UnreadableFile, match="took too long"):
        child_does(code)
    assert time.monotonic() - started < 5
    assert not alive((tmp_path / "stand_in" / "pid").read_text())


def test_it_is_ended_when_the_job_stops(child_does, tmp_path) -> None:
    def stop(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        child_does("import time; time.sleep(60)", on_progress=stop)
    assert list(files.folder().iterdir()) == []


def test_its_progress_is_told(child_does) -> None:
    seen = []
    code = "child._report(5, 10); import time; time.sleep(1); print(json.dumps({'form': 'zip'}))"
    assert child_does(code, on_progress=lambda done, total: seen.append((done, total))) == {"form": "zip"}
    assert (5, 10) in seen


@pytest.mark.parametrize(
    "code",
    [
        "os.kill(os.getpid(), 6)",
        "child._say(child._answer(lambda *_a, **_k: bytearray(1 << 30), request))",
    ],
    ids=["abort of a library", "memory"],
)
def test_its_limits_end_in_words(child_does, code) -> None:
    with pytest.raises(UnreadableFile, match="more memory"):
        child_does(f"limits.allow_memory(limits.WORKING_MEMORY)\n{code}")


def test_the_end_of_its_processor_time_is_called_that(child_does) -> None:
    with pytest.raises(UnreadableFile, match="took too long"):
        child_does("limits.limit_process(1)\nwhile True: pass")


def test_large_workbooks_are_held_one_at_a_time(tmp_path, monkeypatch, kept) -> None:
    rows = [[secrets.token_hex(40) for _cell in range(20)] for _row in range(13_000)]
    path = write_xlsx(tmp_path / "large.xlsx", {"A": [["Nom"] * 20, *rows]})
    small = write_xlsx(tmp_path / "small.xlsx", {"A": [["Nom"], ["Martin"]]})
    monkeypatch.setattr(limits, "HEAD_SECONDS", 6)
    descriptor = os.open(files.folder(), os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # as another process does that holds one
    sandbox.convert_in_child(small, tmp_path / "small.csv", head=True)
    with pytest.raises(UnreadableFile, match="took too long"):
        sandbox.convert_in_child(path, tmp_path / "out.csv", head=True)
    os.close(descriptor)
    monkeypatch.setattr(limits, "HEAD_SECONDS", 60)
    assert sandbox.convert_in_child(path, tmp_path / "out.csv", head=True)["form"] == "spreadsheet"
    assert list(kept.iterdir()) == []


def test_a_full_disk_is_said_and_nothing_stays(child_does, tmp_path) -> None:
    code = f"open({str(tmp_path / 'out.csv')!r}, 'w').write('half')\nprint(json.dumps(dict(failed='disk')))"
    with pytest.raises(UnreadableFile, match="than the disk allows"):
        child_does(code)
    assert not (tmp_path / "out.csv").exists()


def test_an_accident_is_no_fault_of_the_file(child_does) -> None:
    with pytest.raises(RuntimeError, match="ended with 1: ZeroDivisionError"):
        child_does("1 / 0")
