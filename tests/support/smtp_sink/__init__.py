"""The project's own SMTP sink: a real server on loopback, in a process of its own, with faults on demand.

with SmtpSink(faults=[Fault("rcpt", code=550, text="5.1.1 no such user", pattern="^nobody@")]) as sink:
    send(..., port=sink.port)
    assert [r.recipient for r in sink.received()] == [...]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.smtp_sink.certificate import write_certificate
from tests.support.smtp_sink.log import Received, read_log
from tests.support.smtp_sink.options import Fault, SinkOptions

__all__ = ["Fault", "Received", "SinkOptions", "SmtpSink"]

_PROJECT = Path(__file__).resolve().parents[3]


class SmtpSink:
    """A running sink between `with` and its end. Options are those of SinkOptions, by keyword."""

    def __init__(self, *, faults: Sequence[Fault] = (), **options: Any) -> None:
        self.options = SinkOptions(faults=tuple(faults), **options)
        self.port = 0
        self.host = "127.0.0.1"
        self.certificate = ""  # path of the PEM file to trust, when TLS is on

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="smtp-sink-")
        self.folder = Path(self._folder.name)
        if self.options.tls:
            self.certificate = str(write_certificate(self.folder))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.smtp_sink", str(self.folder)],
            cwd=_PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = self._ask(self.options.as_json())["port"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:  # closes the pipes: the sink ends when its standard input does
            if self._process.poll() is None:
                self._ask({"stop": True})
        self._folder.cleanup()

    def change(self, **options: Any) -> None:
        """Other options from now on, for open connections too; fault counts start again."""
        if "faults" in options:
            options["faults"] = tuple(options["faults"])
        self.options = replace(self.options, **options)
        self._ask({"options": self.options.as_json()})

    def start_over(self, *, faults: Sequence[Fault] = (), **options: Any) -> None:
        """As a new sink on the same port: connections end, the log is empty. TLS stays as it was."""
        self.options = SinkOptions(faults=tuple(faults), tls=self.options.tls, **options)
        self._ask({"options": self.options.as_json(), "start_over": True})

    def received(self) -> list[Received]:
        """Messages taken, one row a recipient, in order; those whose answer was lost on purpose too."""
        return [row for row in self.log() if row.taken]

    def log(self) -> list[Received]:
        """Every payload that arrived, taken or not."""
        self._ask({"flush": True})
        return read_log(self.folder / "received.tsv")

    def messages(self) -> list[EmailMessage]:
        """The messages taken, parsed; needs keep_messages=True."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw_messages()]

    def raw_messages(self) -> list[bytes]:
        """The messages taken, byte for byte with dots undoubled; needs keep_messages=True."""
        return [(self.folder / row.file).read_bytes() for row in self.received()]

    def connection_count(self) -> int:
        """Connections made so far."""
        return int(self._ask({"flush": True})["connections"])

    def hellos(self) -> list[tuple[str, str]]:
        """(address it came from, name it gave) of each introduction, in order."""
        return [(address, name) for address, name in self._ask({"flush": True})["hellos"]]

    def cpu_seconds(self) -> float:
        """Processor time that the sink has used so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def settings(self, **more: Any) -> dict[str, Any]:
        """Account settings of the SMTP provider that reach this sink."""
        security = {"": "none", "starttls": "starttls", "implicit": "tls"}[self.options.tls]
        found: dict[str, Any] = {"host": self.host, "port": self.port, "security": security}
        if self.certificate:
            found["ca_file"] = self.certificate
        if self.options.user:
            found |= {"username": self.options.user, "password": self.options.password}
        return found | more

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
