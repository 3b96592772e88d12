"""`manage.py take_returns` says what it lacks."""

import pytest
from django.core.management import CommandError, call_command


def test_without_a_port_it_says_which_setting() -> None:
    with pytest.raises(CommandError, match="LMTP_PORT"):
        call_command("take_returns")
