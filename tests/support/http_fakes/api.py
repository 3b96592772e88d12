"""What one fake provider says: its rules, and the messages it took."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """The call is not carried out."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.reply = Reply(status, json.dumps(body).encode(), headers or {})


@dataclass(frozen=True)
class Taken:
    """One message as its reader gets it. `key`: what the provider would give back in its events."""

    recipient: str
    key: str
    sender: str = ""
    subject: str = ""
    html: str = ""
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    message_id: str = ""


class FakeApi:
    """Rules of one provider. `lean`: for benchmarks, messages are counted and checked, not made."""

    key = "the-right-key"
    wants_header: str  # the header of credentials
    wants_value: str

    def __init__(self, *, lean: bool = False) -> None:
        self.lean = lean
        self.taken: list[Taken] = []
        self.suspended = False
        self.unverified: set[str] = set()  # sender addresses
        self.bad_recipients: set[str] = set()
        self.sent = 0
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Carry a call out, or refuse it."""
        try:
            self.ask_credentials(headers, body)
            if method == "GET":
                return self.asked(path)
            return self.send(path, headers, body)
        except Refusal as refusal:
            return refusal.reply

    def ask_credentials(self, headers: Mapping[str, str], body: bytes) -> None:
        if headers.get(self.wants_header, "") != self.wants_value:
            raise self.wrong_credentials()

    def wrong_credentials(self) -> Refusal:
        raise NotImplementedError

    def asked(self, path: str) -> Reply:
        """Answer a question of `check`."""
        raise NotImplementedError

    def send(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        raise NotImplementedError

    def take(self, messages: list[Taken]) -> None:
        with self._lock:
            self.sent += len(messages)
            self.taken += messages

    def start_over(self) -> int:
        """Forget what was taken; returns how many messages that were."""
        with self._lock:
            sent, self.sent = self.sent, 0
            self.taken.clear()
            return sent

    def count(self, messages: int) -> None:
        """What `take` is for a lean fake."""
        with self._lock:
            self.sent += messages


def read_json(body: bytes, malformed: Refusal) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise malformed from None


def ok(body: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(body).encode(), headers)
