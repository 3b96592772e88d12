"""`manage.py take_returns` says what it lacks."""

import socket

import pytest
from django.core.management import CommandError, call_command


def test_without_a_port_it_says_which_setting() -> None:
    with pytest.raises(CommandError, match="LMTP_PORT"):
        call_command("take_returns")


def test_a_port_that_is_taken_is_said_with_another_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"127.0.0.1:{port} cannot be used.*LMTP_PORT={port + 1}"):
            call_command("take_returns", port=port)
