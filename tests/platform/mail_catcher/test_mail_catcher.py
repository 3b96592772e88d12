"""The mail catcher as a program: real SMTP in, files out."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from campaign_crm.platform.mail_catcher import mailbox

PROJECT = Path(__file__).resolve().parents[3]
PROGRAM = [sys.executable, "-m", "campaign_crm.platform.mail_catcher"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def catcher(tmp_path):
    """Port and mailbox of a running catcher."""
    port = free_port()
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "MAIL_CATCHER_PORT": str(port)}
    with subprocess.Popen(PROGRAM, cwd=PROJECT, env=environment, stderr=subprocess.PIPE) as process:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, tmp_path / "mailbox"
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=10)
        assert process.returncode == 0, said
        assert b"@example" not in said  # ids and counts only


def test_a_message_is_kept_as_sent_and_read_back(catcher):
    port, folder = catcher
    message = EmailMessage()
    message["From"] = "Équipe <equipe@example.org>"
    message["To"] = "jean@example.com"
    message["Subject"] = "Réunion à Ménil"
    message["List-Unsubscribe"] = "<https://crm.example.org/u/abc>"
    message.set_content("Bonjour Jean\n.\nÀ lundi : https://crm.example.org/c/text\n")
    message.add_alternative('<p>Bonjour <a href="https://crm.example.org/c/1">Jean</a></p>', subtype="html")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message, "bounce+1@example.org", ["jean@example.com", "copie@example.com"])
        client.sendmail("", ["rené@example.com"], b"Subject: bare\r\n\r\nbody\r\n", ["SMTPUTF8"])
    newest, first = mailbox.list_messages(folder)
    assert (newest.sender, newest.recipients, newest.subject) == ("", ("rené@example.com",), "bare")
    assert (first.sender, first.subject) == ("bounce+1@example.org", "Réunion à Ménil")
    caught = mailbox.read_message(folder, first.id)
    assert caught.summary.recipients == ("jean@example.com", "copie@example.com")
    assert caught.summary.from_header == "Équipe <equipe@example.org>"
    assert caught.text.splitlines() == ["Bonjour Jean", ".", "À lundi : https://crm.example.org/c/text"]
    assert [link.url for link in caught.links] == ["https://crm.example.org/c/1"]
    assert caught.unsubscribe_links == ("https://crm.example.org/u/abc",)
    assert caught.raw.startswith(b"From: ")
    assert [path.stat().st_mode & 0o777 for path in folder.glob("*.eml")] == [0o600, 0o600]


def test_a_taken_port_is_explained(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {**os.environ, "VAR_DIR": str(tmp_path), "MAIL_CATCHER_PORT": str(port)}
        done = subprocess.run(
            PROGRAM, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=30, check=False
        )
    assert done.returncode == 1
    assert f"cannot use port {port}" in done.stderr
    assert f"MAIL_CATCHER_PORT={port + 1}" in done.stderr


def test_only_this_machine_is_served(catcher):
    port, _ = catcher
    lines = Path("/proc/net/tcp").read_text().splitlines()
    listening = [
        line.split()[1]
        for line in lines
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    ]
    assert listening == [f"0100007F:{port:04X}"]
