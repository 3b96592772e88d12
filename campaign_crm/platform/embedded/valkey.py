"""The two embedded Valkeys.

`redis` holds the cache and Celery's broker and may be lost at any moment; `ingest` holds clicks and opens
that were answered for: appended to disk before each answer, never evicted.
"""

from __future__ import annotations

import signal
import socket
from pathlib import Path

from campaign_crm.platform.embedded.binaries import valkey_server
from campaign_crm.platform.embedded.layout import Layout
from campaign_crm.platform.embedded.processes import make_folder
from campaign_crm.platform.embedded.service import Service

CACHE_MEMORY = "256mb"
ANSWER_PATIENCE = 5.0  # seconds
DATABASES = "256"  # tests take one each
COMMON = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "databases": DATABASES,
    "logfile": "",
    "loglevel": "notice",
    "always-show-logo": "no",
}
SETTINGS = {
    # Keys with an end (the cache) make room; Celery's have none. Saved when it stops, as a convenience.
    "redis": {
        "appendonly": "no",
        "save": "3600 1000",
        "stop-writes-on-bgsave-error": "no",
        "maxmemory": CACHE_MEMORY,
        "maxmemory-policy": "volatile-lru",
    },
    "ingest": {
        "appendonly": "yes",
        "appendfsync": "always",
        "no-appendfsync-on-rewrite": "no",
        "save": "",
        "maxmemory-policy": "noeviction",
    },
}


class Valkey(Service):
    """One Valkey on a socket file."""

    stop_signal = signal.SIGTERM
    stop_patience = 60.0

    def __init__(self, name: str, layout: Layout) -> None:
        super().__init__(name, layout)
        self.title = f"Valkey ({name})"

    @property
    def folder(self) -> Path:
        return self.layout.valkey_data(self.name)

    def prepare(self) -> bool:
        make_folder(self.folder, owner=self.layout.server, mode=0o700)
        return True

    def command(self) -> list[str]:
        program = valkey_server(self.layout.server)
        settings = {
            **COMMON,
            **SETTINGS[self.name],
            "dir": str(self.folder),
            "unixsocket": str(self.layout.valkey_socket(self.name)),
        }
        return [str(program), *(word for name, value in settings.items() for word in (f"--{name}", value))]

    def is_ready(self) -> bool:
        """True on PONG; while it reads its file, Valkey answers LOADING."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
                link.settimeout(ANSWER_PATIENCE)
                link.connect(str(self.layout.valkey_socket(self.name)))
                link.sendall(b"PING\r\n")
                answer = link.recv(64)
        except OSError:
            return False
        if answer.startswith(b"-LOADING"):
            self.activity = "reading its data"
        return answer.startswith(b"+PONG")
