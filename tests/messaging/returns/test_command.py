"""`manage.py take_returns` says what it lacks."""

import socket
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from tests.environment import PROJECT


def test_without_a_port_it_says_which_setting() -> None:
    with pytest.raises(CommandError, match="LMTP_PORT"):
        call_command("take_returns")


def test_a_port_that_is_taken_is_said_with_another_one() -> None:
    # A process of its own: the browser tests keep an event loop running in this one.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [
                sys.executable,
                "manage.py",
                "take_returns",
                "--port",
                str(port),
                "--settings",
                "tests.settings",
            ],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ended.returncode == 1
    assert f"127.0.0.1:{port} cannot be used" in ended.stderr
    assert f"LMTP_PORT={port + 1}" in ended.stderr
