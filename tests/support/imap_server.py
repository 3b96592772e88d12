"""A small IMAP server for tests (RFC 3501, as much as a reader of new messages asks for)."""

from __future__ import annotations

import re
import socketserver
import threading
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Folder:
    messages: dict[int, bytes] = field(default_factory=dict)  # by UID
    uid_validity: int = 1
    next_uid: int = 1

    def add(self, raw: bytes) -> int:
        uid = self.next_uid
        self.messages[uid] = raw
        self.next_uid += 1
        return uid


class ImapServer:
    """On loopback, with one user; `folders["INBOX"].add(raw)`. `fetched`: UIDs that were asked for, in order.

    `hangs_up_after`: the connection ends after so many fetches. `tokens`: those that XOAUTH2 takes; with any,
    passwords are refused as Microsoft and Google do. `asked`: what XOAUTH2 was given, in order.
    """

    def __init__(self, *, user: str = "returns", word: str = "S3cret words") -> None:
        self.user, self.word = user, word
        self.folders = {"INBOX": Folder()}
        self.fetched: list[int] = []
        self.hangs_up_after: int | None = None
        self.questions = 0  # how often messages were asked for
        self.refuses = 0  # so many questions for messages are answered NO
        self.tokens: set[str] = set()
        self.asked: list[str] = []
        server = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _Conversation(server, self).run()

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._listener = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._listener.daemon_threads = True
        self.port: int = self._listener.server_address[1]

    def add(self, raw: bytes) -> int:
        return self.folders["INBOX"].add(raw)

    def __enter__(self) -> Self:
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.shutdown()
        self._listener.server_close()


class _Conversation:
    def __init__(self, server: ImapServer, session: socketserver.StreamRequestHandler) -> None:
        self.server = server
        self.reading, self.writing = session.rfile, session.wfile
        self.folder = Folder()

    def run(self) -> None:
        self._say("* OK ready")
        for line in self.reading:
            tag, _space, rest = line.decode().rstrip("\r\n").partition(" ")
            command, _space, argument = rest.partition(" ")
            try:
                end = getattr(self, f"_{command.lower()}")(argument)
            except (AttributeError, KeyError, ValueError):
                end = "BAD what?"
            if end is None:
                return
            self._say(f"{tag} {end} ." if end == "OK" else f"{tag} {end}")
            if command.upper() == "LOGOUT":
                return

    def _say(self, line: str) -> None:
        self.writing.write(line.encode() + b"\r\n")

    def _capability(self, _argument: str) -> str:
        self._say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2")
        return "OK"

    def _login(self, argument: str) -> str:
        user, word = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', argument)
        given = (user[0] or user[1], word[0] or word[1])
        is_right = given == (self.server.user, self.server.word) and not self.server.tokens
        return "OK" if is_right else "NO wrong"

    def _authenticate(self, argument: str) -> str:
        if argument.upper() != "XOAUTH2":
            return "NO unknown"
        self._say("+ ")
        given = b64decode(self.reading.readline()).decode()
        user, bearer = re.fullmatch(r"user=(.*)\x01auth=Bearer (.*)\x01\x01", given).groups()  # type: ignore[union-attr]
        self.server.asked.append(bearer)
        if user == self.server.user and bearer in self.server.tokens:
            return "OK"
        self._say("+ eyJzdGF0dXMiOiI0MDAifQ==")  # {"status":"400"}, as both of them say first
        self.reading.readline()
        return "NO AUTHENTICATE failed"

    def _examine(self, argument: str) -> str:
        found = self.server.folders.get(argument.strip('"'))
        if found is None:
            return "NO no such folder"
        self.folder = found
        self._say(f"* {len(found.messages)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {found.uid_validity}]")
        return "OK [READ-ONLY]"

    _select = _examine

    def _status(self, argument: str) -> str:
        name = argument.partition(" ")[0]
        found = self.server.folders[name.strip('"')]
        self._say(f"* STATUS {name} (UIDVALIDITY {found.uid_validity})")
        return "OK"

    def _uid(self, argument: str) -> str | None:
        command, _space, rest = argument.partition(" ")
        return self._uid_search(rest) if command.upper() == "SEARCH" else self._uid_fetch(rest)

    def _uid_search(self, argument: str) -> str:
        first = int(re.search(r"UID (\d+):\*", argument)[1])  # type: ignore[index]
        last = max(self.folder.messages, default=0)
        found = [uid for uid in sorted(self.folder.messages) if uid >= min(first, last)]
        self._say(" ".join(["* SEARCH", *map(str, found)]))
        return "OK"

    def _uid_fetch(self, argument: str) -> str | None:
        self.server.questions += 1
        if self.server.refuses:
            self.server.refuses -= 1
            return "NO [INUSE] try again"
        limit = int(re.search(r"<0\.(\d+)>", argument)[1])  # type: ignore[index]
        for uid in map(int, argument.partition(" ")[0].split(",")):
            after = self.server.hangs_up_after
            if after is not None and len(self.server.fetched) >= after:
                return None
            self.server.fetched.append(uid)
            raw = self.folder.messages.get(uid)
            if raw is not None:
                body = raw[:limit]
                self.writing.write(
                    f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(body)}}}\r\n".encode() + body + b")\r\n"
                )
        return "OK"

    def _noop(self, _argument: str) -> str:
        return "OK"

    def _logout(self, _argument: str) -> str:
        self._say("* BYE")
        return "OK"
